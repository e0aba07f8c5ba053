"""Notes of the team on a UIT: written by dispatchers and up, changed by their author alone."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Membership
from caraus.core.formatting import gettext_lazy
from caraus.transports.models import Transport, TransportNote

MAX_NOTE_LENGTH = 4000


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Nota"),
        max_length=MAX_NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": None}),
        error_messages={
            "required": gettext_lazy("Scrie ceva în notă."),
            "max_length": gettext_lazy(
                "Nota are %(show_value)d de caractere; încap cel mult %(limit_value)d. "
                "Scurteaz-o sau împarte-o în două."
            ),
        },
    )

    def clean_text(self) -> str:
        """Store the line ends of a textarea as plain ones."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")


def create_note(transport: Transport, membership: Membership, text: str) -> TransportNote:
    """Store a note of the member."""
    return TransportNote.objects.create(transport=transport, author=membership.user, text=text)


def require_author(note: TransportNote, membership: Membership) -> None:
    """Raise PermissionDenied, with a sentence, for a note of another member."""
    if note.author_id != membership.user_id:
        raise PermissionDenied(gettext("O notă o schimbă sau o șterge numai cine a scris-o."))


def change_note(note: TransportNote, text: str) -> None:
    """Store a new text; the same one is no change."""
    if note.text != text:
        note.text, note.edited_at = text, timezone.now()
        note.save(update_fields=["text", "search_text", "edited_at"])
