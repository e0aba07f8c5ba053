"""The page of one UIT."""

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Membership, Role
from caraus.anaf.info import uit_is_valid
from caraus.core.formatting import today
from caraus.drivers import driver_text
from caraus.sync.status import read_sync_status
from caraus.transports.models import DeclarantContact, Transport
from caraus.transports.store import last_listed_at
from caraus.workspace.declarant_requests import ContactForm, declarant_contact_of, ready_requests
from caraus.workspace.notes import NoteForm
from caraus.workspace.timeline import build_timeline


@require_GET
@never_cache
def transport_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a UIT."""
    membership = access.current_membership(request)
    with_mark = Transport.objects.select_related("company", "mark__by")
    transport = access.get_object(request, with_mark, pk)
    return render_transport(request, membership, transport, NoteForm())


def render_transport(
    request: HttpRequest,
    membership: Membership,
    transport: Transport,
    form: NoteForm,
    contact_form: ContactForm | None = None,
) -> HttpResponse:
    """Render the page of a UIT; `form` is the note that is being written, `contact_form` a contact
    of the declarant that could not be saved."""
    company = transport.company
    prefetch_related_objects([transport], "issues")
    contact = declarant_contact_of(transport)
    sync_status = read_sync_status(membership.organization, [company])
    last_good = {company.pk: sync_status.last_good_at} if sync_status.last_good_at else {}
    context = {
        "transport": transport,
        "code_is_valid": uit_is_valid(transport.uit),
        "today": today(),
        "now": timezone.now(),
        "last_seen": last_listed_at(transport, last_good),
        "sync_status": sync_status,
        "mark": getattr(transport, "mark", None),
        "timeline": build_timeline(transport, list(transport.events.select_related("by"))),
        "driver_text": driver_text.format_driver_text(transport, today=today()),
        "driver_warning": driver_text.warning(transport, today=today()),
        "notes": transport.notes.select_related("author"),
        "may_write": access.has_role(membership, Role.DISPATCHER),
        "form": form,
        "contact": contact,
        "contact_form": contact_form or ContactForm(_contact_fields(contact)),
        "is_contact_wrong": contact_form is not None,
        "requests": ready_requests(transport, contact, today=today()),
    }
    return render(request, "workspace/detail.html", context)


def _contact_fields(contact: DeclarantContact | None) -> dict[str, str]:
    return {"phone": contact.phone, "email": contact.email} if contact else {}
