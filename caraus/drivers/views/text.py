"""The text for the driver."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.core.formatting import today
from caraus.drivers import driver_text
from caraus.transports.models import Transport


@require_GET
@never_cache
def show_driver_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The text for the driver as it is now, for a page that may have stood open for hours."""
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    return HttpResponse(
        driver_text.text(transport, today=today()), content_type="text/plain; charset=utf-8"
    )
