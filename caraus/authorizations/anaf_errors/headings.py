"""How the page after ANAF is headed when no authorization came of it."""

from dataclasses import dataclass

from caraus.core.formatting import gettext_lazy


@dataclass(frozen=True, slots=True)
class Heading:
    """`again`: whether pressing the button once more, now, may help."""

    title: str
    icon: str
    again: bool = True


NOT_GIVEN = Heading(gettext_lazy("Autorizare neterminată"), "circle-slash")
TOO_LATE = Heading(gettext_lazy("A durat prea mult"), "hourglass")
ANAF_DOWN = Heading(gettext_lazy("ANAF nu răspunde cum trebuie acum"), "landmark")
WRONG_STATE_HEADING = Heading(gettext_lazy("Răspunsul nu se potrivește"), "shuffle")
ALREADY_USED = Heading(gettext_lazy("Răspunsul a fost deja folosit"), "copy-check", again=False)
NOT_CONFIGURED = Heading(gettext_lazy("Aplicația trebuie configurată"), "server-cog", again=False)
FAILED = Heading(gettext_lazy("Autorizarea nu a reușit"), "circle-alert")
CERTIFICATE_REJECTED = Heading(gettext_lazy("ANAF nu a acceptat certificatul"), "badge-x")
OTHER_BROWSER_HEADING = Heading(gettext_lazy("Alt browser"), "shuffle", again=False)
INTERRUPTED_HEADING = Heading(gettext_lazy("Autorizarea s-a întrerupt"), "unplug")
NO_NETWORK = Heading(gettext_lazy("Serverul nostru nu ajunge la ANAF"), "unplug")
