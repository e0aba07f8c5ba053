"""The driver's card of a UIT, to download or to show on a phone."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import today
from caraus.drivers import card
from caraus.transports.models import Transport


@require_GET
@never_cache
@rate_limited("card")
def driver_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF; what went wrong is told on the UIT's page."""
    transport = access.get_object(request, Transport.objects.all(), pk)
    try:
        pdf = card.render(transport, today=today())
    except card.CardBusyError as error:
        context = {"status": 503, "title": gettext("Încă puțin"), "sentence": str(error)}
        busy = render(request, "error.html", context, status=503)
        busy["Retry-After"] = "5"
        return busy
    except card.CardError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(transport.get_absolute_url())
    name = "".join(letter for letter in transport.uit if letter.isascii() and letter.isalnum())
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="UIT-{name}.pdf"'},
    )
