"""The 42 counties as tiles laid out like the country."""

from dataclasses import dataclass

GRID_COLUMNS, GRID_ROWS = 8, 7


@dataclass(frozen=True, slots=True)
class County:
    """`code`: the car code, as in ANAF's records; `position`: (column, row) from the northwest."""

    code: str
    name: str
    position: tuple[int, int]


COUNTIES = {
    code: County(code, name, (column, row))
    for row, line in enumerate(
        (
            {1: ("SM", "Satu Mare"), 2: ("MM", "Maramureș"), 4: ("SV", "Suceava")}
            | {5: ("BT", "Botoșani")},
            {0: ("BH", "Bihor"), 1: ("SJ", "Sălaj"), 2: ("CJ", "Cluj")}
            | {3: ("BN", "Bistrița-Năsăud"), 4: ("NT", "Neamț"), 5: ("IS", "Iași")},
            {0: ("AR", "Arad"), 1: ("AB", "Alba"), 2: ("MS", "Mureș")}
            | {3: ("HR", "Harghita"), 4: ("BC", "Bacău"), 5: ("VS", "Vaslui")},
            {0: ("TM", "Timiș"), 1: ("HD", "Hunedoara"), 2: ("SB", "Sibiu"), 3: ("BV", "Brașov")}
            | {4: ("CV", "Covasna"), 5: ("VN", "Vrancea"), 6: ("GL", "Galați")},
            {0: ("CS", "Caraș-Severin"), 1: ("GJ", "Gorj"), 2: ("VL", "Vâlcea"), 3: ("AG", "Argeș")}
            | {4: ("PH", "Prahova"), 5: ("BZ", "Buzău"), 6: ("BR", "Brăila"), 7: ("TL", "Tulcea")},
            {0: ("MH", "Mehedinți"), 1: ("DJ", "Dolj"), 2: ("OT", "Olt"), 3: ("DB", "Dâmbovița")}
            | {4: ("IF", "Ilfov"), 5: ("B", "București"), 6: ("IL", "Ialomița")}
            | {7: ("CT", "Constanța")},
            {3: ("TR", "Teleorman"), 4: ("GR", "Giurgiu"), 5: ("CL", "Călărași")},
        )
    )
    for column, (code, name) in line.items()
}


def county_name(code: str) -> str:
    """Return „Cluj” for „CJ”; an unknown code as it is."""
    county = COUNTIES.get(code)
    return county.name if county else code
