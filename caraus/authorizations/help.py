"""Help per cause: what happened, whose it is to mend, and the steps. Linked from the error."""

from dataclasses import dataclass

from caraus.words import lazily


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
        lazily("Autorizarea a fost anulată"),
        "circle-slash",
        lazily(
            "Fereastra ANAF s-a întors fără acordul tău: ai apăsat „Anulează”, ai "
            "închis alegerea certificatului sau PIN-ul a fost greșit de mai multe "
            "ori. Nu s-a stricat nimic."
        ),
        (
            lazily("Apasă din nou „Autorizare cu ANAF SPV”."),
            lazily("Alege certificatul cu care intri de obicei pe portalul ANAF."),
            (
                lazily(
                    "Scrie PIN-ul token-ului. După trei greșeli token-ul se poate bloca: "
                    "îl deblochează furnizorul certificatului, cu codul PUK."
                )
            ),
        ),
        lazily(
            "Dacă nu tu ai renunțat, ANAF a refuzat certificatul: vezi „Acces "
            "refuzat (Access Denied)”."
        ),
    ),
    Help(
        "prea-tarziu",
        lazily("A durat prea mult"),
        "hourglass",
        lazily(
            "După PIN, ANAF ne dă un cod care trăiește 60 de secunde, iar cererea "
            "ta rămâne deschisă 10 minute. Unul dintre ele a expirat până ne-am "
            "întors."
        ),
        (
            lazily("Pregătește token-ul și PIN-ul dinainte."),
            lazily("Apasă din nou „Autorizare cu ANAF SPV” și mergi până la capăt fără pauze."),
            lazily("Nu închide fereastra și nu apăsa „Înapoi” până nu vezi mesajul de succes."),
        ),
        lazily(
            "Dacă se repetă deși te miști repede, ceasul calculatorului sau al "
            "serverului poate fi greșit, ori rețeaua este foarte lentă."
        ),
    ),
    Help(
        "fara-fereastra-de-certificat",
        lazily("Nu apare alegerea certificatului"),
        "app-window",
        lazily(
            "Browserul întreabă de certificat o singură dată, apoi ține minte "
            "răspunsul până când sunt închise toate ferestrele lui."
        ),
        (
            lazily("Închide toate ferestrele browserului, nu doar fila aceasta."),
            lazily("Scoate token-ul USB și introdu-l din nou; așteaptă să fie recunoscut."),
            lazily("Deschide programul token-ului și verifică dacă certificatul se vede acolo."),
            lazily(
                "Deschide browserul, intră în Cărăuș și apasă din nou „Autorizare cu ANAF SPV”."
            ),
            (
                lazily(
                    "Dacă tot nu apare, încearcă alt browser (Chrome, Edge, Firefox). "
                    "Firefox are nevoie de modulul token-ului în setările lui de "
                    "certificate."
                )
            ),
        ),
        lazily("Pe Windows cu procesor ARM unele programe de token merg numai în browsere x64."),
    ),
    Help(
        "certificat-neinrolat",
        lazily("Acces refuzat (Access Denied)"),
        "badge-x",
        lazily(
            "ANAF nu recunoaște certificatul. De cele mai multe ori a fost "
            "reînnoit, iar seria nouă nu este încă înregistrată în SPV; sau nu a "
            "fost înregistrat niciodată."
        ),
        (
            (
                lazily(
                    "Înregistrează certificatul la ANAF: anaf.ro → Servicii online → "
                    "Înregistrare utilizatori → Persoane fizice cu certificat / reînnoire "
                    "certificat."
                )
            ),
            lazily("Așteaptă confirmarea (de obicei în 24 de ore)."),
            lazily("Verifică: intră pe portalul ANAF, în SPV, cu certificatul nou."),
            lazily("Întoarce-te la Integrări și apasă „Autorizare cu ANAF SPV”."),
        ),
        lazily(
            "Un certificat expirat nu mai poate fi folosit deloc: reînnoiește-l întâi la furnizor."
        ),
    ),
    Help(
        "inrolat-sub-24-de-ore",
        lazily("Certificat înregistrat de mai puțin de 24 de ore"),
        "clock",
        lazily(
            "Drepturile unui certificat nou înregistrat ajung la toate serviciile "
            "ANAF abia după un timp, de obicei până a doua zi. Până atunci ANAF "
            "poate da autorizarea, dar răspunde că nu ai drept."
        ),
        (
            lazily("Lasă autorizarea așa cum este: întrebăm noi din nou, întâi după o zi."),
            lazily("A doua zi, la Integrări, apasă „Testează conexiunea”."),
            lazily("Dacă nici atunci nu este acoperită firma, vezi „Fără drept pentru acest CUI”."),
        ),
    ),
    Help(
        "fara-drept-pentru-cui",
        lazily("Fără drept pentru acest CUI"),
        "shield-x",
        lazily(
            "Autorizarea a mers, dar certificatul folosit nu are drept în SPV "
            "pentru firmă. ANAF dă autorizarea și fără drepturi; abia la prima "
            "întrebare spune că lipsesc."
        ),
        (
            lazily(
                "Intră pe portalul ANAF cu același certificat și vezi în SPV pentru ce "
                "firme ai drept."
            ),
            (
                lazily(
                    "Dacă firma lipsește: reprezentantul legal îți dă dreptul "
                    "(reprezentant desemnat sau împuternicit), prin formularul 150 sau din "
                    "SPV."
                )
            ),
            (
                lazily(
                    "Sau autorizează aici și cu certificatul cuiva care are dreptul: pot "
                    "fi mai multe autorizări, fiecare firmă o folosește pe cea potrivită. "
                    "Îi poți trimite un link."
                )
            ),
            lazily(
                "Întrebăm din nou după o zi, apoi tot mai rar; ca să afli acum, apasă "
                "„Testează conexiunea”."
            ),
        ),
        lazily("Verifică și CUI-ul, la Firme: o cifră greșită arată la fel."),
    ),
    Help(
        "aplicatie-neinrolata",
        lazily("Aplicația nu este înscrisă pentru e-Transport"),
        "server-cog",
        lazily(
            "ANAF primește autorizarea, dar nu lasă aplicația la serviciul RO "
            "e-Transport. Fie aplicația a fost înregistrată numai pentru "
            "e-Factura, fie certificatul nu are drepturi."
        ),
        (
            (
                lazily(
                    "Administratorul aplicației intră pe portalul ANAF: Editare profil "
                    "Oauth → Gestionare aplicații."
                )
            ),
            (
                lazily(
                    "Verifică dacă la serviciu este bifat E-Transport; dacă nu, "
                    "înregistrează aplicația și pentru el."
                )
            ),
            lazily("Pune cheile noi în ANAF_CLIENT_ID și ANAF_CLIENT_SECRET și repornește Cărăuș."),
            lazily("Autorizează din nou și apasă „Testează conexiunea”."),
        ),
        lazily(
            "Dacă TestOauth răspunde, iar întrebările despre firme nu, aceasta "
            "este cauza cea mai probabilă."
        ),
    ),
    Help(
        "adresa-de-intoarcere",
        lazily("Adresa de întoarcere diferă"),
        "route-off",
        lazily(
            "ANAF se întoarce numai la adresa scrisă la înregistrarea aplicației, "
            "literă cu literă. Adresa configurată aici este alta, sau Client ID-ul "
            "este al altei aplicații."
        ),
        (
            (
                lazily(
                    "Administratorul aplicației deschide pe portalul ANAF: Editare profil "
                    "Oauth → Gestionare aplicații → Callback URL."
                )
            ),
            (
                lazily(
                    "O compară cu adresa pe care o arată comanda caraus doctor: https, "
                    "nume, port, cale, fără bară în plus la sfârșit."
                )
            ),
            lazily("Corectează CARAUS_URL sau înregistrarea de la ANAF și repornește Cărăuș."),
        ),
        lazily("Tu nu ai nimic de făcut până atunci; autorizările date rămân bune."),
    ),
    Help(
        "sesiune-incheiata",
        lazily("„Your session is finished” pe pagina ANAF"),
        "history",
        lazily(
            "Pagina de autentificare a ANAF ține minte o sesiune veche din browserul tău și nu "
            "lasă autorizarea să înceapă. Cărăuș nu are cum să o închidă: este a ANAF."
        ),
        (
            lazily("Închide fereastra ANAF și toate filele deschise pe anaf.ro."),
            lazily("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”."),
            lazily(
                "Dacă apare iar: închide toate ferestrele browserului, sau deschide Cărăuș într-o "
                "fereastră privată (incognito) și autorizează de acolo."
            ),
        ),
    ),
    Help(
        "fereastra-blocata",
        lazily("Fereastra ANAF este blocată"),
        "picture-in-picture-2",
        lazily(
            "Browserul nu a lăsat să se deschidă o fereastră nouă. Atunci ANAF se "
            "deschide în fila aceasta; dacă nici așa, un program de protecție "
            "oprește pagina."
        ),
        (
            lazily("Continuă în aceeași filă: merge la fel, la sfârșit te întorci aici."),
            (
                lazily(
                    "Sau permite ferestrele pentru acest site (semnul din bara de adrese) "
                    "și apasă din nou butonul."
                )
            ),
            (
                lazily(
                    "Dacă pagina ANAF nu se încarcă deloc, oprește pentru ea blocatorul de "
                    "reclame sau VPN-ul."
                )
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
    "no_etransport_role": "aplicatie-neinrolata",
    "authorize_refused": "adresa-de-intoarcere",
    "invalid_grant": "adresa-de-intoarcere",
    "invalid_client": "adresa-de-intoarcere",
}


def help_for(code: str) -> Help | None:
    """The help of a problem's code, where a page can help."""
    return BY_SLUG.get(_BY_CODE.get(code, ""))
