"""The declaration of a vehicle change (`modifVehicul`) as ANAF's schema wants it.

Source: schema_ETR_v2_20230126.xsd and the Schematron v2.0.2. `anafpy` writes the XML (its bytes
pass both, `tests/anaf/test_filing_document.py`); what it leaves open is decided here: a moment
without a zone, plates that differ, a reference that is unique. It is not used to send: its client
replays a POST after 401, does not distinguish a lost response from a request that was not sent, and
drops the moment of a change from the rows of `lista`.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from caraus.anaf.records import uit_is_valid
from caraus.anaf.values import BUCHAREST, normalized_cui

MOST_REFERENCE = 50
MOST_NOTE = 200
_PLATE = re.compile(r"[0-9A-Z]{2,20}")
_DECLARANT = re.compile(r"[1-9][0-9]{1,9}|[1-9][0-9]{12}")
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2212"
_KEY = re.compile(r"CRS-[0-9A-HJKMNP-TV-Z]{26}")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Letters that no decomposition turns into A-Z, and what an eye takes them for.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS", strict=True)),
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
        **dict(zip("ØŁĐÐ", "OLDD", strict=True)),
        "Æ": "AE",
        "Œ": "OE",
        "Þ": "TH",
    }
)


class InvalidFilingError(ValueError):
    """A declaration that ANAF's schema, or sense, refuses; nothing was built.

    `code`: bad_cui, bad_uit, bad_plate, bad_trailer1, bad_trailer2, same_plates, bad_reference,
    bad_note or bad_moment. `proposal`: the plate that was probably meant, "" when there is none.
    """

    def __init__(self, code: str, value: str = "", proposal: str = "") -> None:
        super().__init__(f"{code}: {value!r}")
        self.code = code
        self.value = value
        self.proposal = proposal


@dataclass(frozen=True, slots=True)
class VehicleChangeDocument:
    """What a vehicle change declares. Trailers are "" where there is none: ANAF takes the whole
    set, so a trailer that is left out is not on the road any more.

    `moment` is aware: since when the vehicle drives. `reference` comes back in `info` and `lista`.
    """

    declarant_cui: str
    uit: str
    plate: str
    moment: datetime
    reference: str
    trailer1: str = ""
    trailer2: str = ""
    note: str = ""
    post_outage: bool = False


def build_vehicle_change(document: VehicleChangeDocument) -> bytes:
    """Write the XML: the same bytes for the same document. Raises InvalidFilingError.

    The moment is written in seconds of Romanian time without a zone, as BR-203 shows it. (In the
    hour that autumn repeats, ANAF can't know which of the two is meant.)
    """
    # Loading the library takes a second, which only who files has to wait for.
    from anafpy.etransport import FlatVehicleChange, render_etransport

    cui = normalized_cui(document.declarant_cui)
    if not _DECLARANT.fullmatch(cui):
        raise InvalidFilingError("bad_cui", document.declarant_cui)
    if not uit_is_valid(document.uit):
        raise InvalidFilingError("bad_uit", document.uit)
    plate, trailer1, trailer2 = _vehicle(document)
    moment = document.moment
    if moment.tzinfo is None:
        raise InvalidFilingError("bad_moment", moment.isoformat())
    change = FlatVehicleChange(
        uit=document.uit,
        plate=plate,
        trailer1=trailer1 or None,
        trailer2=trailer2 or None,
        changed_at=moment.astimezone(BUCHAREST).replace(tzinfo=None, microsecond=0),
        note=text_token(document.note, MOST_NOTE, "bad_note") or None,
        declarant_ref=_reference(document.reference),
        post_incident=document.post_outage,
    )
    return render_etransport(change, declarant_code=cui)


def _vehicle(document: VehicleChangeDocument) -> tuple[str, str, str]:
    plate = document_plate(document.plate)
    trailer1 = document_plate(document.trailer1, code="bad_trailer1", may_miss=True)
    trailer2 = document_plate(document.trailer2, code="bad_trailer2", may_miss=True)
    plates = [each for each in (plate, trailer1, trailer2) if each]
    if len(set(plates)) < len(plates):
        raise InvalidFilingError("same_plates", " ".join(plates))
    return plate, trailer1, trailer2


def document_plate(text: str, *, code: str = "bad_plate", may_miss: bool = False) -> str:
    """Return a plate as the XSD has it (`[0-9A-Z]{2,20}`): capitals, without spaces and hyphens.

    Raises InvalidFilingError with `code` for anything else, proposing the base letters of letters
    beyond A-Z: how ANAF writes those is not known, so a person decides. `may_miss` lets "" pass.
    """
    bare = "".join(sign for sign in text if not sign.isspace() and sign not in _HYPHENS)
    if not bare and may_miss:
        return ""
    plate = bare.upper()
    # Letters such as "ı" have an ASCII capital, which nobody has typed.
    if bare.isascii() and _PLATE.fullmatch(plate):
        return plate
    raise InvalidFilingError(code, text, _proposal(bare))


def _proposal(bare: str) -> str:
    """Return the plate with the base letters, "" when a letter has none."""
    plain = unicodedata.normalize("NFKD", bare.upper().translate(_LOOKALIKES))
    proposal = "".join(sign for sign in plain if sign.isalnum())
    return proposal if _PLATE.fullmatch(proposal) else ""


def new_reference(*, now: datetime, own: str = "") -> str:
    """Make a reference that no other attempt has: `CRS-` and a ULID, after the user's `own`.

    Raises InvalidFilingError when both together are longer than 50 characters.
    """
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000)
    number = milliseconds << 80 | secrets.randbits(80)
    key = "CRS-" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
    return _reference(f"{own} {key}")


def key_of(reference: str) -> str:
    """Return the part of a reference that is ours and unique, "" when it has none."""
    match = _KEY.search(reference.upper())
    return match[0] if match else ""


def _reference(text: str) -> str:
    reference = text_token(text, MOST_REFERENCE, "bad_reference")
    if not reference:
        raise InvalidFilingError("bad_reference", text)
    return reference


def text_token(text: str, most: int, code: str) -> str:
    """Return a text as xs:token reads it. Raises InvalidFilingError with `code` for what XML can't
    hold and for what is too long."""
    token = " ".join(unicodedata.normalize("NFC", text).split())
    # Cc: control characters, Cs: halves of pairs, Cn: no characters at all (U+FFFE among them).
    if len(token) > most or any(unicodedata.category(sign) in {"Cc", "Cs", "Cn"} for sign in token):
        raise InvalidFilingError(code, text)
    return token
