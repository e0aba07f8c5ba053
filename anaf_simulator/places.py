"""Places and plates: counties, addresses, border crossing points and customs offices."""

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

SCHEMA_PATH = Path(__file__).parent / "schema" / "schema_ETR_v2_20230126.xsd"
_XS = {"xs": "http://www.w3.org/2001/XMLSchema"}

COUNTIES = {
    "1": ("AB", "Alba"), "2": ("AR", "Arad"), "3": ("AG", "Argeș"), "4": ("BC", "Bacău"),
    "5": ("BH", "Bihor"), "6": ("BN", "Bistrița-Năsăud"), "7": ("BT", "Botoșani"),
    "8": ("BV", "Brașov"), "9": ("BR", "Brăila"), "10": ("BZ", "Buzău"),
    "11": ("CS", "Caraș-Severin"), "12": ("CJ", "Cluj"), "13": ("CT", "Constanța"),
    "14": ("CV", "Covasna"), "15": ("DB", "Dâmbovița"), "16": ("DJ", "Dolj"),
    "17": ("GL", "Galați"), "18": ("GJ", "Gorj"), "19": ("HR", "Harghita"),
    "20": ("HD", "Hunedoara"), "21": ("IL", "Ialomița"), "22": ("IS", "Iași"),
    "23": ("IF", "Ilfov"),
    "24": ("MM", "Maramureș"), "25": ("MH", "Mehedinți"), "26": ("MS", "Mureș"),
    "27": ("NT", "Neamț"), "28": ("OT", "Olt"), "29": ("PH", "Prahova"), "30": ("SM", "Satu Mare"),
    "31": ("SJ", "Sălaj"), "32": ("SB", "Sibiu"), "33": ("SV", "Suceava"),
    "34": ("TR", "Teleorman"),
    "35": ("TM", "Timiș"), "36": ("TL", "Tulcea"), "37": ("VS", "Vaslui"), "38": ("VL", "Vâlcea"),
    "39": ("VN", "Vrancea"), "40": ("B", "București"), "51": ("CL", "Călărași"),
    "52": ("GR", "Giurgiu"),
}  # fmt: skip
"""By the code of the declaration (XSD CodJudetType): the vehicle code ``info`` uses, the name."""

_PTF_COUNTIES = (
    "SM", "BH", "AR", "AR", "DJ", "DJ", "TR", "TR", "GR", "CT", "CT", "CT", "CL", "OT", "CL", "SM",
    "TM", "BH", "BH", "BH", "AR", "SM", "BH", "AR", "MH", "CS", "TM", "TM", "SM", "BT", "IS", "VS",
    "GL", "GL", "CT", "SV", "AR", "BH",
)  # fmt: skip
"""County of each border point, in the order of XSD CodPtfType 1..38 (geography, not a document)."""

_TOWNS = (
    ("AB", "Sebeș"), ("AR", "Curtici"), ("AG", "Mioveni"), ("BC", "Onești"), ("BH", "Oradea"),
    ("BN", "Bistrița"), ("BT", "Dorohoi"), ("BV", "Ghimbav"), ("BR", "Brăila"),
    ("BZ", "Râmnicu Sărat"), ("CS", "Reșița"), ("CJ", "Cluj-Napoca"), ("CT", "Medgidia"),
    ("CV", "Târgu Secuiesc"), ("DB", "Târgoviște"), ("DJ", "Craiova"), ("GL", "Galați"),
    ("GJ", "Târgu Jiu"), ("HR", "Odorheiu Secuiesc"), ("HD", "Orăștie"), ("IL", "Țăndărei"),
    ("IS", "Lețcani"), ("IF", "Ștefăneștii de Jos"), ("MM", "Baia Mare"), ("MH", "Orșova"),
    ("MS", "Reghin"), ("NT", "Săvinești"), ("OT", "Slatina"), ("PH", "Ploiești"),
    ("SM", "Satu Mare"), ("SJ", "Zalău"), ("SB", "Șelimbăr"), ("SV", "Fălticeni"),
    ("TR", "Roșiorii de Vede"), ("TM", "Giroc"), ("TL", "Babadag"), ("VS", "Bârlad"),
    ("VL", "Drăgășani"), ("VN", "Focșani"), ("B", "Sector 3"), ("B", "Sector 6"),
    ("CL", "Lehliu Gară"),
    ("GR", "Bolintin-Deal"),
)  # fmt: skip
_STREETS = (
    "Str. Fabricii", "Șos. Gării", "Bd. Ștefan cel Mare", "Calea Moților", "Str. Împăratul Traian",
    "Str. Înfrățirii", "Drumul Național 1", "Str. Țesătorilor", "Str. Mărășești",
    "Aleea Depozitelor",
)  # fmt: skip
_EXTRAS = ("hala 3, rampa B", "km 12+400", "depozit en-gros", "la poarta 2, după ora 8", "-")
_COUNTY_NAMES = dict(COUNTIES.values())


@dataclass(frozen=True, slots=True)
class Point:
    """A border crossing point or customs office: the name ``info`` shows and its county code."""

    name: str
    county: str


@lru_cache(maxsize=1)
def _nomenclatures() -> tuple[dict[str, Point], dict[str, Point]]:
    """Read border points and customs offices from the annotations of the official schema."""
    tree = etree.parse(SCHEMA_PATH)
    texts = {field: _annotation(tree, field) for field in ("câmpul codPtf", "câmpul codBirouVamal")}
    borders, offices = texts.values()
    ptf = {
        code: Point(f"PTF {name}", _PTF_COUNTIES[int(code) - 1])
        for code, name in re.findall(r'"(\d+)" (.+?) \([^)]*\)', borders)
    }
    customs = {
        code: Point(name, COUNTIES[code[:-4]][0])
        for code, name in re.findall(r'"(\d+)" (BV[IF] .+?) \([^)]*\)', offices)
    }
    return ptf, customs


def _annotation(tree: "etree._ElementTree", field: str) -> str:
    for node in tree.iterfind(".//xs:documentation", _XS):
        text = " ".join((node.text or "").split())
        if field in text:
            return text.translate(str.maketrans("ţşŢŞ", "țșȚȘ"))
    raise LookupError(f"the schema does not list {field}")


def border_points() -> dict[str, Point]:
    """Map XSD CodPtfType to the point."""
    return _nomenclatures()[0]


def customs_offices() -> dict[str, Point]:
    """Map XSD CodBirouVamalType to the office."""
    return _nomenclatures()[1]


def point_place(kind: str, point: Point) -> dict[str, object]:
    """Describe a PTF or BV as ``info`` does: name and county only (API text of 29.07.2024)."""
    county = _COUNTY_NAMES[point.county]
    text = f"{point.name}, Jud. {county}" if point.county != "B" else f"{point.name}, București"
    return {"tip_loc": kind, "adresa_completa": text, "judet": point.county}


def address_place(
    county: str, town: str, street: str, number: object | None, extra: str | None
) -> dict[str, object]:
    """Describe an address on national territory (ADR), with all the fields of its own."""
    where = "București" if county == "B" else f"Jud. {_COUNTY_NAMES[county]}"
    line = street if number is None else f"{street} nr. {number}"
    place: dict[str, object] = {
        "tip_loc": "ADR",
        "adresa_completa": f"{line}, {town}, {where}",
        "judet": county,
        "localitate": town,
        "strada": street,
    }
    if number is not None:
        place["numar"] = number
    if extra is not None:
        place["alte_info"] = extra
    return place


def random_address(rng: random.Random, within: str) -> dict[str, object]:
    """Draw an address in a county; its number may be missing or a JSON number where a string is
    promised."""
    county, town = rng.choice([known for known in _TOWNS if known[0] == within])
    plain = rng.randint(1, 240)
    number: object | None = rng.choices(
        (str(plain), f"{plain}A", f"{plain}-{plain + 2}", plain, None), (50, 15, 10, 15, 10)
    )[0]
    extra = rng.choice(_EXTRAS) if rng.random() < 0.5 else None
    return address_place(county, town, rng.choice(_STREETS), number, extra)


def random_border(rng: random.Random, county: str) -> dict[str, object]:
    """Return a random border crossing of a county, as a declaration has it."""
    return _random_point(rng, "PTF", border_points(), county)


def random_customs(rng: random.Random, county: str) -> dict[str, object]:
    """Return a random customs office of a county, as a declaration has it."""
    return _random_point(rng, "BV", customs_offices(), county)


def _random_point(
    rng: random.Random, kind: str, points: dict[str, Point], county: str
) -> dict[str, object]:
    return point_place(
        kind, rng.choice([point for point in points.values() if point.county == county])
    )


_PLATE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATE_COUNTIES = tuple(code for code, _ in COUNTIES.values() if code != "B")


def random_plate(rng: random.Random) -> str:
    """Draw a Romanian plate without blanks: ``CJ12ABC``, ``B12ABC`` or ``B123ABC``."""
    suffix = "".join(rng.choices(_PLATE_LETTERS, k=3))
    if rng.random() < 0.25:
        digits = rng.randint(10, 99) if rng.random() < 0.4 else rng.randint(100, 999)
        return f"B{digits}{suffix}"
    return f"{rng.choice(_PLATE_COUNTIES)}{rng.randint(1, 99):02d}{suffix}"


def random_foreign_plate(rng: random.Random) -> str:
    """Draw a plate of a neighbour: Bulgarian, Hungarian, Moldovan or Polish in form."""
    digits = rng.randint(1000, 9999)
    return rng.choice(
        (f"CB{digits}AK", f"AB{rng.choice('CDEF')}{digits % 1000:03d}", f"KLM{digits % 1000:03d}",
         f"WGM{digits}A")
    )  # fmt: skip
