"""Texts for the errors of an authorization and of a token refresh."""

from django.utils.translation import gettext_noop

from caraus.authorizations.anaf_errors import headings
from caraus.authorizations.anaf_errors.texts import ErrorText, Responsibility

_LATER = gettext_noop(
    "Pentru o autorizare nouă, încearcă peste câteva minute. Reînnoirea o reluăm noi, automat."
)

#: A code works once and for 60 seconds: no error with it is retried by itself.
ADVICE_AFTER_EXCHANGE = gettext_noop(
    "Apasă din nou „Autorizare cu ANAF SPV”. Dacă nici atunci nu merge, încearcă peste câteva "
    "minute."
)

LOGIN_ERRORS = (
    ErrorText(
        "cancelled",
        Responsibility.AUTHORIZATION,
        gettext_noop(
            "Autorizarea nu a fost dată: ai renunțat sau ANAF nu a acceptat certificatul ori "
            "PIN-ul."
        ),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV”. Dacă nu tu ai renunțat: un certificat "
            "nou sau reînnoit trebuie întâi înregistrat în SPV."
        ),
        heading=headings.NOT_GIVEN,
        help_slug="anulata",
    ),
    ErrorText(
        "access_denied_other",
        Responsibility.AUTHORIZATION,
        gettext_noop("ANAF nu a acceptat certificatul."),
        gettext_noop(
            "Verifică dacă te poți autentifica cu el pe portalul ANAF. Un certificat reînnoit"
            " trebuie înregistrat din nou în SPV; apoi apasă iar „Autorizare cu ANAF SPV”."
        ),
        heading=headings.CERTIFICATE_REJECTED,
        help_slug="certificat-neinrolat",
    ),
    ErrorText(
        "authorize_refused",
        Responsibility.US,
        gettext_noop("ANAF nu a acceptat cererea de autorizare trimisă de aplicație."),
        gettext_noop(
            "Anunță administratorul aplicației: să compare la ANAF adresa de întoarcere "
            "(Callback URL) și Client ID-ul cu cele configurate."
        ),
        heading=headings.NOT_CONFIGURED,
        help_slug="adresa-de-intoarcere",
    ),
    ErrorText(
        "code_expired",
        Responsibility.AUTHORIZATION,
        gettext_noop(
            "Codul de autorizare nu mai este valabil: au trecut cele 60 de secunde date de "
            "ANAF sau fusese deja folosit."
        ),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV” și nu închide fereastra până la mesajul "
            "de succes."
        ),
        heading=headings.TOO_LATE,
        help_slug="prea-tarziu",
    ),
    ErrorText(
        "invalid_grant",
        Responsibility.AUTHORIZATION,
        gettext_noop("ANAF nu a acceptat codul de autorizare."),
        gettext_noop(
            "Apasă din nou „Autorizare cu ANAF SPV”. Dacă se repetă, administratorul "
            "aplicației verifică adresa de întoarcere (Callback URL) de la ANAF."
        ),
        help_slug="adresa-de-intoarcere",
    ),
    ErrorText(
        "invalid_client",
        Responsibility.US,
        gettext_noop("ANAF nu recunoaște aplicația noastră (Client ID sau Client Secret greșit)."),
        gettext_noop(
            "Nu este vina ta și nu trebuie să autorizezi din nou: anunță administratorul "
            "aplicației."
        ),
        heading=headings.NOT_CONFIGURED,
        help_slug="adresa-de-intoarcere",
    ),
    ErrorText(
        "token_endpoint_down",
        Responsibility.ANAF,
        gettext_noop("Serviciul de autorizare al ANAF nu funcționează acum."),
        _LATER,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "token_bad_response",
        Responsibility.ANAF,
        gettext_noop(
            "Serviciul de autorizare al ANAF a trimis un răspuns pe care nu îl putem folosi."
        ),
        _LATER,
        heading=headings.ANAF_DOWN,
    ),
    ErrorText(
        "no_etransport_role",
        Responsibility.US,
        gettext_noop(
            "Aplicația nu este înscrisă la ANAF pentru E-Transport, deci nu va primi niciun UIT."
        ),
        gettext_noop(
            "Anunță administratorul aplicației: la ANAF (Editare profil Oauth → Gestionare "
            "aplicații) bifează serviciul E-Transport. Apoi autorizează din nou."
        ),
        help_slug="aplicatie-neinrolata",
    ),
    ErrorText(
        "refresh_rejected",
        Responsibility.AUTHORIZATION,
        gettext_noop("ANAF nu a mai acceptat reînnoirea automată a autorizării."),
        gettext_noop(
            "Apasă „Autorizare cu ANAF SPV” și autorizează din nou, cu certificatul la îndemână."
        ),
    ),
    ErrorText(
        "never_authorized",
        Responsibility.AUTHORIZATION,
        gettext_noop("Nimeni nu a autorizat încă aplicația la ANAF SPV."),
        gettext_noop(
            "Deschide Integrări și apasă „Autorizare cu ANAF SPV”, cu certificatul la îndemână."
        ),
    ),
    ErrorText(
        "disconnected",
        Responsibility.AUTHORIZATION,
        gettext_noop("Autorizarea la ANAF SPV a fost deconectată de aici și nu există alta."),
        gettext_noop(
            "Deschide Integrări și apasă „Autorizare cu ANAF SPV”, cu certificatul la îndemână."
        ),
    ),
    ErrorText(
        "not_for_company",
        Responsibility.AUTHORIZATION,
        gettext_noop("Nicio autorizare la ANAF SPV nu este dată pentru această firmă."),
        gettext_noop(
            "Autorizările de acum au fost cerute, prin link, pentru alte firme. Autorizează la "
            "Integrări sau trimite un link și pentru aceasta."
        ),
    ),
    ErrorText(
        "token_unreadable",
        Responsibility.US,
        gettext_noop(
            "Autorizarea păstrată aici nu mai poate fi descifrată (cheia de criptare lipsește)."
        ),
        gettext_noop(
            "Administratorul aplicației poate repune cheia veche în CARAUS_TOKEN_KEYS; altfel "
            "apasă „Autorizare cu ANAF SPV” și autorizează din nou."
        ),
    ),
    ErrorText(
        "missing_configuration",
        Responsibility.US,
        gettext_noop(
            "Aplicația nu este configurată pentru ANAF: lipsesc Client ID, Client Secret sau "
            "adresa de întoarcere."
        ),
        gettext_noop(
            "Anunță administratorul aplicației: le primește la înregistrarea aplicației pe "
            "portalul ANAF."
        ),
        heading=headings.NOT_CONFIGURED,
    ),
)
