"""The filters of the list, as its address carries them: read leniently, written back without what
is empty. Words of the address are Romanian; this module alone maps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.core.formatting import gettext_lazy

MAX_FIELD_LENGTH = 200
MAX_ADDRESS_LENGTH = 4000


class Option(NamedTuple):
    """A choice of a filter: its word in the address ("" for the usual one), its label on screen."""

    url_word: str
    label: str | Promise


SHOW = {
    "current": Option("", gettext_lazy("Active")),
    "all": Option("toate", gettext_lazy("Toate")),
    "new": Option("noi", gettext_lazy("Noi în 24 h")),
    "future": Option("viitoare", gettext_lazy("Viitoare")),
    "underway": Option("in-curs", gettext_lazy("Azi și în curs")),
    "expiring": Option("expira", gettext_lazy("Expiră în 24 h")),
    "expired_unresolved": Option("expirate-nerezolvate", gettext_lazy("Expirate, nerezolvate")),
    "expired": Option("expirate", gettext_lazy("Expirate")),
    "delisted": Option("delistate", gettext_lazy("Nu mai sunt în lista ANAF")),
    "carrier_changed": Option("schimbate", gettext_lazy("Transportator schimbat")),
    "invalid_code": Option("nevalidate", gettext_lazy("Nevalidate")),
    "missing": Option("neregasite", gettext_lazy("Lipsă la ANAF")),
}
SORTS = {
    "urgent": Option("", gettext_lazy("Ce arde întâi")),
    "newest": Option("noi", gettext_lazy("Cele mai noi întâi")),
    "last_changed": Option("modificate", gettext_lazy("Modificate de curând")),
    "transport_date": Option("transport", gettext_lazy("Data transportului")),
    "expiry": Option("expira", gettext_lazy("Expiră întâi")),
    "uit": Option("uit", gettext_lazy("După UIT")),
    "vehicle": Option("vehicul", gettext_lazy("După vehicul")),
    "declarant": Option("declarant", gettext_lazy("După declarant")),
    "route": Option("ruta", gettext_lazy("După rută")),
    "reference": Option("referinta", gettext_lazy("După referință")),
}
# Words that addresses had before: bookmarks, e-mails and saved views still have them.
_EARLIER_WORDS = {"azi-noapte": "expirate-nerezolvate"}
USUAL_SHOW, USUAL_SORT = "current", "urgent"
# The past has no urgency; and there is too much of it to compute one.
_PAST = frozenset({"all", "expired", "delisted"})
# What an address holds beside the filters: the day of the week's view and of the map.
WEEK_PARAMETER, DAY_PARAMETER = "saptamana", "zi"
# Attribute → name in the address.
URL_NAMES = {
    "query": "q",
    "company": "firma",
    "show": "arata",
    "from_day": "de_la",
    "to_day": "pana_la",
    "declarant": "declarant",
    "vehicle": "vehicul",
    "place": "loc",
    "only_changed": "modificate",
    "with_issues": "probleme",
    "sort": "sortare",
    "toggled": "grupe",
    "after": "dupa",
    "before": "inainte",
    "week": WEEK_PARAMETER,
    "day": DAY_PARAMETER,
}
# The address of the list as it opens without a view: it is never empty, or the list would open
# with the person's default view.
USUAL_ADDRESS = f"{URL_NAMES['show']}="


@dataclass(frozen=True, slots=True)
class ListFilters:
    """One view of the list; `after` and `before` are cursors, as `pagination` writes them."""

    query: str = ""
    # A CUI.
    company: str = ""
    show: str = USUAL_SHOW
    from_day: date | None = None
    to_day: date | None = None
    declarant: str = ""
    vehicle: str = ""
    place: str = ""
    only_changed: bool = False
    with_issues: bool = False
    sort: str = USUAL_SORT
    # Groups that are closed or opened against the usual, by their keys: „azi,maine”.
    toggled: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read an address; what cannot be read counts as absent, so that an old one still opens."""

        def text(attribute: str) -> str:
            value = query.get(URL_NAMES[attribute], "")
            return value.replace("\0", "").strip()[:MAX_FIELD_LENGTH]

        return cls(
            query=text("query"),
            company=text("company"),
            show=_option_key(SHOW, text("show")) or USUAL_SHOW,
            from_day=_parse_day(text("from_day")),
            to_day=_parse_day(text("to_day")),
            declarant=text("declarant"),
            vehicle=text("vehicle"),
            place=text("place"),
            only_changed=text("only_changed") == "1",
            with_issues=text("with_issues") == "1",
            sort=_option_key(SORTS, text("sort")) or USUAL_SORT,
            toggled=text("toggled"),
            after=text("after"),
            before=text("before"),
        )

    def address(self, **changed: str) -> str:
        """Return the query string of the view, with attributes changed, from its first page."""
        values = {
            "query": self.query,
            "company": self.company,
            "show": self.show,
            "from_day": self.from_day.isoformat() if self.from_day else "",
            "to_day": self.to_day.isoformat() if self.to_day else "",
            "declarant": self.declarant,
            "vehicle": self.vehicle,
            "place": self.place,
            "only_changed": "1" if self.only_changed else "",
            "with_issues": "1" if self.with_issues else "",
            "sort": self.sort,
            "toggled": self.toggled,
        } | changed
        values["show"] = SHOW[values["show"]].url_word
        values["sort"] = SORTS[values["sort"]].url_word
        return urlencode({URL_NAMES[name]: value for name, value in values.items() if value})

    def link(self, **changed: str) -> str:
        """Return the query string for a link to the list, which is never empty."""
        return self.address(**changed) or USUAL_ADDRESS

    @property
    def days_are_reversed(self) -> bool:
        """No UIT can be in days of which the first comes after the last."""
        return bool(self.from_day and self.to_day and self.from_day > self.to_day)

    @property
    def page_address(self) -> str:
        """The query string with the cursor."""
        return self.address(after=self.after, before=self.before)

    @property
    def all_address(self) -> str:
        return self.address(show="all")

    @property
    def order(self) -> str:
        """The order of the rows, a key of `pagination.ORDERS`: the newest first in the past."""
        return "newest" if self.sort == "urgent" and self.show in _PAST else self.sort

    @property
    def toggled_keys(self) -> frozenset[str]:
        return frozenset(filter(None, self.toggled.split(",")))

    def toggle_link(self, key: str) -> str:
        """Return the query string that opens or closes a group, from the first page."""
        return self.link(toggled=",".join(sorted(self.toggled_keys ^ {key})))

    @property
    def show_option(self) -> Option:
        return SHOW[self.show]

    def description(self) -> str:
        """Format „B12 · Toate · agro”: the filters that are set, without the order."""
        day = "%d.%m.%Y"
        parts = [
            self.query and f"„{self.query}”",
            self.shows_other and str(self.show_option.label),
            self.company and f"CUI {self.company}",
            self.from_day and gettext("de la {day}").format(day=self.from_day.strftime(day)),
            self.to_day and gettext("până la {day}").format(day=self.to_day.strftime(day)),
            *(self.declarant, self.vehicle, self.place),
            self.only_changed and gettext("modificate"),
            self.with_issues and gettext("cu probleme"),
        ]
        return " · ".join(str(part) for part in parts if part)

    @property
    def shows_other(self) -> bool:
        """Whether other UITs are shown than the current ones."""
        return self.show != USUAL_SHOW

    @property
    def extra_count(self) -> int:
        """The number of set filters that stand behind „Filtre”."""
        texts = (self.from_day, self.to_day, self.declarant, self.vehicle, self.place)
        return sum(map(bool, texts)) + self.only_changed + self.with_issues

    @property
    def shows_current(self) -> bool:
        """Whether all current UITs are shown, of one company or of all."""
        return not (self.shows_other or self.query or self.extra_count)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.company or self.extra_count)


def parse_address(address: str) -> dict[str, str]:
    """Return the fields of a query string that a form carries, without what is malformed."""
    return dict(parse_qsl(address[:MAX_ADDRESS_LENGTH].removeprefix("?")))


def _option_key(options: Mapping[str, Option], url_word: str) -> str | None:
    url_word = _EARLIER_WORDS.get(url_word, url_word)
    return next((key for key, option in options.items() if option.url_word == url_word), None)


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
