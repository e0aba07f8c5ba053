"""What is requested of a declarant: a correction or a new UIT, with the text ready to be sent."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django import forms
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Organization, User
from caraus.core.formatting import gettext_lazy, unknown_day
from caraus.fleet.display import short_label
from caraus.fleet.queries import pending_issues_of
from caraus.transports import display
from caraus.transports.models import DeclarantContact, Transport, TransportEvent
from caraus.transports.models.contacts import PHONE_LENGTH

# By the words of the forms: what is requested, and the way.
KINDS = {"corectura": "correction", "uit-nou": "new_uit"}
WAYS = {"e-mail": "email", "whatsapp": "whatsapp"}


class ContactForm(forms.Form):
    """The contact of a declarant."""

    phone = forms.CharField(label=gettext_lazy("Telefon"), max_length=PHONE_LENGTH, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)

    def clean_phone(self) -> str:
        """Keep the spaces that a person typed; refuse what no number can be."""
        phone: str = " ".join(self.cleaned_data["phone"].split())
        if phone and not 6 <= len(re.sub(r"\D", "", phone)) <= 15:
            raise forms.ValidationError(
                gettext("„{phone}” nu este un număr de telefon.").format(phone=phone)
            )
        return phone


@dataclass(frozen=True, slots=True)
class DeclarantRequest:
    """A ready text; `mail_link` and `whatsapp_link` open it in the programs that send it."""

    word: str
    label: str
    icon: str
    text: str
    mail_link: str
    whatsapp_link: str


def declarant_contact_of(transport: Transport) -> DeclarantContact | None:
    """Return the contact of the declarant of a UIT, as the organization keeps it."""
    if not transport.declarant_cui:
        return None
    contacts = DeclarantContact.objects.filter(organization=transport.organization_id)
    return contacts.filter(cui=transport.declarant_cui).first()


def save_declarant_contact(
    organization: Organization, cui: str, *, phone: str, email: str, by: User
) -> None:
    """Save a contact; one without a phone and an e-mail is none."""
    if not (phone or email):
        DeclarantContact.objects.filter(organization=organization, cui=cui).delete()
        return
    DeclarantContact.objects.update_or_create(
        organization=organization,
        cui=cui,
        defaults={"phone": phone, "email": email, "changed_by": by},
    )


def record_declarant_request(transport: Transport, kind: str, way: str, by: User) -> None:
    """Write in the history that a person opened a request to the declarant."""
    TransportEvent.objects.create(
        transport=transport,
        at=timezone.now(),
        kind=TransportEvent.Kind.REQUESTED,
        by=by,
        changes={"request": [None, [kind, way]]},
    )


def ready_requests(
    transport: Transport, contact: DeclarantContact | None, *, today: date
) -> list[DeclarantRequest]:
    """Return the requests of a UIT, to its declarant where a contact is known."""
    phone = international(contact.phone) if contact else ""
    email = contact.email if contact else ""
    uit = display.grouped_uit(transport.uit)

    def request(word: str, label: str, icon: str, text: str) -> DeclarantRequest:
        subject = gettext("UIT {uit}: {what}").format(uit=uit, what=label)
        return DeclarantRequest(
            word=word,
            label=label,
            icon=icon,
            text=text,
            mail_link=f"mailto:{quote(email, safe='@+')}?subject={quote(subject)}"
            f"&body={quote(text)}",
            whatsapp_link=f"https://wa.me/{phone}?text={quote(text)}",
        )

    return [
        request(
            "corectura",
            gettext("Cere corectură"),
            "pencil",
            _correction(transport, today=today),
        ),
        request("uit-nou", gettext("Cere UIT nou"), "file-plus", _new_uit(transport, today=today)),
    ]


def international(phone: str) -> str:
    """Return a phone number as wa.me takes it: „0722 123 456” → „40722123456”; a foreign one has
    its country's code."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("00"):
        return digits[2:]
    return f"40{digits[1:]}" if digits.startswith("0") else digits


def _trip(transport: Transport) -> str:
    return gettext("{uit} ({start} → {end}, transport {day})").format(
        uit=display.grouped_uit(transport.uit),
        start=display.place_title(transport.start),
        end=display.place_title(transport.end),
        day=_day(transport.transport_date),
    )


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else unknown_day()


def _correction(transport: Transport, *, today: date) -> str:
    wrong = "; ".join(_what_is_wrong(transport, today=today))
    return gettext(
        "Bună ziua! Vă rugăm să verificați și să corectați în RO e-Transport UIT-ul {trip}: "
        "{wrong}. Mulțumim, {company}"
    ).format(
        trip=_trip(transport),
        wrong=wrong or gettext("datele declarate nu sunt cele ale transportului"),
        company=transport.company,
    )


def _what_is_wrong(transport: Transport, *, today: date) -> list[str]:
    issues = pending_issues_of(transport)
    wrong = [f"{issue.plate} {short_label(issue)}" for issue in issues]
    state = display.status(transport, today=today)
    if state is display.CARRIER_CHANGED:
        carrier = transport.carrier_name or f"CUI {transport.carrier_cui}"
        wrong.append(gettext("transportatorul declarat este {carrier}").format(carrier=carrier))
    if state is display.MISSING:
        wrong.append(gettext("ANAF nu îl mai arată în lista noastră"))
    if display.has_wrong_code(transport, today=today):
        wrong.append(gettext("codul nu are forma unui UIT"))
    return list(dict.fromkeys(wrong))


def _new_uit(transport: Transport, *, today: date) -> str:
    plates = " + ".join(filter(None, transport.current_vehicle)) or "—"
    state = display.status(transport, today=today)
    if state is display.DELISTED:
        why = gettext("nu mai este în lista ANAF")
    elif state is display.EXPIRED:
        why = gettext("a expirat {day}, la ora 24:00").format(day=_day(transport.last_valid_day))
    else:
        why = gettext("expiră {day}, la ora 24:00").format(day=_day(transport.last_valid_day))
    return gettext(
        "Bună ziua! UIT-ul {trip}, vehicul {plates}, {why}, iar transportul nu s-a încheiat. "
        "Vă rugăm să ne transmiteți un UIT valabil. Mulțumim, {company}"
    ).format(trip=_trip(transport), plates=plates, why=why, company=transport.company)
