"""Writing, changing and deleting a note; the UIT's page shows them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.transports.models import Transport, TransportNote
from caraus.workspace import notes
from caraus.workspace.views.transport import render_transport


@require_POST
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note; show the page again with an invalid one, as it was typed."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    form = notes.NoteForm(request.POST)
    if not form.is_valid():
        return render_transport(request, membership, transport, form)
    notes.create_note(transport, membership, form.cleaned_data["text"])
    return HttpResponseRedirect(_notes_of(transport.pk))


@require_http_methods(["GET", "POST"])
def edit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form of an own note; POST saves it."""
    note = _own_note(request, pk)
    if request.method == "POST":
        form = notes.NoteForm(request.POST)
        if form.is_valid():
            notes.change_note(note, form.cleaned_data["text"])
            return HttpResponseRedirect(_notes_of(note.transport_id))
    else:
        form = notes.NoteForm({"text": note.text})
    context = {"note": note, "form": form}
    return render(request, "workspace/note_edit.html", context)


@require_POST
def delete_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own note."""
    note = _own_note(request, pk)
    note.delete()
    messages.success(request, gettext("Nota a fost ștearsă."))
    return HttpResponseRedirect(_notes_of(note.transport_id))


def _own_note(request: HttpRequest, pk: int) -> TransportNote:
    """Return a note of the own organization and companies, else 404; of the member, else 403."""
    membership = access.require_role(request, Role.DISPATCHER)
    notes_with_transport = TransportNote.objects.select_related("transport__company", "author")
    note = access.get_object(request, notes_with_transport, pk)
    notes.require_author(note, membership)
    return note


def _notes_of(transport: int) -> str:
    return reverse("workspace:detail", args=[transport]) + "#note"
