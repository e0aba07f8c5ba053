"""How the page after ANAF shows that no authorization came of it: a title and an icon per cause."""

from dataclasses import dataclass

from caraus.core.formatting import gettext_lazy


@dataclass(frozen=True, slots=True)
class RefusalLook:
    """`again`: whether pressing the button once more, now, may help."""

    title: str
    icon: str
    again: bool = True


NOT_GIVEN = RefusalLook(gettext_lazy("Autorizare neterminată"), "circle-slash")
TOO_LATE = RefusalLook(gettext_lazy("A durat prea mult"), "hourglass")
ANAF_DOWN = RefusalLook(gettext_lazy("ANAF nu răspunde cum trebuie acum"), "landmark")
NOT_OURS = RefusalLook(gettext_lazy("Răspunsul nu se potrivește"), "shuffle")
ALREADY = RefusalLook(gettext_lazy("Răspunsul a fost deja folosit"), "copy-check", again=False)
OUR_SETUP = RefusalLook(gettext_lazy("Aplicația trebuie configurată"), "server-cog", again=False)
UNKNOWN = RefusalLook(gettext_lazy("Autorizarea nu a reușit"), "circle-alert")

_BY_CODE = {
    "cancelled": NOT_GIVEN,
    "access_denied_other": RefusalLook(gettext_lazy("ANAF nu a acceptat certificatul"), "badge-x"),
    "state_expired": TOO_LATE,
    "code_expired": TOO_LATE,
    "wrong_state": NOT_OURS,
    "other_browser": RefusalLook(gettext_lazy("Alt browser"), "shuffle", again=False),
    "interrupted": RefusalLook(gettext_lazy("Autorizarea s-a întrerupt"), "unplug"),
    "state_used": ALREADY,
    "nothing_came": ANAF_DOWN,
    "token_endpoint_down": ANAF_DOWN,
    "token_bad_answer": ANAF_DOWN,
    "refused": ANAF_DOWN,
    "timeout": ANAF_DOWN,
    "network": ANAF_DOWN,
    "http_5xx": ANAF_DOWN,
    "html": ANAF_DOWN,
    "waf_rejected": ANAF_DOWN,
    "authorize_refused": OUR_SETUP,
    "invalid_client": OUR_SETUP,
    "missing_configuration": OUR_SETUP,
    "no_route": RefusalLook(gettext_lazy("Serverul nostru nu ajunge la ANAF"), "unplug"),
    "dns": RefusalLook(gettext_lazy("Serverul nostru nu ajunge la ANAF"), "unplug"),
}


def refusal_look(code: str) -> RefusalLook:
    return _BY_CODE.get(code, UNKNOWN)
