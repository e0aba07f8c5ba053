"""What one call to ANAF can end in, in Romanian.

Sources: ANAF's OAuth procedure of 23.06.2022 (pp. 2-3, 33), the `info` swagger of 07.2024, and
dated observations of others: the firewall page with HTTP 200, the login wall's 302.
"""

from caraus.anaf.problems import Outcome, Problem, Whose, gettext_noop

_WAIT = gettext_noop(
    "Nu trebuie să faci nimic: încercăm din nou automat. Datele deja primite rămân aici."
)
_NETWORK = gettext_noop(
    "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației să verifice rețeaua."
)

CALL_PROBLEMS = (
    Problem(
        "refused",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("Serverul ANAF refuză conexiunea: cel mai probabil serviciul este oprit."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "timeout",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("ANAF nu a răspuns la timp."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "network",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("Legătura cu ANAF s-a întrerupt înainte de a primi răspunsul."),
        gettext_noop("Nu trebuie să faci nimic: încercăm din nou automat."),
        retryable=True,
    ),
    Problem(
        "no_route",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop("Serverul nostru nu ajunge la internet, deci nici la ANAF."),
        _NETWORK,
        retryable=True,
    ),
    Problem(
        "dns",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop("Adresa serverului ANAF nu a putut fi găsită în rețea (DNS)."),
        _NETWORK,
        retryable=True,
    ),
    Problem(
        "tls",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop(
            "Conexiunea securizată cu ANAF nu a putut fi verificată, așa că nu am trimis nimic."
        ),
        gettext_noop(
            "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației: "
            "certificatul serverului nu este recunoscut."
        ),
        retryable=True,
    ),
    Problem(
        "foreign_host",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop("Aplicația a vrut să trimită o cerere în afara ANAF; am oprit-o."),
        gettext_noop("Anunță administratorul aplicației: este o eroare de program."),
        retryable=False,
    ),
    Problem(
        "http_5xx",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("Serviciul ANAF are o defecțiune și nu poate răspunde acum."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "technical_error",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("ANAF a răspuns că a apărut o eroare tehnică la ei."),
        gettext_noop(
            "Nu trebuie să faci nimic: încercăm din nou automat. Dacă durează, trimite la "
            "ANAF codul din detalii."
        ),
        retryable=True,
    ),
    Problem(
        "waf_rejected",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop("Paravanul de protecție al ANAF a respins cererea („Request Rejected”)."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță ANAF și dă numărul „Support ID”"
            " din detalii."
        ),
        retryable=True,
    ),
    Problem(
        "html",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop(
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
        gettext_noop("Răspunsul ANAF a venit incomplet, așa că nu am ținut cont de el."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "too_large",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop(
            "ANAF a trimis un răspuns neobișnuit de mare, așa că nu l-am citit până la capăt."
        ),
        gettext_noop(
            "Încercăm din nou automat; datele deja primite rămân aici. Dacă se repetă, anunță "
            "administratorul aplicației."
        ),
        retryable=True,
    ),
    Problem(
        "empty_body",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop("ANAF a trimis un răspuns gol, așa că nu am ținut cont de el."),
        _WAIT,
        retryable=True,
    ),
    Problem(
        "unexpected_shape",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop("ANAF a trimis un răspuns într-o formă pe care nu o cunoaștem."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat serviciul ANAF."
        ),
        retryable=True,
    ),
    Problem(
        "unknown_error",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop("ANAF a răspuns cu un mesaj de eroare pe care nu îl cunoaștem."),
        gettext_noop(
            "Mesajul se vede în detalii. Încercăm din nou automat; dacă se repetă, anunță "
            "administratorul aplicației."
        ),
        retryable=True,
    ),
    Problem(
        "redirected",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop("ANAF ne-a trimis spre o pagină de autentificare în loc să răspundă."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, apasă „Testează conexiunea” pe pagina "
            "Integrări."
        ),
        retryable=True,
    ),
    Problem(
        "rate_limited",
        Outcome.RATE_LIMITED,
        Whose.ANAF,
        gettext_noop("Am întrebat ANAF prea des, iar ANAF ne-a cerut o pauză."),
        gettext_noop("Nu trebuie să faci nimic: continuăm automat după pauză."),
        retryable=True,
    ),
    Problem(
        "daily_limit",
        Outcome.RATE_LIMITED,
        Whose.ANAF,
        gettext_noop("S-a atins numărul de interogări pe care ANAF îl permite într-o zi."),
        gettext_noop(
            "Continuăm automat după miezul nopții. Verifică dacă și alt program întreabă ANAF cu "
            "același certificat."
        ),
        retryable=True,
    ),
    Problem(
        "no_rights_any",
        Outcome.NO_RIGHTS,
        Whose.RIGHTS,
        gettext_noop("Certificatul folosit la autorizare nu are drept în SPV pentru nicio firmă."),
        gettext_noop(
            "Înregistrează certificatul în SPV (ca reprezentant legal, reprezentant desemnat "
            "sau împuternicit), apoi apasă din nou „Autorizare cu ANAF SPV”."
        ),
        retryable=False,
    ),
    Problem(
        "no_rights_cui",
        Outcome.NO_RIGHTS,
        Whose.RIGHTS,
        gettext_noop("Certificatul folosit la autorizare nu are drept în SPV pentru acest CUI."),
        gettext_noop(
            "Cere firmei drept în SPV pentru certificat sau autorizează cu certificatul unei "
            "persoane care îl are."
        ),
        retryable=False,
    ),
    Problem(
        "forbidden",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("ANAF a refuzat cererea fără să spună de ce (HTTP 403)."),
        gettext_noop(
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
        gettext_noop("ANAF nu mai acceptă autorizarea dată."),
        gettext_noop(
            "Dacă reînnoirea automată nu reușește, apasă „Autorizare cu ANAF SPV” și "
            "autorizează din nou."
        ),
        retryable=False,
    ),
    Problem(
        "token_refused_anew",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("ANAF refuză autorizarea, deși tocmai a reînnoit-o."),
        gettext_noop(
            "Încercăm din nou automat. Dacă durează mai mult de o zi, autorizează din nou; "
            "administratorul verifică la ANAF dacă aplicația este înscrisă pentru E-Transport."
        ),
        retryable=True,
    ),
    Problem(
        "bad_cui",
        Outcome.BAD_ANSWER,
        Whose.US,
        gettext_noop("ANAF spune că acest CUI nu este un număr valid."),
        gettext_noop("Corectează CUI-ul pe pagina Firme."),
        retryable=False,
    ),
    Problem(
        "bad_request",
        Outcome.BAD_ANSWER,
        Whose.US,
        gettext_noop("ANAF a considerat greșită cererea trimisă de noi."),
        gettext_noop("Anunță administratorul aplicației și trimite-i textul din detalii."),
        retryable=False,
    ),
    Problem(
        "unexpected",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop(
            "La noi a apărut o eroare neprevăzută, așa că răspunsul ANAF nu a fost păstrat."
        ),
        gettext_noop(
            "Încercăm din nou automat; nimic nu se pierde. Dacă se repetă, anunță administratorul "
            "aplicației: este o eroare de program."
        ),
        retryable=True,
    ),
    Problem(
        "client_error",
        Outcome.BAD_ANSWER,
        Whose.US,
        gettext_noop("ANAF nu a recunoscut cererea trimisă de noi."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat adresa serviciului."
        ),
        retryable=True,
    ),
)
