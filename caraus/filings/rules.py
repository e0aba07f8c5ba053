"""Our rules before ANAF's: what may be filed at all, in sentences. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext

from caraus.anaf.filings import (
    MOST_NOTE,
    MOST_REFERENCE,
    InvalidFilingError,
    document_plate,
    text_token,
)
from caraus.anaf.info import uit_is_valid
from caraus.core.formatting import BUCHAREST, bucharest_day
from caraus.filings import visibility
from caraus.transports.models import Transport
from caraus.transports.reconcile import PLATE_FIELDS

# The longest own reference: a space and our key of 30 characters stand after it.
MOST_OWN_REFERENCE = MOST_REFERENCE - len(" CRS-") - 26
FURTHEST = timedelta(days=1)

_OF_UIT = frozenset(
    {
        *("not_ours", "expired", "delisted", "bad_uit", "nothing_changes"),
        *("moment_early", "moment_after_end", "moment_before_last"),
    }
)


class RuleError(Exception):
    """A change that may not be filed. `field`: which one is wrong, "" for the whole; `proposal`:
    the plate that was probably meant."""

    def __init__(self, code: str, sentence: str, *, field: str = "", proposal: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.field = field
        self.proposal = proposal

    @property
    def is_of_uit(self) -> bool:
        """Whether the UIT is the reason: the same vehicle may be filed for another one."""
        return self.code in _OF_UIT

    @property
    def sentence(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class VehicleChangeInput:
    """What a person typed, or, after `check_input`, what is filed."""

    plate: str
    trailer1: str
    trailer2: str
    moment: datetime
    note: str = ""
    own_reference: str = ""
    post_outage: bool = False


def check_input(
    change_input: VehicleChangeInput, transport: Transport, *, now: datetime
) -> VehicleChangeInput:
    """Return the input with its plates as ANAF's schema has them; raises RuleError."""
    plates = [_plate(getattr(change_input, field), field) for field in PLATE_FIELDS]
    plate, trailer1, trailer2 = plates
    if trailer2 and not trailer1:
        trailer1, trailer2 = trailer2, ""
    named = [text for text in plates if text]
    if len(set(named)) < len(named):
        raise RuleError(
            "same_plates",
            gettext("Vehiculul și remorcile trebuie să aibă numere diferite."),
            field="trailer1",
        )
    note, own = _note(change_input.note), _own_reference(change_input.own_reference)
    moment = change_input.moment.replace(microsecond=0)
    if (plate, trailer1, trailer2) == transport.current_vehicle:
        raise RuleError(
            "nothing_changes",
            gettext("Pe UIT sunt deja aceste numere: nu este nimic de schimbat."),
            field="plate",
        )
    check_uit(transport, now=now)
    check_moment(moment, transport, now=now)
    return replace(
        change_input,
        plate=plate,
        trailer1=trailer1,
        trailer2=trailer2,
        moment=moment,
        note=note,
        own_reference=own,
    )


def _plate(typed: str, field: str) -> str:
    try:
        return document_plate(typed, may_miss=field != "plate")
    except InvalidFilingError as error:
        raise RuleError(
            f"bad_{field}",
            _plate_sentence(typed, error.proposal),
            field=field,
            proposal=error.proposal,
        ) from None


def _note(typed: str) -> str:
    try:
        return text_token(typed, MOST_NOTE, "bad_note")
    except InvalidFilingError:
        raise RuleError(
            "bad_note",
            gettext("Nota poate avea cel mult 200 de caractere, fără semne care nu se pot scrie."),
            field="note",
        ) from None


def _own_reference(typed: str) -> str:
    try:
        return text_token(typed, MOST_OWN_REFERENCE, "bad_reference")
    except InvalidFilingError:
        raise RuleError(
            "bad_reference",
            gettext(
                "Referința ta poate avea cel mult 19 caractere, fără semne care nu se pot scrie: "
                "după ea vine referința noastră."
            ),
            field="own_reference",
        ) from None


def _plate_sentence(typed: str, proposal: str) -> str:
    shown = " ".join(typed.split())[:40]
    if not shown:
        return gettext("Scrie numărul vehiculului, de exemplu B 123 ABC.")
    if proposal:
        return gettext(
            "„{typed}” are litere pe care ANAF nu le primește (numai A–Z și cifre). Ai vrut "
            "„{proposal}”?"
        ).format(typed=shown, proposal=proposal)
    return gettext(
        "„{typed}” nu este un număr pe care ANAF îl primește: numai litere A–Z și cifre, între 2 "
        "și 20."
    ).format(typed=shown)


def check_uit(transport: Transport, *, now: datetime) -> None:
    """Raise RuleError unless the UIT is ours and valid now."""
    day = bucharest_day(now)
    if transport.carrier_cui and transport.carrier_cui != transport.company.cui:
        raise RuleError(
            "not_ours",
            gettext(
                "Pe acest UIT transportator este altcineva: ANAF primește schimbarea numai de la "
                "declarant sau de la transportatorul declarat."
            ),
        )
    if transport.state not in Transport.OPEN_STATES:
        if transport.state == Transport.State.EXPIRED:
            raise RuleError("expired", _expired())
        raise RuleError(
            "delisted",
            gettext("UIT-ul nu mai este în lista ANAF: întreabă declarantul înainte de drum."),
        )
    if transport.is_over_on(day):
        raise RuleError("expired", _expired())
    if not uit_is_valid(transport.uit):
        raise RuleError(
            "bad_uit",
            gettext("Codul nu are cifrele de control ale unui UIT, deci ANAF nu l-ar primi."),
        )


def _expired() -> str:
    return gettext(
        "UIT-ul a expirat: vehiculul se poate schimba numai cât este valabil. Cere declarantului "
        "un UIT nou."
    )


def check_moment(moment: datetime, transport: Transport, *, now: datetime) -> None:
    """Raise RuleError unless the vehicle may have been changed then."""
    day = bucharest_day(moment)
    if moment > now + FURTHEST:
        raise RuleError(
            "moment_late", gettext("Momentul poate fi cel mult peste o zi."), field="moment"
        )
    if transport.transport_date is not None and day < transport.transport_date:
        raise RuleError(
            "moment_early",
            gettext("Momentul este înainte de valabilitatea UIT-ului, care începe {day}.").format(
                day=f"{transport.transport_date:%d.%m.%Y}"
            ),
            field="moment",
        )
    if transport.is_over_on(day):
        raise RuleError(
            "moment_after_end",
            gettext("La momentul ales UIT-ul nu mai este valabil."),
            field="moment",
        )
    last = visibility.last_moment(transport.vehicle_changes)
    if last is not None and moment <= last:
        raise RuleError(
            "moment_before_last",
            gettext(
                "La ANAF este o schimbare de vehicul din {moment}: alege un moment după ea, altfel "
                "nu ar fi ultima."
            ).format(moment=f"{last.astimezone(BUCHAREST):%d.%m.%Y %H:%M}"),
            field="moment",
        )
