"""What people can be told about. Each kind has its own switches, per person and channel."""

from dataclasses import dataclass

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy, plural


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """`essential`: somebody must hear of it. It always stands in the app, and its e-mails can't be
    switched off by the last one who gets them.

    `bell`, `email`, `digest`: whether who has chosen nothing hears of it so.
    """

    code: str
    title: str
    text: str
    icon: str
    essential: bool = False
    # Who has less than this role reads no more of it, not even what was told before.
    role: Role = Role.VIEWER
    # Told to those who asked for it.
    on_request: bool = False
    bell: bool = True
    email: bool = True
    digest: bool = False
    # After the quiet hours it would come too late: it goes in them.
    urgent: bool = False
    # The titles are made of our own words, and the subjects of the e-mails of the titles; else of
    # `subject`, or of the kind's title: what strangers typed stands in no subject.
    own_words: bool = False
    subject: str = ""
    # About UITs: told to everybody who sees the company, filtered, many at once as one.
    of_uits: bool = False


AUTHORIZATION = Kind(
    "authorization",
    gettext_lazy("Autorizarea SPV"),
    gettext_lazy("Când se apropie termenul și când ANAF cere o autorizare nouă."),
    "shield-alert",
    essential=True,
    role=Role.DISPATCHER,
    own_words=True,
)
EXTERNAL_LINK = Kind(
    "external_link",
    gettext_lazy("Linkuri trimise"),
    gettext_lazy("Când persoana căreia i-ai trimis un link de autorizare îl folosește."),
    "link",
    role=Role.DISPATCHER,
    subject=gettext_lazy("Linkul tău de autorizare a fost folosit"),
)
OWNERS = Kind(
    "owners",
    gettext_lazy("Proprietari"),
    gettext_lazy("Când organizația are un proprietar nou."),
    "crown",
    essential=True,
    role=Role.OWNER,
    own_words=True,
)

FILING = Kind(
    "filing",
    gettext_lazy("Depuneri la ANAF"),
    gettext_lazy(
        "Când o schimbare de vehicul este refuzată, nu se știe ce s-a întâmplat cu ea sau așteaptă "
        "hotărârea ta."
    ),
    "send",
    essential=True,
    role=Role.DISPATCHER,
    own_words=True,
)

LIMITS = Kind(
    "limits",
    gettext_lazy("Limitele ANAF"),
    gettext_lazy("Când ANAF oprește întrebările până a doua zi sau cere o pauză."),
    "hourglass",
    role=Role.ADMIN,
    own_words=True,
)
DISAPPEARANCE = Kind(
    "disappearance",
    gettext_lazy("Dispariții în masă"),
    gettext_lazy(
        "Când ANAF nu mai arată niciun UIT al unei firme, sau mai mult de jumătate dispar deodată."
    ),
    "search-x",
    role=Role.ADMIN,
)
OUTAGE = Kind(
    "outage",
    gettext_lazy("ANAF nu răspunde"),
    gettext_lazy("Când ANAF nu răspunde de o oră. Pornește-l dacă vrei să afli."),
    "cloud-off",
    on_request=True,
    bell=False,
    email=False,
    own_words=True,
)

NEW = Kind(
    "uit_new",
    gettext_lazy("UIT nou"),
    gettext_lazy("Când un declarant te trece transportator pe un UIT nou."),
    "sparkles",
    email=False,
    digest=True,
    of_uits=True,
)
CHANGED = Kind(
    "uit_changed",
    gettext_lazy("Modificat de declarant"),
    gettext_lazy(
        "Când se schimbă numărul, traseul, datele sau documentele unui UIT: ce era, ce este."
    ),
    "pencil",
    email=False,
    digest=True,
    of_uits=True,
)
PROBLEM = Kind(
    "fleet_problem",
    gettext_lazy("Vehicul care nu e în flotă"),
    gettext_lazy(
        "Și celelalte probleme ale flotei: remorcă trecută ca vehicul, același număr în două "
        "locuri."
    ),
    "truck",
    of_uits=True,
)
GONE = Kind(
    "uit_gone",
    gettext_lazy("Ieșit din lista ANAF sau dat altuia"),
    gettext_lazy(
        "Când un UIT valabil nu mai este în lista ANAF sau are alt transportator, și când se "
        "întoarce. Vine și în orele de liniște."
    ),
    "list-x",
    urgent=True,
    of_uits=True,
)
LAPSING = Kind(
    "uit_lapsing",
    gettext_lazy("Expiră curând"),
    gettext_lazy("Cu o zi înainte, sau cu câte ore alegi mai jos."),
    "hourglass",
    email=False,
    digest=True,
    of_uits=True,
)
LAST_HOURS = Kind(
    "uit_last_hours",
    gettext_lazy("Ultimele ore"),
    gettext_lazy("Cu patru ore înainte, sau cu câte alegi mai jos. Vine și în orele de liniște."),
    "alarm-clock",
    urgent=True,
    of_uits=True,
)
LAPSED = Kind(
    "uit_lapsed",
    gettext_lazy("Expirat"),
    gettext_lazy("Când un UIT a expirat, la 24:00. Vine și în orele de liniște."),
    "calendar-x",
    urgent=True,
    of_uits=True,
)

_ALL = (
    *(NEW, CHANGED, PROBLEM, GONE, LAPSING, LAST_HOURS, LAPSED),
    *(FILING, AUTHORIZATION, EXTERNAL_LINK, OWNERS, LIMITS, DISAPPEARANCE, OUTAGE),
)
KINDS = {kind.code: kind for kind in _ALL}
# The daily letter about many: no fact of its own, so that nobody sees it in the app.
DIGEST = Kind("digest", gettext_lazy("Rezumatul zilei"), "", "mail")


def how_many(kind: Kind, number: int) -> str:
    """„50 de UIT-uri noi”, in the reader's language."""
    return {
        NEW: lambda: plural(number, "UIT nou", "UIT-uri noi"),
        CHANGED: lambda: plural(number, "UIT modificat", "UIT-uri modificate"),
        PROBLEM: lambda: plural(number, "problemă de flotă", "probleme de flotă"),
        GONE: lambda: plural(
            number,
            "UIT ieșit din lista ANAF sau cu alt transportator",
            "UIT-uri ieșite din lista ANAF sau cu alt transportator",
        ),
        LAPSING: lambda: plural(number, "UIT expiră curând", "UIT-uri expiră curând"),
        LAST_HOURS: lambda: plural(
            number, "UIT este în ultimele ore", "UIT-uri sunt în ultimele ore"
        ),
        LAPSED: lambda: plural(number, "UIT a expirat", "UIT-uri au expirat"),
    }.get(kind, lambda: plural(number, "noutate", "noutăți"))()
