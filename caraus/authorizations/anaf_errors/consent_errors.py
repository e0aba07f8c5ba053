"""Texts for what keeps an authorization from being given, where the reason is not ANAF's."""

from django.utils.translation import gettext_noop

from caraus.authorizations.anaf_errors import headings
from caraus.authorizations.anaf_errors.texts import ErrorText, Responsibility

AGAIN = gettext_noop("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”.")
WRONG_STATE = ErrorText(
    "wrong_state",
    Responsibility.AUTHORIZATION,
    gettext_noop("Răspunsul nu se potrivește cu nicio autorizare începută de tine."),
    gettext_noop(
        "Autorizarea trebuie terminată în același browser și cu același cont. Întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
    heading=headings.WRONG_STATE_HEADING,
)
STATE_EXPIRED = ErrorText(
    "state_expired",
    Responsibility.AUTHORIZATION,
    gettext_noop(
        "Au trecut mai mult de 10 minute de la apăsarea butonului, iar cererea s-a închis."
    ),
    AGAIN,
    heading=headings.TOO_LATE,
    help_slug="prea-tarziu",
)
STATE_USED = ErrorText(
    "state_used",
    Responsibility.AUTHORIZATION,
    gettext_noop("Acest răspuns a fost deja folosit."),
    gettext_noop(
        "Dacă la Integrări apare bifa verde, nu mai ai nimic de făcut. Altfel: întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
    heading=headings.ALREADY_USED,
)
NO_LONGER_ALLOWED = ErrorText(
    "no_longer_allowed",
    Responsibility.AUTHORIZATION,
    gettext_noop("Între timp ai pierdut dreptul de a autoriza pentru această organizație."),
    gettext_noop(
        "Cere unui administrator al organizației să îți dea rolul potrivit sau să autorizeze el."
    ),
)
NOTHING_CAME = ErrorText(
    "nothing_came",
    Responsibility.ANAF,
    gettext_noop("ANAF nu a trimis niciun cod de autorizare înapoi."),
    AGAIN,
    heading=headings.ANAF_DOWN,
    help_slug="fara-fereastra-de-certificat",
)
LINK_CLOSED = ErrorText(
    "link_closed",
    Responsibility.AUTHORIZATION,
    gettext_noop(
        "Linkul de autorizare nu mai este valabil: a fost folosit, retras sau a expirat între timp."
    ),
    gettext_noop("Cere un link nou persoanei care ți l-a trimis."),
)
OTHER_BROWSER = ErrorText(
    "other_browser",
    Responsibility.AUTHORIZATION,
    gettext_noop("Autorizarea a fost începută în alt browser decât acesta."),
    gettext_noop(
        "Din siguranță, o autorizare se termină în browserul în care a fost apăsat butonul. Dacă "
        "tu ai apăsat, întoarce-te acolo. Dacă nu tu ai apăsat butonul, ci ai ajuns aici dintr-un "
        "link primit, nu continua: nimic nu a fost autorizat."
    ),
    heading=headings.OTHER_BROWSER_HEADING,
)
INTERRUPTED = ErrorText(
    "interrupted",
    Responsibility.US,
    gettext_noop("Autorizarea s-a întrerupt la noi, după ce ANAF a răspuns."),
    gettext_noop(
        "Nu ai greșit nimic. Uită-te la Integrări: dacă autorizarea de acum nu apare acolo, apasă "
        "din nou butonul de autorizare."
    ),
    heading=headings.INTERRUPTED_HEADING,
)

CONSENT_ERRORS = {
    error.code: error
    for error in (
        *(WRONG_STATE, STATE_EXPIRED, STATE_USED, NO_LONGER_ALLOWED, NOTHING_CAME, LINK_CLOSED),
        *(OTHER_BROWSER, INTERRUPTED),
    )
}
