"""Who lives in the world: fictional carriers and declarants.

Every fiscal code here has nine digits and starts with 9000: the registry has given out eight
digits so far, so none of these belongs to a real company. Names are invented.
"""

from dataclasses import dataclass

from anaf_simulator.codes import make_cui


@dataclass(frozen=True, slots=True)
class Company:
    """A Romanian company: its fiscal code (digits only) and its name."""

    cui: str
    name: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier and how much is declared for it.

    ``per_day``: notifications declared a day, on average; very evenly, a busy one's by the week.
    ``amended``: whether declarants correct and delete, and whether long validities occur.
    """

    company: Company
    per_day: float
    fleet: int
    amended: bool = True


BUSY = Carrier(Company(make_cui(90001010), "TRANS CARPAȚI LOGISTIC SRL"), 6.15, 34)
MEDIUM = Carrier(Company(make_cui(90002020), "DUNĂREA CARGO SRL"), 1.0, 7)
SMALL = Carrier(Company(make_cui(90003030), "MOȚII TRANSPORT SRL"), 0.25, 2, amended=False)
SINGLE = Carrier(Company(make_cui(90004040), "SIRET EXPRES SRL"), 0.65, 5)

CARRIERS = {carrier.company.cui: carrier for carrier in (BUSY, MEDIUM, SMALL, SINGLE)}

_DECLARANT_NAMES = (
    "AGRO BĂRĂGAN CEREALE SRL",
    "MOBILA SĂLIȘTE SA",
    "LACTATE MĂGURA SRL",
    "OȚEL ȘI LAMINATE REȘIȚA SA",
    "CERAMICA TÂRNAVA SRL",
    "FRUCTELE VOINEȘTI COOPERATIVĂ AGRICOLĂ",
    "PANIFICAȚIE DÂMBOVIȚA SRL",
    "BETOANE ARGEȘ SRL",
    "TEXTILE CISNĂDIE SA",
    "VIN ȘI STRUGURI ODOBEȘTI SRL",
    "ELECTRO COMPONENTE TIMIȘ SRL",
    "HÂRTIE ȘI CARTOANE BUȘTENI SA",
    "LEMN ROTUND BUCOVINA SRL",
    "MATERIALE CONSTRUCȚII IALOMIȚA SRL",
    "ULEI FLOAREA-SOARELUI TELEORMAN SA",
    "APE MINERALE HARGHITA SRL",
    "CARNE ȘI MEZELURI BIHOR SRL",
    "DISTRIBUȚIE ALIMENTARĂ PRAHOVA SRL",
    "PIESE AUTO MIOVENI SRL",
    "ÎNGRĂȘĂMINTE GÂRBOVI SRL",
    "STICLĂRIA AVRIG SRL",
    "CONFECȚII METALICE ȘIMLEU SRL",
    "LEGUME SERE IZBICENI SRL",
    'DEPOZITUL "LA FÂNTÂNĂ" SRL',
)

DECLARANTS = tuple(
    Company(make_cui(90010000 + 137 * index), name) for index, name in enumerate(_DECLARANT_NAMES)
)

FOREIGN_PARTNERS = (
    ("DE", "DE811907980", "Müller Handels GmbH"),
    ("HU", "HU12345676", "Alföldi Gabona Kft."),
    ("BG", "BG175074752", "Dunav Trans EOOD"),
    ("PL", "PL5260001246", "Zakłady Meblowe Sp. z o.o."),
    ("IT", "IT00743110157", "Fratelli Bianchi S.p.A."),
    ("AT", None, "Donau Holz GmbH"),
)
OUTER_PARTNERS = (
    ("MD", "1003600012345", "Vinăria din Codru SRL"),
    ("RS", None, "Vojvodina Žito d.o.o."),
    ("TR", "TR1234567890", "İzmir Tekstil A.Ş."),
    ("UA", None, "Bukovyna Lis TOV"),
)
"""Commercial partners: country (XSD CodTaraType), code (may be unknown), name."""
