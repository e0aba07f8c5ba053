"""A record of ANAF that could not be read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.transports.models import UnreadableRecord


@require_GET
def show_unreadable_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a record that could not be read, as ANAF gave it."""
    record = access.get_object(request, UnreadableRecord.objects.select_related("company"), pk)
    return render(request, "workspace/unreadable.html", {"record": record})
