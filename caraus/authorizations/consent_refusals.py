"""Why no authorization came of going to ANAF, where the reason is not ANAF's: sentences."""

from dataclasses import dataclass

from caraus.core.formatting import gettext_lazy


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """Why no authorization came of it: a problem of ANAF's side, or one of `OUR_REFUSALS`."""

    code: str
    sentence: str
    advice: str


AGAIN = gettext_lazy("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”.")
WRONG_STATE = ConsentRefused(
    "wrong_state",
    gettext_lazy("Răspunsul nu se potrivește cu nicio autorizare începută de tine."),
    gettext_lazy(
        "Autorizarea trebuie terminată în același browser și cu același cont. Întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
STATE_EXPIRED = ConsentRefused(
    "state_expired",
    gettext_lazy(
        "Au trecut mai mult de 10 minute de la apăsarea butonului, iar cererea s-a închis."
    ),
    AGAIN,
)
STATE_USED = ConsentRefused(
    "state_used",
    gettext_lazy("Acest răspuns a fost deja folosit."),
    gettext_lazy(
        "Dacă la Integrări apare bifa verde, nu mai ai nimic de făcut. Altfel: întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
NO_LONGER_ALLOWED = ConsentRefused(
    "no_longer_allowed",
    gettext_lazy("Între timp ai pierdut dreptul de a autoriza pentru această organizație."),
    gettext_lazy(
        "Cere unui administrator al organizației să îți dea rolul potrivit sau să autorizeze el."
    ),
)
NOTHING_CAME = ConsentRefused(
    "nothing_came", gettext_lazy("ANAF nu a trimis niciun cod de autorizare înapoi."), AGAIN
)
LINK_CLOSED = ConsentRefused(
    "link_closed",
    gettext_lazy(
        "Linkul de autorizare nu mai este valabil: a fost folosit, retras sau a expirat între timp."
    ),
    gettext_lazy("Cere un link nou persoanei care ți l-a trimis."),
)
OTHER_BROWSER = ConsentRefused(
    "other_browser",
    gettext_lazy("Autorizarea a fost începută în alt browser decât acesta."),
    gettext_lazy(
        "Din siguranță, o autorizare se termină în browserul în care a fost apăsat butonul. Dacă "
        "tu ai apăsat, întoarce-te acolo. Dacă nu tu ai apăsat butonul, ci ai ajuns aici dintr-un "
        "link primit, nu continua: nimic nu a fost autorizat."
    ),
)
INTERRUPTED = ConsentRefused(
    "interrupted",
    gettext_lazy("Autorizarea s-a întrerupt la noi, după ce ANAF a răspuns."),
    gettext_lazy(
        "Nu ai greșit nimic. Uită-te la Integrări: dacă autorizarea de acum nu apare acolo, apasă "
        "din nou butonul de autorizare."
    ),
)

OUR_REFUSALS = {
    refusal.code: refusal
    for refusal in (
        *(WRONG_STATE, STATE_EXPIRED, STATE_USED, NO_LONGER_ALLOWED, NOTHING_CAME, LINK_CLOSED),
        *(OTHER_BROWSER, INTERRUPTED),
    )
}
