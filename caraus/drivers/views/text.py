"""The text for the driver."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from caraus.accounts import access
from caraus.core.formatting import today
from caraus.drivers import driver_text
from caraus.drivers.selection import selected_transports
from caraus.transports.models import Transport


@require_GET
@never_cache
def show_driver_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the text for the driver as it is now, for a page that may have stood open for hours."""
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    return HttpResponse(
        driver_text.format_driver_text(transport, today=today()),
        content_type="text/plain; charset=utf-8",
    )


@require_http_methods(["GET", "POST"])
@never_cache
def show_driver_texts(request: HttpRequest) -> HttpResponse:
    """Show the texts of several UITs for one driver, as they are now, or their codes alone; a form
    posts them, which keeps its token out of the address."""
    fields = request.POST if request.method == "POST" else request.GET
    transports = selected_transports(request, fields.getlist("uit"))
    if fields.get("numai") == "coduri":
        words = "\n".join(transport.uit for transport in transports)
    else:
        words = "\n\n".join(
            driver_text.format_driver_text(row, today=today()) for row in transports
        )
    return HttpResponse(words, content_type="text/plain; charset=utf-8")
