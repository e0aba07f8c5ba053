"""The driver's card of a UIT, or of several, to download or to show on a phone."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import today
from caraus.drivers import card
from caraus.drivers.selection import selected_transports
from caraus.transports.models import Transport


@require_GET
@never_cache
@rate_limited("card")
def driver_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the PDF; what went wrong is shown on the UIT's page."""
    transport = access.get_object(request, Transport.objects.all(), pk)
    name = "".join(letter for letter in transport.uit if letter.isascii() and letter.isalnum())
    back = transport.get_absolute_url()
    return _cards(request, [transport], name=f"UIT-{name}.pdf", back=back)


@require_POST
@never_cache
@rate_limited("card")
def driver_cards(request: HttpRequest) -> HttpResponse:
    """Send one PDF with a page for each selected UIT."""
    transports = selected_transports(request, request.POST.getlist("uit"))
    back = resolve_url(settings.TRANSPORT_LIST_URL)
    return _cards(request, transports, name="UIT.pdf", back=back)


def _cards(
    request: HttpRequest, transports: list[Transport], *, name: str, back: str
) -> HttpResponse:
    try:
        pdf = card.render(transports, today=today())
    except card.CardBusyError as error:
        context = {"status": 503, "title": gettext("Încă puțin"), "sentence": str(error)}
        busy = render(request, "error.html", context, status=503)
        busy["Retry-After"] = "5"
        return busy
    except card.CardError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
