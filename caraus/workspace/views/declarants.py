"""The declarant of a UIT: how it is reached, and what was requested of it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.transports.models import Transport
from caraus.workspace import declarant_requests
from caraus.workspace.notes import NoteForm
from caraus.workspace.views.transport import render_transport


@require_POST
def change_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the contact of the declarant; show the page again where it cannot be one."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    form = declarant_requests.ContactForm(request.POST)
    if not form.is_valid():
        return render_transport(request, membership, transport, NoteForm(), contact_form=form)
    if transport.declarant_cui:
        declarant_requests.save_declarant_contact(
            membership.organization,
            transport.declarant_cui,
            phone=form.cleaned_data["phone"],
            email=form.cleaned_data["email"],
            by=membership.user,
        )
    return HttpResponseRedirect(f"{transport.get_absolute_url()}#parti")


@require_POST
def write_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a request in the history: „corectura:e-mail”."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.all(), pk)
    kind, _, way = request.POST.get("ce", "").partition(":")
    if kind in declarant_requests.KINDS and way in declarant_requests.WAYS:
        declarant_requests.record_declarant_request(
            transport,
            declarant_requests.KINDS[kind],
            declarant_requests.WAYS[way],
            membership.user,
        )
    return HttpResponseRedirect(f"{transport.get_absolute_url()}#istoric")
