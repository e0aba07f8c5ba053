"""Help per cause: what happened, whose it is to mend, and the steps. Linked from the error."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Help:
    slug: str
    title: str
    icon: str
    what: str
    steps: tuple[str, ...]
    more: str = ""


SPV = "https://www.anaf.ro/InregPersFizicePublic/#tabs-2"

CAUSES = (
    Help(
        "anulata",
        "Autorizarea a fost anulată",
        "circle-slash",
        "Fereastra ANAF s-a întors fără acordul tău: ai apăsat „Anulează”, ai închis alegerea "
        "certificatului sau PIN-ul a fost greșit de mai multe ori. Nu s-a stricat nimic.",
        (
            "Apasă din nou „Autorizare cu ANAF SPV”.",
            "Alege certificatul cu care intri de obicei pe portalul ANAF.",
            (
                "Scrie PIN-ul token-ului. După trei greșeli token-ul se poate bloca: îl "
                "deblochează furnizorul certificatului, cu codul PUK."
            ),
        ),
        "Dacă nu tu ai renunțat, ANAF a refuzat certificatul: vezi „Acces refuzat (Access "
        "Denied)”.",
    ),
    Help(
        "prea-tarziu",
        "A durat prea mult",
        "hourglass",
        "După PIN, ANAF ne dă un cod care trăiește 60 de secunde, iar cererea ta rămâne deschisă "
        "10 minute. Unul dintre ele a expirat până ne-am întors.",
        (
            "Pregătește token-ul și PIN-ul dinainte.",
            "Apasă din nou „Autorizare cu ANAF SPV” și mergi până la capăt fără pauze.",
            "Nu închide fereastra și nu apăsa „Înapoi” până nu vezi mesajul de succes.",
        ),
        "Dacă se repetă deși te miști repede, ceasul calculatorului sau al serverului poate fi "
        "greșit, ori rețeaua este foarte lentă.",
    ),
    Help(
        "fara-fereastra-de-certificat",
        "Nu apare alegerea certificatului",
        "app-window",
        "Browserul întreabă de certificat o singură dată, apoi ține minte răspunsul până când "
        "sunt închise toate ferestrele lui.",
        (
            "Închide toate ferestrele browserului, nu doar fila aceasta.",
            "Scoate token-ul USB și introdu-l din nou; așteaptă să fie recunoscut.",
            "Deschide programul token-ului și verifică dacă certificatul se vede acolo.",
            "Deschide browserul, intră în Cărăuș și apasă din nou „Autorizare cu ANAF SPV”.",
            (
                "Dacă tot nu apare, încearcă alt browser (Chrome, Edge, Firefox). Firefox are "
                "nevoie de modulul token-ului în setările lui de certificate."
            ),
        ),
        "Pe Windows cu procesor ARM unele programe de token merg numai în browsere x64.",
    ),
    Help(
        "certificat-neinrolat",
        "Acces refuzat (Access Denied)",
        "badge-x",
        "ANAF nu recunoaște certificatul. De cele mai multe ori a fost reînnoit, iar seria nouă nu "
        "este încă înregistrată în SPV; sau nu a fost înregistrat niciodată.",
        (
            (
                "Înregistrează certificatul la ANAF: anaf.ro → Servicii online → Înregistrare "
                "utilizatori → Persoane fizice cu certificat / reînnoire certificat."
            ),
            "Așteaptă confirmarea (de obicei în 24 de ore).",
            "Verifică: intră pe portalul ANAF, în SPV, cu certificatul nou.",
            "Întoarce-te la Integrări și apasă „Autorizare cu ANAF SPV”.",
        ),
        "Un certificat expirat nu mai poate fi folosit deloc: reînnoiește-l întâi la furnizor.",
    ),
    Help(
        "inrolat-sub-24-de-ore",
        "Certificat înregistrat de mai puțin de 24 de ore",
        "clock",
        "Drepturile unui certificat nou înregistrat ajung la toate serviciile ANAF abia după un "
        "timp, de obicei până a doua zi. Până atunci ANAF poate da autorizarea, dar răspunde că "
        "nu ai drept.",
        (
            "Lasă autorizarea așa cum este: întrebăm noi din nou, în fiecare zi.",
            "A doua zi, la Integrări, apasă „Testează conexiunea”.",
            "Dacă nici atunci nu este acoperită firma, vezi „Fără drept pentru acest CUI”.",
        ),
    ),
    Help(
        "fara-drept-pentru-cui",
        "Fără drept pentru acest CUI",
        "shield-x",
        "Autorizarea a mers, dar certificatul folosit nu are drept în SPV pentru firmă. ANAF dă "
        "autorizarea și fără drepturi; abia la prima întrebare spune că lipsesc.",
        (
            "Intră pe portalul ANAF cu același certificat și vezi în SPV pentru ce firme ai drept.",
            (
                "Dacă firma lipsește: reprezentantul legal îți dă dreptul (reprezentant desemnat "
                "sau împuternicit), prin formularul 150 sau din SPV."
            ),
            (
                "Sau autorizează aici și cu certificatul cuiva care are dreptul: pot fi mai multe "
                "autorizări, fiecare firmă o folosește pe cea potrivită. Îi poți trimite un link."
            ),
            "Întrebăm din nou o dată pe zi; ca să afli acum, apasă „Testează conexiunea”.",
        ),
        "Verifică și CUI-ul, la Firme: o cifră greșită arată la fel.",
    ),
    Help(
        "aplicatie-neinrolata",
        "Aplicația nu este înscrisă pentru e-Transport",
        "server-cog",
        "ANAF primește autorizarea, dar nu lasă aplicația la serviciul RO e-Transport. Fie "
        "aplicația a fost înregistrată numai pentru e-Factura, fie certificatul nu are drepturi.",
        (
            (
                "Administratorul aplicației intră pe portalul ANAF: Editare profil Oauth → "
                "Gestionare aplicații."
            ),
            (
                "Verifică dacă la serviciu este bifat E-Transport; dacă nu, înregistrează "
                "aplicația și pentru el."
            ),
            "Pune cheile noi în ANAF_CLIENT_ID și ANAF_CLIENT_SECRET și repornește Cărăuș.",
            "Autorizează din nou și apasă „Testează conexiunea”.",
        ),
        "Dacă TestOauth răspunde, iar întrebările despre firme nu, aceasta este cauza cea mai "
        "probabilă.",
    ),
    Help(
        "adresa-de-intoarcere",
        "Adresa de întoarcere diferă",
        "route-off",
        "ANAF se întoarce numai la adresa scrisă la înregistrarea aplicației, literă cu literă. "
        "Adresa configurată aici este alta, sau Client ID-ul este al altei aplicații.",
        (
            (
                "Administratorul aplicației deschide pe portalul ANAF: Editare profil Oauth → "
                "Gestionare aplicații → Callback URL."
            ),
            (
                "O compară cu adresa pe care o arată comanda caraus doctor: https, nume, port, "
                "cale, fără bară în plus la sfârșit."
            ),
            "Corectează CARAUS_URL sau înregistrarea de la ANAF și repornește Cărăuș.",
        ),
        "Tu nu ai nimic de făcut până atunci; autorizările date rămân bune.",
    ),
    Help(
        "fereastra-blocata",
        "Fereastra ANAF este blocată",
        "picture-in-picture-2",
        "Browserul nu a lăsat să se deschidă o fereastră nouă. Atunci ANAF se deschide în fila "
        "aceasta; dacă nici așa, un program de protecție oprește pagina.",
        (
            "Continuă în aceeași filă: merge la fel, la sfârșit te întorci aici.",
            (
                "Sau permite ferestrele pentru acest site (semnul din bara de adrese) și apasă din "
                "nou butonul."
            ),
            (
                "Dacă pagina ANAF nu se încarcă deloc, oprește pentru ea blocatorul de reclame sau "
                "VPN-ul."
            ),
        ),
    ),
)
BY_SLUG = {cause.slug: cause for cause in CAUSES}

_BY_CODE = {
    "cancelled": "anulata",
    "access_denied_other": "certificat-neinrolat",
    "state_expired": "prea-tarziu",
    "code_expired": "prea-tarziu",
    "nothing_came": "fara-fereastra-de-certificat",
    "no_rights_any": "inrolat-sub-24-de-ore",
    "no_rights_cui": "fara-drept-pentru-cui",
    "forbidden": "aplicatie-neinrolata",
    "authorize_refused": "adresa-de-intoarcere",
    "invalid_grant": "adresa-de-intoarcere",
    "invalid_client": "adresa-de-intoarcere",
}


def help_for(code: str) -> Help | None:
    """The help of a problem's code, where a page can help."""
    return BY_SLUG.get(_BY_CODE.get(code, ""))
