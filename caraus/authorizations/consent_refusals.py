"""Why no authorization came of going to ANAF, where the reason is not ANAF's: sentences."""

from dataclasses import dataclass

from caraus.words import lazily


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """Why no authorization came of it: a problem of ANAF's side, or one of `OUR_REFUSALS`."""

    code: str
    sentence: str
    advice: str


AGAIN = lazily("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”.")
WRONG_STATE = ConsentRefused(
    "wrong_state",
    lazily("Răspunsul nu se potrivește cu nicio autorizare începută de tine."),
    lazily(
        "Autorizarea trebuie terminată în același browser și cu același cont. Întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
STATE_EXPIRED = ConsentRefused(
    "state_expired",
    lazily("Au trecut mai mult de 10 minute de la apăsarea butonului, iar cererea s-a închis."),
    AGAIN,
)
STATE_USED = ConsentRefused(
    "state_used",
    lazily("Acest răspuns a fost deja folosit."),
    lazily(
        "Dacă la Integrări apare bifa verde, nu mai ai nimic de făcut. Altfel: întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
NO_LONGER_ALLOWED = ConsentRefused(
    "no_longer_allowed",
    lazily("Între timp ai pierdut dreptul de a autoriza pentru această organizație."),
    lazily(
        "Cere unui administrator al organizației să îți dea rolul potrivit sau să autorizeze el."
    ),
)
NOTHING_CAME = ConsentRefused(
    "nothing_came", lazily("ANAF nu a trimis niciun cod de autorizare înapoi."), AGAIN
)
LINK_CLOSED = ConsentRefused(
    "link_closed",
    lazily(
        "Linkul de autorizare nu mai este valabil: a fost folosit, retras sau a expirat între timp."
    ),
    lazily("Cere un link nou persoanei care ți l-a trimis."),
)
OTHER_BROWSER = ConsentRefused(
    "other_browser",
    lazily("Autorizarea a fost începută în alt browser decât acesta."),
    lazily(
        "Din siguranță, o autorizare se termină în browserul în care a fost apăsat butonul. Dacă "
        "tu ai apăsat, întoarce-te acolo. Dacă nu tu ai apăsat butonul, ci ai ajuns aici dintr-un "
        "link primit, nu continua: nimic nu a fost autorizat."
    ),
)
INTERRUPTED = ConsentRefused(
    "interrupted",
    lazily("Autorizarea s-a întrerupt la noi, după ce ANAF a răspuns."),
    lazily(
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
