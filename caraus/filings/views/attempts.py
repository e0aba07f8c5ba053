"""What was sent, and what ANAF responded, byte for byte."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.filings.models import FilingAttempt, FilingResponse


@require_GET
def attempt_xml(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the exact bytes of an upload."""
    attempt = access.get_object(request, FilingAttempt.objects.select_related("change"), pk)
    return _file(bytes(attempt.xml), f"{attempt.change.uit}-{attempt.pk}.xml", "application/xml")


@require_GET
def response_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the exact bytes of a response; a text for the browser, whatever ANAF called it."""
    response = access.get_object(
        request, FilingResponse.objects.select_related("attempt__change"), pk
    )
    name = f"{response.attempt.change.uit}-{response.kind}-{response.pk}.txt"
    return _file(bytes(response.body), name, "text/plain; charset=utf-8")


def _file(body: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
