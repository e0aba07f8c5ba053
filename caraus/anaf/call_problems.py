"""What one call to ANAF can end in, in Romanian.

Sources: ANAF's OAuth procedure of 23.06.2022 (pp. 2-3, 33), the `info` swagger of 07.2024, and
dated observations of others: the firewall page with HTTP 200, the login wall's 302.
"""

from caraus.anaf.problems import Outcome, Problem, Whose
from caraus.anaf.problems import gettext_noop as _

_WAIT = _("Nu trebuie să faci nimic: încercăm din nou automat. Datele deja primite rămân aici.")
_NETWORK = _(
    "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației să verifice rețeaua."
)

CALL_PROBLEMS = (
    Problem(
        "refused",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("Serverul ANAF refuză conexiunea: cel mai probabil serviciul este oprit."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "timeout",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("ANAF nu a răspuns la timp."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "network",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("Legătura cu ANAF s-a întrerupt înainte de a primi răspunsul."),
        _("Nu trebuie să faci nimic: încercăm din nou automat."),
        retryable=True,
    ),
    Problem(
        "no_route",
        Outcome.UNAVAILABLE,
        Whose.US,
        _("Serverul nostru nu ajunge la internet, deci nici la ANAF."),
        _NETWORK,
        retryable=True,
    ),
    Problem(
        "dns",
        Outcome.UNAVAILABLE,
        Whose.US,
        _("Adresa serverului ANAF nu a putut fi găsită în rețea (DNS)."),
        _NETWORK,
        retryable=True,
    ),
    Problem(
        "tls",
        Outcome.UNAVAILABLE,
        Whose.US,
        _("Conexiunea securizată cu ANAF nu a putut fi verificată, așa că nu am trimis nimic."),
        _(
            "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației: "
            "certificatul serverului nu este recunoscut."
        ),
        retryable=True,
    ),
    Problem(
        "foreign_host",
        Outcome.UNAVAILABLE,
        Whose.US,
        _("Aplicația a vrut să trimită o cerere în afara ANAF; am oprit-o."),
        _("Anunță administratorul aplicației: este o eroare de program."),
        retryable=False,
    ),
    Problem(
        "http_5xx",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("Serviciul ANAF are o defecțiune și nu poate răspunde acum."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "technical_error",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("ANAF a răspuns că a apărut o eroare tehnică la ei."),
        _(
            "Nu trebuie să faci nimic: încercăm din nou automat. Dacă durează, trimite la "
            "ANAF codul din detalii."
        ),
        retryable=True,
    ),
    Problem(
        "waf_rejected",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("Paravanul de protecție al ANAF a respins cererea („Request Rejected”)."),
        _(
            "Încercăm din nou automat. Dacă se repetă, anunță ANAF și dă numărul „Support ID”"
            " din detalii."
        ),
        retryable=True,
    ),
    Problem(
        "html",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _(
            "ANAF a trimis o pagină web în loc de date; de obicei înseamnă lucrări sau o "
            "defecțiune la ei."
        ),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "cut_json",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("Răspunsul ANAF a venit incomplet, așa că nu am ținut cont de el."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "too_large",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("ANAF a trimis un răspuns neobișnuit de mare, așa că nu l-am citit până la capăt."),
        _(
            "Încercăm din nou automat; datele deja primite rămân aici. Dacă se repetă, anunță "
            "administratorul aplicației."
        ),
        retryable=True,
    ),
    Problem(
        "empty_body",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("ANAF a trimis un răspuns gol, așa că nu am ținut cont de el."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "unexpected_shape",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("ANAF a trimis un răspuns într-o formă pe care nu o cunoaștem."),
        _(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat serviciul ANAF."
        ),
        retryable=True,
    ),
    Problem(
        "unknown_error",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("ANAF a răspuns cu un mesaj de eroare pe care nu îl cunoaștem."),
        _(
            "Mesajul se vede în detalii. Încercăm din nou automat; dacă se repetă, anunță "
            "administratorul aplicației."
        ),
        retryable=True,
    ),
    Problem(
        "redirected",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        _("ANAF ne-a trimis spre o pagină de autentificare în loc să răspundă."),
        _(
            "Încercăm din nou automat. Dacă se repetă, apasă „Testează conexiunea” pe pagina "
            "Integrări."
        ),
        retryable=True,
    ),
    Problem(
        "rate_limited",
        Outcome.RATE_LIMITED,
        Whose.ANAF,
        _("Am întrebat ANAF prea des, iar ANAF ne-a cerut o pauză."),
        _("Nu trebuie să faci nimic: continuăm automat după pauză."),
        retryable=True,
    ),
    Problem(
        "daily_limit",
        Outcome.RATE_LIMITED,
        Whose.ANAF,
        _("S-a atins numărul de interogări pe care ANAF îl permite într-o zi."),
        _(
            "Continuăm automat după miezul nopții. Verifică dacă și alt program întreabă ANAF cu "
            "același certificat."
        ),
        retryable=True,
    ),
    Problem(
        "no_rights_any",
        Outcome.NO_RIGHTS,
        Whose.RIGHTS,
        _("Certificatul folosit la autorizare nu are drept în SPV pentru nicio firmă."),
        _(
            "Înregistrează certificatul în SPV (ca reprezentant legal, reprezentant desemnat "
            "sau împuternicit), apoi apasă din nou „Autorizare cu ANAF SPV”."
        ),
        retryable=False,
    ),
    Problem(
        "no_rights_cui",
        Outcome.NO_RIGHTS,
        Whose.RIGHTS,
        _("Certificatul folosit la autorizare nu are drept în SPV pentru acest CUI."),
        _(
            "Cere firmei drept în SPV pentru certificat sau autorizează cu certificatul unei "
            "persoane care îl are."
        ),
        retryable=False,
    ),
    Problem(
        "forbidden",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("ANAF a refuzat cererea fără să spună de ce (HTTP 403)."),
        _(
            "Încercăm din nou automat; drepturile din SPV rămân cum le știm. Dacă durează mai mult "
            "de o zi, administratorul aplicației verifică la ANAF dacă aplicația este înscrisă "
            "pentru serviciul E-Transport."
        ),
        retryable=True,
    ),
    Problem(
        "token_refused",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        _("ANAF nu mai acceptă autorizarea dată."),
        _(
            "Dacă reînnoirea automată nu reușește, apasă „Autorizare cu ANAF SPV” și "
            "autorizează din nou."
        ),
        retryable=False,
    ),
    Problem(
        "token_refused_anew",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        _("ANAF refuză autorizarea, deși tocmai a reînnoit-o."),
        _(
            "Încercăm din nou automat. Dacă durează mai mult de o zi, autorizează din nou; "
            "administratorul verifică la ANAF dacă aplicația este înscrisă pentru E-Transport."
        ),
        retryable=True,
    ),
    Problem(
        "bad_cui",
        Outcome.BAD_ANSWER,
        Whose.US,
        _("ANAF spune că acest CUI nu este un număr valid."),
        _("Corectează CUI-ul pe pagina Firme."),
        retryable=False,
    ),
    Problem(
        "bad_request",
        Outcome.BAD_ANSWER,
        Whose.US,
        _("ANAF a considerat greșită cererea trimisă de noi."),
        _("Anunță administratorul aplicației și trimite-i textul din detalii."),
        retryable=False,
    ),
    Problem(
        "unexpected",
        Outcome.UNAVAILABLE,
        Whose.US,
        _("La noi a apărut o eroare neprevăzută, așa că răspunsul ANAF nu a fost păstrat."),
        _(
            "Încercăm din nou automat; nimic nu se pierde. Dacă se repetă, anunță administratorul "
            "aplicației: este o eroare de program."
        ),
        retryable=True,
    ),
    Problem(
        "client_error",
        Outcome.BAD_ANSWER,
        Whose.US,
        _("ANAF nu a recunoscut cererea trimisă de noi."),
        _(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat adresa serviciului."
        ),
        retryable=True,
    ),
)
