"""How a company is called: by what most declarants write of it, until a person types a name."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from caraus.accounts.models import Company
from caraus.anaf.info import CarrierRecord
from caraus.anaf.values import is_placeholder, letters_and_digits, without_diacritics
from caraus.core.fields import COMPANY_NAME_LENGTH
from caraus.transports.models import Transport

# So many of the newest UITs are looked at.
NEWEST_UITS = 200
# A name that stands is given up for one that stands on so many UITs, not for a single one.
FEWEST_UITS = 2

_LEGAL_FORMS = frozenset({"sc", "srl", "sa", "srld", "pfa", "pf", "ii", "if", "ong"})
# What declarants write where they should name the carrier.
_GENERIC = re.compile(
    r"transport\w*|propri\w*|personal\w*|mijlo\w*|mij|firma|compania|carrier\w*|own|self|cu|de|cel"
    r"|client\w*|cumparator\w*|furnizor\w*|beneficiar\w*|destinatar\w*|expeditor\w*|vanzator\w*"
    r"|declarant\w*|idem|acelasi|nostru|noastra|divers\w*|persoana|fizica|ridicare|curier\w*|test"
    r"|auto|marfa|\d+"
)

#: What a declarant wrote of a carrier: the declarant's CUI and name, and the carrier's name.
type NameUse = tuple[str, str, str]


def update_company_name(company: Company, records: Iterable[CarrierRecord]) -> None:
    """Name the company as most declarants do, unless a person typed a name."""
    now = [
        (record.uit, (record.declarant_cui, record.declarant_name, record.carrier_name))
        for record in records
        if record.carrier_cui == company.cui
    ]
    if not now:
        return
    name_uses = dict(_stored_names(company)) | dict(now)
    name = choose_name(list(name_uses.values()), own_cui=company.cui, standing=company.name)[
        :COMPANY_NAME_LENGTH
    ]
    # The row decides, not the object read before the request: a name may be typed meanwhile.
    companies = Company.objects.filter(pk=company.pk, name_typed=False)
    if name != company.name and companies.update(name=name):
        company.name = name  # the notifications of this response name it


def _stored_names(company: Company) -> Iterable[tuple[str, NameUse]]:
    rows = Transport.objects.filter(company=company, carrier_cui=company.cui)
    newest = rows.order_by("-first_seen_at", "-pk")
    names = ("uit", "declarant_cui", "declarant_name", "carrier_name")
    for uit, *names_on_uit in newest.values_list(*names)[:NEWEST_UITS]:
        declarant_cui, declarant_name, carrier_name = names_on_uit
        yield uit, (declarant_cui, declarant_name, carrier_name)


def choose_name(name_uses: Sequence[NameUse], *, own_cui: str, standing: str) -> str:
    """Choose the name that most declarants use, then the name on most UITs; keep the standing name
    where no other has more of both, or where the other is on a single UIT.

    A declarant's own name, written in the carrier's place, counts only where nothing else is known.
    """
    # The same few names stand on hundreds of UITs.
    is_nobody, fold = cache(names_nobody), cache(letters_and_digits)
    names = [
        (declarant_cui, name, fold(name) == fold(declarant_name))
        for declarant_cui, declarant_name, name in name_uses
        if not is_nobody(name)
    ]
    stands = not names_nobody(standing)
    of_carriers = [
        (declarant_cui, name)
        for declarant_cui, name, is_declarants in names
        if declarant_cui == own_cui or not is_declarants
    ]
    if not of_carriers and not stands:
        of_carriers = [(declarant_cui, name) for declarant_cui, name, _ in names]
    if not of_carriers:
        return standing
    declarants: dict[str, set[str]] = defaultdict(set)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for declarant_cui, name in of_carriers:
        declarants[fold(name)].add(declarant_cui)
        spellings[fold(name)][name] += 1

    def votes(key: str) -> tuple[int, int]:
        return len(declarants[key]), spellings[key].total()

    before = letters_and_digits(standing)
    best = max(sorted(declarants), key=votes)
    if stands and best != before and (votes(best) <= votes(before) or votes(best)[1] < FEWEST_UITS):
        return standing
    most = max(spellings[best].values())
    if spellings[best][standing] == most:
        return standing
    # Of spellings alike in number, the one with diacritics, which nobody writes by mistake.
    return max(sorted(spellings[best]), key=lambda name: (spellings[best][name], _diacritics(name)))


def names_nobody(name: str) -> bool:
    """Return whether a text names nobody: „-”, „TRANSPORT PROPRIU”, a CUI."""
    words = re.findall(r"\w+", without_diacritics(name).replace(".", ""))
    own = [word for word in words if word not in _LEGAL_FORMS]
    if is_placeholder(name) or not own:
        return True
    generic = all(_GENERIC.fullmatch(word) for word in own)
    has_form = len(own) < len(words)
    return generic and not (has_form and not any(word.startswith("propri") for word in own))


def _diacritics(name: str) -> int:
    return sum(not sign.isascii() for sign in name)
