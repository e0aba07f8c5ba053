"""From an uploaded declaration to the record that info shows."""

from datetime import date

from anaf_simulator import places
from anaf_simulator.declaration import Declaration, Element
from anaf_simulator.documents import document_text
from anaf_simulator.generator import Notification, validity_fields
from anaf_simulator.people import CARRIERS, DECLARANTS
from anaf_simulator.uploads import Upload

_NAMES = {company.cui: company.name for company in DECLARANTS} | {
    cui: carrier.company.name for cui, carrier in CARRIERS.items()
}


def notification_of(declaration: Declaration, upload: Upload) -> Notification:
    """Make the new notification, declared when the processing of its upload ends."""
    transport = declaration.body.first("dateTransport")
    carrier = transport.get("codOrgTransport") if transport else None
    record = {"id": upload.index, "uit": upload.uit, **record_of(declaration)}
    return Notification(
        str(upload.uit),
        carrier or "",
        declaration.declarant,
        upload.ready_at,
        _operation(declaration),
        record,
        {**_details(declaration), "id_incarcare": str(upload.index)},
    )


def _operation(declaration: Declaration) -> str:
    return str(int(declaration.body.need("codTipOperatiune")))


def record_of(declaration: Declaration) -> dict[str, object]:
    """Return all fields of the record that a declaration sets; None for those it leaves out, so
    that a correction takes away what it does not repeat."""
    body = declaration.body
    transport = body.first("dateTransport")
    start, end = body.first("locStartTraseuRutier"), body.first("locFinalTraseuRutier")
    if transport is None or start is None or end is None:
        raise ValueError("the schema lets no such declaration pass")
    day = date.fromisoformat(transport.need("dataTransport")[:10])
    declarant = declaration.declarant
    return {
        "cod_decl": int(declarant),
        "den_decl": _NAMES.get(declarant, f"DECLARANT {declarant} SRL"),
        "ref_decl": declaration.reference,
        **validity_fields(day, _operation(declaration)),
        "tr_cod": transport.get("codOrgTransport"),
        "tr_den": transport.need("denumireOrgTransport"),
        "nr_veh": transport.need("nrVehicul"),
        "nr_rem1": transport.get("nrRemorca1"),
        "nr_rem2": transport.get("nrRemorca2"),
        "loc_start": _place(start),
        "loc_final": _place(end),
        "documente": "; ".join(_document(document) for document in body.all("documenteTransport")),
    }


def _place(where: Element) -> dict[str, object]:
    if border := where.get("codPtf"):
        return places.point_place("PTF", places.border_points()[border])
    if office := where.get("codBirouVamal"):
        return places.point_place("BV", places.customs_offices()[office])
    address = where.first("locatie")
    if address is None:
        return {"tip_loc": "ADR"}
    county = places.COUNTIES[str(int(address.need("codJudet")))][0]
    return places.address_place(
        county,
        address.need("denumireLocalitate"),
        address.need("denumireStrada"),
        address.get("numar"),
        address.get("alteInfo"),
    )


def _document(document: Element) -> str:
    day = date.fromisoformat(document.need("dataDocument")[:10])
    return document_text(document.need("tipDocument"), document.get("numarDocument"), day)


def _details(declaration: Declaration) -> dict[str, object]:
    """Return what only lista shows (API text of 29.07.2024)."""
    body = declaration.body
    partner, goods = body.first("partenerComercial"), body.all("bunuriTransportate")
    details: dict[str, object] = {
        "sursa": "A",
        "tip_op": _operation(declaration),
        "nr_linii": len(goods),
        "gr_tot_neta": round(sum(float(item.get("greutateNeta") or 0) for item in goods), 2),
        "gr_tot_bruta": round(sum(float(item.need("greutateBruta")) for item in goods), 2),
        "val_tot": round(sum(float(item.get("valoareLeiFaraTva") or 0) for item in goods), 2),
    }
    if partner is not None:
        details["pc_tara"] = partner.need("codTara")
        details["pc_den"] = partner.need("denumire")
        if code := partner.get("cod"):
            details["pc_cod"] = code
    return details
