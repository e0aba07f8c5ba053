"""Declarations in XML, as carriers' and declarants' programs would send them."""

from datetime import date

DECLARANT = "900010100"
"""The busy carrier declares here too: its certificate is at hand."""


def envelope(content: str, declarant: str = DECLARANT, reference: str = "REF-1") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<eTransport xmlns="mfp:anaf:dgti:eTransport:declaratie:v2" codDeclarant="{declarant}"
  refDeclarant="{reference}">{content}</eTransport>""".encode()


def notification(
    carrier: str,
    transport: date,
    *,
    plate: str = "B123ABC",
    trailer: str | None = "B456DEF",
    corrects: str | None = None,
    purpose: str = "101",
    gross: str = "1050.5",
    operation: str = "30",
    partner: str = "900100003",
) -> bytes:
    """Return a transport on national territory (tip 30), unless the call says otherwise."""
    correction = f'<corectie uit="{corrects}"/>' if corrects else ""
    extra = f'nrRemorca1="{trailer}"' if trailer else ""
    return envelope(f"""
<notificare codTipOperatiune="{operation}">{correction}
 <bunuriTransportate codScopOperatiune="{purpose}" codTarifar="07020000" denumireMarfa="Roșii"
   cantitate="1000" codUnitateMasura="KGM" greutateNeta="1000" greutateBruta="{gross}"
   valoareLeiFaraTva="12000"/>
 <partenerComercial codTara="RO" cod="{partner}" denumire="Piața Obor SRL"/>
 <dateTransport nrVehicul="{plate}" {extra} codTaraOrgTransport="RO" codOrgTransport="{carrier}"
   denumireOrgTransport="TRANSPORT SRL" dataTransport="{transport.isoformat()}"/>
 <locStartTraseuRutier><locatie codJudet="12" denumireLocalitate="Cluj-Napoca"
   denumireStrada="Str. Fabricii" numar="3"/></locStartTraseuRutier>
 <locFinalTraseuRutier><locatie codJudet="40" denumireLocalitate="Sector 3"
   denumireStrada="Calea Vitan"/></locFinalTraseuRutier>
 <documenteTransport tipDocument="10" numarDocument="CMR 77" dataDocument="2026-07-15"/>
 <documenteTransport tipDocument="20" dataDocument="2026-07-15"/>
</notificare>""")


def deletion(uit: str, declarant: str = DECLARANT) -> bytes:
    return envelope(f'<stergere uit="{uit}"/>', declarant)


def confirmation(uit: str) -> bytes:
    return envelope(f'<confirmare uit="{uit}" tipConfirmare="10" observatii="tot"/>')


def vehicle_change(uit: str, plate: str, declarant: str = DECLARANT) -> bytes:
    return envelope(
        f'<modifVehicul uit="{uit}" nrVehicul="{plate}" dataModificare="2026-07-15T13:00:00" '
        'observatii="pană"/>',
        declarant,
    )


def modif_vehicul(uit: str, **fields: str) -> bytes:
    """Return a vehicle change with the attributes given by ANAF's names; CJ77CAR at 12:30 unless
    given."""
    root = {"codDeclarant": DECLARANT, "refDeclarant": "REF-1"}
    change = {"uit": uit, "nrVehicul": "CJ77CAR", "dataModificare": "2026-07-15T12:30:00"}
    for name, value in fields.items():
        of_root = name in {*root, "declPostAvarie"}
        (root if of_root else change)[name] = value
    return (
        '<eTransport xmlns="mfp:anaf:dgti:eTransport:declaratie:v2" '
        f"{_attributes(root)}><modifVehicul {_attributes(change)}/></eTransport>"
    ).encode()


def _attributes(values: dict[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in values.items())
