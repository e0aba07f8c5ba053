"""What is wrong with a declaration that the schema lets pass.

A choice of the official Schematron rules (eTransport-validation v2.0.2, 12.08.2024) under their
own numbers, and what only ANAF's database knows. The rest of the Schematron is not played.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from anaf_simulator.clock import local
from anaf_simulator.codes import is_uit
from anaf_simulator.declaration import Declaration, Element
from anaf_simulator.generator import Notification
from anaf_simulator.vehicle_rules import problems_of_change
from anaf_simulator.world import is_deleted

_TIN = re.compile(r"[1-9][0-9]{12}|[1-9][0-9]{1,9}")
_EU = frozenset(
    {
        "AT", "BE", "BG", "CZ", "CY", "DE", "DK", "EE", "EL", "ES", "FI", "HR", "HU", "IE", "IT",
        "FR", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SI", "SE", "SK", "XI",
    }
)  # fmt: skip
_PURPOSES = {
    "10": {"101", "201", "301", "401", "501", "601", "703", "801", "802", "901", "1001", "1101",
           "9901"},
    "20": {"101", "301", "703", "801", "802", "9901"},
    "30": {"101", "704", "705", "9901"},
}  # fmt: skip
_NO_START_BORDER = frozenset({"20", "22", "24", "30", "50", "70"})
_NO_END_BORDER = frozenset({"12", "14", "30", "40", "60"})
_NO_CUSTOMS = frozenset({"10", "20", "30", "60", "70"})
_MAX_LEAD = timedelta(days=3)

UNKNOWN_UIT = "UIT-ul nu poate fi identificat."
"""swagger-stare.json."""
UNKNOWN_UIT_LISTA = "Nu a fost identificat UIT-ul printre notificarile valide anterioare."
"""The same in the words of swagger-lista.json."""


def problems(
    declaration: Declaration, target: Notification | None, cif: str, now: datetime
) -> tuple[str, ...]:
    """Return the errors of a declaration, none when it is good. ``target``: the UIT it is about;
    ``cif``: whose right in SPV the upload used.

    The database is queried for what the Schematron lets pass, as ANAF's e-Factura does.
    """
    formal = tuple(_failed_assert(text) for text in _formal(declaration))
    return formal or tuple(_against_database(declaration, target, cif, now))


def _failed_assert(text: str) -> str:
    """Wrap a sentence of the Schematron as ANAF's validator reports it.

    Seen in responses of e-Factura; Odoo's e-Transport client takes the part ``textEroare`` of parts
    divided by "; ".
    """
    rule = text[1 : text.index("]")]
    parts = {
        "tipAssert": "FailedAssert",
        "codEroare": rule,
        "localizareEroare": "/eTransport",
        "textEroare": text,
    }
    if rule in _TESTS:
        parts["expresieValidata"] = _TESTS[rule]
    return "; ".join(f"{name}={value}" for name, value in parts.items())


_TESTS = {
    "BR-002": "matches(normalize-space(@codDeclarant), $TIN-REGEX)",
    "BR-019": "matches(substring(., 15), $UIT-CHECK)",
}


def _formal(declaration: Declaration) -> Iterator[str]:
    """Return the sentences of the Schematron's failed rules; of those that concern ``modifVehicul``
    (BR-002, 003, 008, 019, 031-033, 201-204, BT-TY-005) the schema leaves only two to fail."""
    if not _TIN.fullmatch(declaration.declarant):
        yield (
            "[BR-002]-Codul de identificare fiscala(CUI, CNP, NIF) al declarantului (BT-1) TREBUIE "
            "sa aibe un format valid in Romania(RO) "
            f"(codDeclarant = {declaration.declarant})."
        )
    if declaration.uit is not None and not is_uit(declaration.uit):
        yield (
            "[BR-019]-Identificatorul unic al transportului (BT-3, BT-52, BT-55 sau BT-56) TREBUIE "
            "sa respecte algoritmul de verificare a cifrei de control "
            f"(uit = {declaration.uit})."
        )
    if declaration.body.name == "notificare":
        yield from _of_notification(declaration.body)


def _of_notification(body: Element) -> Iterator[str]:
    operation = str(int(body.need("codTipOperatiune")))
    yield from _of_partner(body, operation)
    yield from _of_places(body, operation)
    for goods in body.all("bunuriTransportate"):
        yield from _of_goods(goods, operation)
    if any(
        document.need("tipDocument") == "9999" and not document.get("observatii")
        for document in body.all("documenteTransport")
    ):
        yield "[BR-026]-Daca codul tipului de document este '9999', 'observatii' TREBUIE sa existe."


def _of_partner(body: Element, operation: str) -> Iterator[str]:
    partner, transport = body.first("partenerComercial"), body.first("dateTransport")
    country = partner.need("codTara") if partner else ""
    code = (partner.get("cod") if partner else None) or ""
    if operation == "30" and not (_TIN.fullmatch(code) or code == "PF"):
        yield f"[BR-007]-Codul partenerului comercial (BT-16) nu este valid ({code})."
    if operation == "30" and country != "RO":
        yield "[BR-005]-Pentru operatiunea 30, tara partenerului comercial TREBUIE sa fie RO."
    elif operation in {"40", "50"} and country in _EU:
        yield "[BR-006]-Pentru operatiunile 40 si 50, tara partenerului NU este din UE."
    elif operation not in {"30", "40", "50"} and (country not in _EU or country == "RO"):
        yield "[BR-004]-Tara partenerului comercial TREBUIE sa apartina UE, alta decat RO."
    if transport and transport.need("codTaraOrgTransport") == "RO":
        code = transport.get("codOrgTransport") or ""
        if not _TIN.fullmatch(code) and not (operation == "30" and code == "PF"):
            rule = "BR-209" if operation == "30" else "BR-043"
            yield f"[{rule}]-Cod organizator transport (BT-22) nu este valid ({code})."


def _of_places(body: Element, operation: str) -> Iterator[str]:
    start, end = body.first("locStartTraseuRutier"), body.first("locFinalTraseuRutier")
    if start and start.get("codPtf") and operation in _NO_START_BORDER:
        yield f"[BR-212]-Pentru operatiunea {operation}, locul de start NU poate fi un PTF."
    if end and end.get("codPtf") and operation in _NO_END_BORDER:
        yield f"[BR-213]-Pentru operatiunea {operation}, locul de final NU poate fi un PTF."
    if operation in _NO_CUSTOMS and any(
        place and place.get("codBirouVamal") for place in (start, end)
    ):
        yield f"[BR-046]-Pentru operatiunea {operation}, biroul vamal NU TREBUIE sa existe."


def _of_goods(goods: Element, operation: str) -> Iterator[str]:
    net, gross = goods.get("greutateNeta"), goods.need("greutateBruta")
    if net and float(gross) < float(net):
        yield f"[BR-020]-Greutatea bruta ({gross}) este mai mica decat greutatea neta ({net})."
    purpose = str(int(goods.need("codScopOperatiune")))
    allowed = _PURPOSES.get(operation, {"9999"})
    if purpose not in allowed:
        rule = {"10": "BR-068", "20": "BR-069", "30": "BR-070"}.get(operation, "BR-205")
        yield f"[{rule}]-Scopul operatiunii {purpose} nu este permis pentru {operation}."
    if operation not in {"60", "70"}:
        for name, rule in (
            ("codTarifar", "BR-206"),
            ("greutateNeta", "BR-207"),
            ("valoareLeiFaraTva", "BR-208"),
        ):
            if goods.get(name) is None:
                yield f"[{rule}]-Pentru operatiunea {operation}, {name} TREBUIE sa existe."


def _against_database(
    declaration: Declaration, target: Notification | None, cif: str, now: datetime
) -> Iterator[str]:
    if declaration.declarant != cif:
        # No document says that they must agree; the words are the simulator's.
        yield f"Codul declarantului {declaration.declarant} difera de CIF-ul folosit la incarcare."
        return
    transport = declaration.body.first("dateTransport")
    if transport:
        day = date.fromisoformat(transport.need("dataTransport")[:10])
        if day - local(now).date() > _MAX_LEAD:
            # The rule is of the guide, p. 11; the words are the simulator's.
            yield "Data transportului este la mai mult de 3 zile calendaristice de la declarare."
    if declaration.kind == "NOT":
        return
    if target is None or is_deleted(target, now) or not _may_declare(declaration, target):
        # That a stranger gets the same as for an unknown UIT is inferred: nothing else is public.
        yield UNKNOWN_UIT
    elif declaration.kind == "MVH":
        yield from problems_of_change(declaration, target, now)


def _may_declare(declaration: Declaration, target: Notification) -> bool:
    """Return whether it is the declarant; for a vehicle also the organizer (API text, cod_decl)."""
    allowed = {target.declarant}
    if declaration.kind == "MVH":
        allowed.add(target.carrier)
    return declaration.declarant in allowed
