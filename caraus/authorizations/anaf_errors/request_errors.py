"""Texts for the errors of requests to ANAF's services."""

from django.utils.translation import gettext_noop

from caraus.authorizations.anaf_errors import headings
from caraus.authorizations.anaf_errors.texts import ErrorText, Responsibility

_WAIT = gettext_noop(
    "Nu trebuie să faci nimic: încercăm din nou automat. Datele deja primite rămân aici."
)
_NETWORK = gettext_noop(
    "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației să verifice rețeaua."
)

REQUEST_ERRORS = (
    ErrorText(
        "refused",
        Responsibility.ANAF,
        gettext_noop("Serverul ANAF refuză conexiunea: cel mai probabil serviciul este oprit."),
        _WAIT,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "timeout",
        Responsibility.ANAF,
        gettext_noop("ANAF nu a răspuns la timp."),
        _WAIT,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "network",
        Responsibility.ANAF,
        gettext_noop("Legătura cu ANAF s-a întrerupt înainte de a primi răspunsul."),
        gettext_noop("Nu trebuie să faci nimic: încercăm din nou automat."),
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "no_route",
        Responsibility.US,
        gettext_noop("Serverul nostru nu ajunge la internet, deci nici la ANAF."),
        _NETWORK,
        heading=headings.NO_NETWORK,
    ),
    ErrorText(
        "dns",
        Responsibility.US,
        gettext_noop("Adresa serverului ANAF nu a putut fi găsită în rețea (DNS)."),
        _NETWORK,
        heading=headings.NO_NETWORK,
    ),
    ErrorText(
        "tls",
        Responsibility.US,
        gettext_noop(
            "Conexiunea securizată cu ANAF nu a putut fi verificată, așa că nu am trimis nimic."
        ),
        gettext_noop(
            "Încercăm din nou automat. Dacă durează, anunță administratorul aplicației: "
            "certificatul serverului nu este recunoscut."
        ),
    ),
    ErrorText(
        "foreign_host",
        Responsibility.US,
        gettext_noop("Aplicația a vrut să trimită o cerere în afara ANAF; am oprit-o."),
        gettext_noop("Anunță administratorul aplicației: este o eroare de program."),
    ),
    ErrorText(
        "http_5xx",
        Responsibility.ANAF,
        gettext_noop("Serviciul ANAF are o defecțiune și nu poate răspunde acum."),
        _WAIT,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "technical_error",
        Responsibility.ANAF,
        gettext_noop("ANAF a răspuns că a apărut o eroare tehnică la ei."),
        gettext_noop(
            "Nu trebuie să faci nimic: încercăm din nou automat. Dacă durează, trimite la "
            "ANAF codul din detalii."
        ),
    ),
    ErrorText(
        "waf_rejected",
        Responsibility.ANAF,
        gettext_noop("Paravanul de protecție al ANAF a respins cererea („Request Rejected”)."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță ANAF și dă numărul „Support ID”"
            " din detalii."
        ),
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "html",
        Responsibility.ANAF,
        gettext_noop(
            "ANAF a trimis o pagină web în loc de date; de obicei înseamnă lucrări sau o "
            "defecțiune la ei."
        ),
        _WAIT,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "cut_json",
        Responsibility.ANAF,
        gettext_noop("Răspunsul ANAF a venit incomplet, așa că nu am ținut cont de el."),
        _WAIT,
    ),
    ErrorText(
        "too_large",
        Responsibility.ANAF,
        gettext_noop(
            "ANAF a trimis un răspuns neobișnuit de mare, așa că nu l-am citit până la capăt."
        ),
        gettext_noop(
            "Încercăm din nou automat; datele deja primite rămân aici. Dacă se repetă, anunță "
            "administratorul aplicației."
        ),
    ),
    ErrorText(
        "empty_body",
        Responsibility.ANAF,
        gettext_noop("ANAF a trimis un răspuns gol, așa că nu am ținut cont de el."),
        _WAIT,
    ),
    ErrorText(
        "unexpected_shape",
        Responsibility.ANAF,
        gettext_noop("ANAF a trimis un răspuns într-o formă pe care nu o cunoaștem."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat serviciul ANAF."
        ),
    ),
    ErrorText(
        "unknown_error",
        Responsibility.ANAF,
        gettext_noop("ANAF a răspuns cu un mesaj de eroare pe care nu îl cunoaștem."),
        gettext_noop(
            "Mesajul se vede în detalii. Încercăm din nou automat; dacă se repetă, anunță "
            "administratorul aplicației."
        ),
    ),
    ErrorText(
        "redirected",
        Responsibility.ANAF,
        gettext_noop("ANAF ne-a trimis spre o pagină de autentificare în loc să răspundă."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, apasă „Testează conexiunea” pe pagina "
            "Integrări."
        ),
    ),
    ErrorText(
        "rate_limited",
        Responsibility.ANAF,
        gettext_noop("Am interogat ANAF prea des, iar ANAF ne-a cerut o pauză."),
        gettext_noop("Nu trebuie să faci nimic: continuăm automat după pauză."),
    ),
    ErrorText(
        "daily_limit",
        Responsibility.ANAF,
        gettext_noop("S-a atins numărul de interogări pe care ANAF îl permite într-o zi."),
        gettext_noop(
            "Continuăm automat după miezul nopții. Verifică dacă și alt program interoghează ANAF "
            "cu același certificat."
        ),
    ),
    ErrorText(
        "no_rights_any",
        Responsibility.RIGHTS,
        gettext_noop("Certificatul folosit la autorizare nu are drept în SPV pentru nicio firmă."),
        gettext_noop(
            "Înregistrează certificatul în SPV (ca reprezentant legal, reprezentant desemnat "
            "sau împuternicit), apoi apasă din nou „Autorizare cu ANAF SPV”."
        ),
        help_slug="inrolat-sub-24-de-ore",
    ),
    ErrorText(
        "no_rights_cui",
        Responsibility.RIGHTS,
        gettext_noop("Certificatul folosit la autorizare nu are drept în SPV pentru acest CUI."),
        gettext_noop(
            "Cere firmei drept în SPV pentru certificat sau autorizează cu certificatul unei "
            "persoane care îl are."
        ),
        help_slug="fara-drept-pentru-cui",
    ),
    ErrorText(
        "forbidden",
        Responsibility.ANAF,
        gettext_noop("ANAF a refuzat cererea fără să spună de ce (HTTP 403)."),
        gettext_noop(
            "Încercăm din nou automat; drepturile din SPV rămân cum le știm. Dacă durează mai mult "
            "de o zi, administratorul aplicației verifică la ANAF dacă aplicația este înscrisă "
            "pentru serviciul E-Transport."
        ),
        help_slug="aplicatie-neinrolata",
    ),
    ErrorText(
        "token_refused",
        Responsibility.AUTHORIZATION,
        gettext_noop("ANAF nu mai acceptă autorizarea dată."),
        gettext_noop(
            "Dacă reînnoirea automată nu reușește, apasă „Autorizare cu ANAF SPV” și "
            "autorizează din nou."
        ),
    ),
    ErrorText(
        "token_refused_anew",
        Responsibility.ANAF,
        gettext_noop("ANAF refuză autorizarea, deși tocmai a reînnoit-o."),
        gettext_noop(
            "Încercăm din nou automat. Dacă durează mai mult de o zi, autorizează din nou; "
            "administratorul verifică la ANAF dacă aplicația este înscrisă pentru E-Transport."
        ),
    ),
    ErrorText(
        "bad_cui",
        Responsibility.US,
        gettext_noop("ANAF spune că acest CUI nu este un număr valid."),
        gettext_noop("Corectează CUI-ul pe pagina Firme."),
    ),
    ErrorText(
        "bad_request",
        Responsibility.US,
        gettext_noop("ANAF a considerat greșită cererea trimisă de noi."),
        gettext_noop("Anunță administratorul aplicației și trimite-i textul din detalii."),
    ),
    ErrorText(
        "unexpected",
        Responsibility.US,
        gettext_noop(
            "La noi a apărut o eroare neprevăzută, așa că răspunsul ANAF nu a fost păstrat."
        ),
        gettext_noop(
            "Încercăm din nou automat; nimic nu se pierde. Dacă se repetă, anunță administratorul "
            "aplicației: este o eroare de program."
        ),
    ),
    ErrorText(
        "client_error",
        Responsibility.US,
        gettext_noop("ANAF nu a recunoscut cererea trimisă de noi."),
        gettext_noop(
            "Încercăm din nou automat. Dacă se repetă, anunță administratorul aplicației: "
            "poate s-a schimbat adresa serviciului."
        ),
    ),
)
