"""What an authorization, or its silent renewal, can end in, in Romanian.

Sources: ANAF's OAuth procedure of 23.06.2022 (pp. 2-3, 29, 33); HTTP 400 `invalid_client` and
`invalid_request` of the token service were observed on 2026-06-28 and 2026-07-05.
"""

from caraus.anaf.problems import Outcome, Problem, Whose, gettext_noop

_LATER = gettext_noop(
    "Pentru o autorizare nouă, încearcă peste câteva minute. Reînnoirea o reluăm noi, automat."
)

#: A code works once and for 60 seconds: no trouble with it is retried by itself.
ADVICE_AFTER_EXCHANGE = gettext_noop(
    "Apasă din nou „Autorizare cu ANAF SPV”. Dacă nici atunci nu merge, încearcă peste câteva "
    "minute."
)

LOGIN_PROBLEMS = (
    Problem(
        "cancelled",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop(
            "Autorizarea nu a fost dată: ai renunțat sau ANAF nu a acceptat certificatul ori "
            "PIN-ul."
        ),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV”. Dacă nu tu ai renunțat: un certificat "
            "nou sau reînnoit trebuie întâi înregistrat în SPV."
        ),
        retryable=False,
    ),
    Problem(
        "access_denied_other",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("ANAF nu a acceptat certificatul."),
        gettext_noop(
            "Verifică dacă te poți autentifica cu el pe portalul ANAF. Un certificat reînnoit"
            " trebuie înregistrat din nou în SPV; apoi apasă iar „Autorizare cu ANAF SPV”."
        ),
        retryable=False,
    ),
    Problem(
        "authorize_refused",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop("ANAF nu a acceptat cererea de autorizare trimisă de aplicație."),
        gettext_noop(
            "Anunță administratorul aplicației: să compare la ANAF adresa de întoarcere "
            "(Callback URL) și Client ID-ul cu cele configurate."
        ),
        retryable=False,
    ),
    Problem(
        "code_expired",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop(
            "Codul de autorizare nu mai este valabil: au trecut cele 60 de secunde date de "
            "ANAF sau fusese deja folosit."
        ),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV” și nu închide fereastra până la mesajul "
            "de succes."
        ),
        retryable=False,
    ),
    Problem(
        "invalid_grant",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("ANAF nu a acceptat codul de autorizare."),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV”. Dacă se repetă, administratorul "
            "aplicației verifică adresa de întoarcere (Callback URL) de la ANAF."
        ),
        retryable=False,
    ),
    Problem(
        "invalid_client",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop("ANAF nu recunoaște aplicația noastră (Client ID sau Client Secret greșit)."),
        gettext_noop(
            "Nu este vina ta și nu trebuie să autorizezi din nou: anunță administratorul "
            "aplicației."
        ),
        retryable=True,
    ),
    Problem(
        "token_endpoint_down",
        Outcome.UNAVAILABLE,
        Whose.ANAF,
        gettext_noop("Serviciul de autorizare al ANAF nu funcționează acum."),
        _LATER,
        retryable=True,
    ),
    Problem(
        "token_bad_answer",
        Outcome.BAD_ANSWER,
        Whose.ANAF,
        gettext_noop(
            "Serviciul de autorizare al ANAF a trimis un răspuns pe care nu îl putem folosi."
        ),
        _LATER,
        retryable=True,
    ),
    Problem(
        "no_etransport_role",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop(
            "Aplicația nu este înscrisă la ANAF pentru E-Transport, deci nu va primi niciun UIT."
        ),
        gettext_noop(
            "Anunță administratorul aplicației: la ANAF (Editare profil Oauth → Gestionare "
            "aplicații) bifează serviciul E-Transport. Apoi autorizează din nou."
        ),
        retryable=False,
    ),
    Problem(
        "refresh_rejected",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("ANAF nu a mai acceptat reînnoirea automată a autorizării."),
        gettext_noop(
            "Apasă „Autorizare cu ANAF SPV” și autorizează din nou, cu certificatul la îndemână."
        ),
        retryable=False,
    ),
    Problem(
        "never_authorized",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("Nimeni nu a autorizat încă aplicația la ANAF SPV."),
        gettext_noop(
            "Deschide Integrări și apasă „Autorizare cu ANAF SPV”, cu certificatul la îndemână."
        ),
        retryable=False,
    ),
    Problem(
        "disconnected",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("Autorizarea la ANAF SPV a fost deconectată de aici și nu există alta."),
        gettext_noop(
            "Deschide Integrări și apasă „Autorizare cu ANAF SPV”, cu certificatul la îndemână."
        ),
        retryable=False,
    ),
    Problem(
        "not_for_company",
        Outcome.REAUTHORIZE,
        Whose.AUTHORIZATION,
        gettext_noop("Nicio autorizare la ANAF SPV nu este dată pentru această firmă."),
        gettext_noop(
            "Autorizările de acum au fost cerute, prin link, pentru alte firme. Autorizează la "
            "Integrări sau trimite un link și pentru aceasta."
        ),
        retryable=False,
    ),
    Problem(
        "token_unreadable",
        Outcome.REAUTHORIZE,
        Whose.US,
        gettext_noop(
            "Autorizarea păstrată aici nu mai poate fi descifrată (cheia de criptare lipsește)."
        ),
        gettext_noop(
            "Administratorul aplicației poate repune cheia veche în CARAUS_TOKEN_KEYS; altfel "
            "apasă „Autorizare cu ANAF SPV” și autorizează din nou."
        ),
        retryable=False,
    ),
    Problem(
        "missing_configuration",
        Outcome.UNAVAILABLE,
        Whose.US,
        gettext_noop(
            "Aplicația nu este configurată pentru ANAF: lipsesc Client ID, Client Secret sau "
            "adresa de întoarcere."
        ),
        gettext_noop(
            "Anunță administratorul aplicației: le primește la înregistrarea aplicației pe "
            "portalul ANAF."
        ),
        retryable=False,
    ),
)
