"""Rights besides the one to read, which packages above know of; each registers its own."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class KnownRight:
    """The state of a right for one company, labelled."""

    label: str | Promise
    state: str | Promise
    tone: str
    icon: str


#: Return, for these authorizations, what is known by (authorization, company), and what is said of
#: the others.
type RightLookup = Callable[
    [Collection[int]], tuple[Mapping[tuple[int, int], KnownRight], KnownRight]
]

_registered: list[RightLookup] = []


def register_right(lookup: RightLookup) -> None:
    """Show the right beside each company of an authorization; registering twice changes nothing."""
    if lookup not in _registered:
        _registered.append(lookup)


def registered_rights(authorizations: Collection[int]) -> Callable[[int, int], list[KnownRight]]:
    """Return what gives the registered rights of an authorization for a company."""
    looked_up = [lookup(authorizations) for lookup in _registered]
    return lambda authorization, company: [
        known.get((authorization, company), otherwise) for known, otherwise in looked_up
    ]
