"""What people can be told about. Each kind has its own switches, per person and channel."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`essential`: somebody must hear of it. It always stands in the app, and its e-mails can't be
    switched off by the last one who gets them."""

    code: str
    title: str
    text: str
    icon: str
    essential: bool = False


AUTHORIZATION = Kind(
    "authorization",
    "Autorizarea SPV",
    "Când se apropie termenul și când ANAF cere o autorizare nouă.",
    "shield-alert",
    essential=True,
)
EXTERNAL_LINK = Kind(
    "external_link",
    "Linkuri trimise",
    "Când persoana căreia i-ai trimis un link de autorizare îl folosește.",
    "link",
)

KINDS = {kind.code: kind for kind in (AUTHORIZATION, EXTERNAL_LINK)}
