"""What the address bar asks of the list: read leniently, written back without what is empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self
from urllib.parse import parse_qsl, urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.core.formatting import gettext_lazy

# Words of the address → words on screen.
SHOWN: dict[str, str | Promise] = {
    "": gettext_lazy("Active"),
    "toate": gettext_lazy("Toate"),
    "noi": gettext_lazy("Noi în 24 h"),
    "viitoare": gettext_lazy("Viitoare"),
    "in-curs": gettext_lazy("Azi și în curs"),
    "expira": gettext_lazy("Expiră în 24 h"),
    "azi-noapte": gettext_lazy("Expirate azi-noapte"),
    "expirate": gettext_lazy("Expirate"),
    "delistate": gettext_lazy("Nu mai sunt în lista ANAF"),
    "schimbate": gettext_lazy("Transportator schimbat"),
    "nevalidate": gettext_lazy("Nevalidate"),
    "neregasite": gettext_lazy("Lipsă la ANAF"),
}
SORTS = {
    "": gettext_lazy("Cele mai noi întâi"),
    "modificate": gettext_lazy("Modificate de curând"),
    "transport": gettext_lazy("Data transportului"),
    "expira": gettext_lazy("Expiră întâi"),
    "uit": gettext_lazy("După UIT"),
    "vehicul": gettext_lazy("După vehicul"),
    "declarant": gettext_lazy("După declarant"),
    "ruta": gettext_lazy("După rută"),
    "referinta": gettext_lazy("După referință"),
}
LONGEST = 200
LONGEST_ADDRESS = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of the list. `after` and `before` are places in it, as `keyset` writes them."""

    q: str = ""
    firma: str = ""
    arata: str = ""
    de_la: date | None = None
    pana_la: date | None = None
    declarant: str = ""
    vehicul: str = ""
    loc: str = ""
    modificate: bool = False
    probleme: bool = False
    sortare: str = ""
    dupa: str = ""
    inainte: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """What cannot be read is as if it were not there: an old address still opens."""

        def words(name: str) -> str:
            return query.get(name, "").replace("\0", "").strip()[:LONGEST]

        shown, sort = words("arata"), words("sortare")
        return cls(
            q=words("q"),
            firma=words("firma"),
            arata=shown if shown in SHOWN else "",
            de_la=_day(words("de_la")),
            pana_la=_day(words("pana_la")),
            declarant=words("declarant"),
            vehicul=words("vehicul"),
            loc=words("loc"),
            modificate=words("modificate") == "1",
            probleme=words("probleme") == "1",
            sortare=sort if sort in SORTS else "",
            dupa=words("dupa"),
            inainte=words("inainte"),
        )

    def address(self, **changed: str) -> str:
        """The query string of this view, with something changed; a change leads to its start."""
        fields = {
            "q": self.q,
            "firma": self.firma,
            "arata": self.arata,
            "de_la": self.de_la.isoformat() if self.de_la else "",
            "pana_la": self.pana_la.isoformat() if self.pana_la else "",
            "declarant": self.declarant,
            "vehicul": self.vehicul,
            "loc": self.loc,
            "modificate": "1" if self.modificate else "",
            "probleme": "1" if self.probleme else "",
            "sortare": self.sortare,
        }
        return urlencode({name: value for name, value in (fields | changed).items() if value})

    def link(self, **changed: str) -> str:
        """The same, never empty, or the list would open with the person's default view."""
        return self.address(**changed) or "arata="

    @property
    def here(self) -> str:
        """The whole address, this place in the list included."""
        return self.address(dupa=self.dupa, inainte=self.inainte)

    @property
    def of_all(self) -> str:
        return self.address(arata="toate")

    def in_words(self) -> str:
        """„B12 · Toate · agro”: what is asked, without the order."""
        day = "%d.%m.%Y"
        parts = [
            self.q and f"„{self.q}”",
            self.arata and str(SHOWN[self.arata]),
            self.firma and f"CUI {self.firma}",
            self.de_la and gettext("de la {day}").format(day=self.de_la.strftime(day)),
            self.pana_la and gettext("până la {day}").format(day=self.pana_la.strftime(day)),
            *(self.declarant, self.vehicul, self.loc),
            self.modificate and gettext("modificate"),
            self.probleme and gettext("cu probleme"),
        ]
        return " · ".join(str(part) for part in parts if part)

    @property
    def more_count(self) -> int:
        """How many of the filters behind „Filtre” are set."""
        more = (self.de_la, self.pana_la, self.declarant, self.vehicul, self.loc)
        return sum(map(bool, more)) + self.modificate + self.probleme

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.firma or self.more_count)


def query_of(address: str) -> dict[str, str]:
    """The fields of a query string that a form carries; what is odd in it is left out."""
    return dict(parse_qsl(address[:LONGEST_ADDRESS].removeprefix("?")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
