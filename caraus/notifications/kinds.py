"""What people can be told about. Each kind has its own switches, per person and channel."""

from dataclasses import dataclass

from caraus.words import lazily


@dataclass(frozen=True, slots=True)
class Kind:
    """`essential`: somebody must hear of it. It always stands in the app, and its e-mails can't be
    switched off by the last one who gets them."""

    code: str
    title: str
    text: str
    icon: str
    essential: bool = False
    # Told to those who asked for it.
    on_request: bool = False


AUTHORIZATION = Kind(
    "authorization",
    lazily("Autorizarea SPV"),
    lazily("Când se apropie termenul și când ANAF cere o autorizare nouă."),
    "shield-alert",
    essential=True,
)
EXTERNAL_LINK = Kind(
    "external_link",
    lazily("Linkuri trimise"),
    lazily("Când persoana căreia i-ai trimis un link de autorizare îl folosește."),
    "link",
)

LIMITS = Kind(
    "limits",
    lazily("Limitele ANAF"),
    lazily("Când ANAF oprește întrebările până a doua zi sau cere o pauză."),
    "hourglass",
)
DISAPPEARANCE = Kind(
    "disappearance",
    lazily("Dispariții în masă"),
    lazily("Când mai mult de jumătate dintre UIT-urile unei firme dispar deodată din lista ANAF."),
    "search-x",
)
OUTAGE = Kind(
    "outage",
    lazily("ANAF nu răspunde"),
    lazily("Când ANAF nu răspunde de o oră. Pornește-l dacă vrei să afli."),
    "cloud-off",
    on_request=True,
)

KINDS = {kind.code: kind for kind in (AUTHORIZATION, EXTERNAL_LINK, LIMITS, DISAPPEARANCE, OUTAGE)}
