"""Help per cause: what happened, who can mend it, and the steps. Linked from the error."""

from dataclasses import dataclass

from caraus.core.formatting import gettext_lazy


@dataclass(frozen=True, slots=True)
class HelpPage:
    slug: str
    title: str
    icon: str
    what: str
    steps: tuple[str, ...]
    more: str = ""


HELP_PAGES = (
    HelpPage(
        "anulata",
        gettext_lazy("Autorizarea a fost anulată"),
        "circle-slash",
        gettext_lazy(
            "Fereastra ANAF s-a întors fără acordul tău: ai apăsat „Anulează”, ai "
            "închis alegerea certificatului sau PIN-ul a fost greșit de mai multe "
            "ori. Nu s-a stricat nimic."
        ),
        (
            gettext_lazy("Apasă din nou „Autorizare cu ANAF SPV”."),
            gettext_lazy("Alege certificatul cu care intri de obicei pe portalul ANAF."),
            (
                gettext_lazy(
                    "Scrie PIN-ul token-ului. După trei greșeli token-ul se poate bloca: "
                    "îl deblochează furnizorul certificatului, cu codul PUK."
                )
            ),
        ),
        gettext_lazy(
            "Dacă nu tu ai renunțat, ANAF a refuzat certificatul: vezi „Acces "
            "refuzat (Access Denied)”."
        ),
    ),
    HelpPage(
        "prea-tarziu",
        gettext_lazy("A durat prea mult"),
        "hourglass",
        gettext_lazy(
            "După PIN, ANAF ne dă un cod valabil 60 de secunde, iar cererea "
            "ta rămâne deschisă 10 minute. Unul dintre ele a expirat până ne-am "
            "întors."
        ),
        (
            gettext_lazy("Pregătește token-ul și PIN-ul dinainte."),
            gettext_lazy(
                "Apasă din nou „Autorizare cu ANAF SPV” și mergi până la capăt fără pauze."
            ),
            gettext_lazy(
                "Nu închide fereastra și nu apăsa „Înapoi” până nu vezi mesajul de succes."
            ),
        ),
        gettext_lazy(
            "Dacă se repetă deși te miști repede, ceasul calculatorului sau al "
            "serverului poate fi greșit, ori rețeaua este foarte lentă."
        ),
    ),
    HelpPage(
        "fara-fereastra-de-certificat",
        gettext_lazy("Nu apare alegerea certificatului"),
        "app-window",
        gettext_lazy(
            "Browserul cere certificatul o singură dată, apoi ține minte "
            "răspunsul până când sunt închise toate ferestrele lui."
        ),
        (
            gettext_lazy("Închide toate ferestrele browserului, nu doar fila aceasta."),
            gettext_lazy("Scoate token-ul USB și introdu-l din nou; așteaptă să fie recunoscut."),
            gettext_lazy(
                "Deschide programul token-ului și verifică dacă certificatul se vede acolo."
            ),
            gettext_lazy(
                "Deschide browserul, intră în Cărăuș și apasă din nou „Autorizare cu ANAF SPV”."
            ),
            (
                gettext_lazy(
                    "Dacă tot nu apare, încearcă alt browser (Chrome, Edge, Firefox). "
                    "Firefox are nevoie de modulul token-ului în setările lui de "
                    "certificate."
                )
            ),
        ),
        gettext_lazy(
            "Pe Windows cu procesor ARM unele programe de token merg numai în browsere x64."
        ),
    ),
    HelpPage(
        "certificat-neinrolat",
        gettext_lazy("Acces refuzat (Access Denied)"),
        "badge-x",
        gettext_lazy(
            "ANAF nu recunoaște certificatul. De cele mai multe ori a fost "
            "reînnoit, iar seria nouă nu este încă înregistrată în SPV; sau nu a "
            "fost înregistrat niciodată."
        ),
        (
            (
                gettext_lazy(
                    "Înregistrează certificatul la ANAF: anaf.ro → Servicii online → "
                    "Înregistrare utilizatori → Persoane fizice cu certificat / reînnoire "
                    "certificat."
                )
            ),
            gettext_lazy("Așteaptă confirmarea (de obicei în 24 de ore)."),
            gettext_lazy("Verifică: intră pe portalul ANAF, în SPV, cu certificatul nou."),
            gettext_lazy("Întoarce-te la Integrări și apasă „Autorizare cu ANAF SPV”."),
        ),
        gettext_lazy(
            "Un certificat expirat nu mai poate fi folosit deloc: reînnoiește-l întâi la furnizor."
        ),
    ),
    HelpPage(
        "inrolat-sub-24-de-ore",
        gettext_lazy("Certificat înregistrat de mai puțin de 24 de ore"),
        "clock",
        gettext_lazy(
            "Drepturile unui certificat nou înregistrat ajung la toate serviciile "
            "ANAF abia după un timp, de obicei până a doua zi. Până atunci ANAF "
            "poate da autorizarea, dar răspunde că nu ai drept."
        ),
        (
            gettext_lazy("Lasă autorizarea așa cum este: verificăm noi din nou, întâi după o zi."),
            gettext_lazy("A doua zi, la Integrări, apasă „Testează conexiunea”."),
            gettext_lazy(
                "Dacă nici atunci firma nu este autorizată, vezi „Fără drept pentru acest CUI”."
            ),
        ),
    ),
    HelpPage(
        "fara-drept-pentru-cui",
        gettext_lazy("Fără drept pentru acest CUI"),
        "shield-x",
        gettext_lazy(
            "Autorizarea a reușit, dar certificatul folosit nu are drept în SPV "
            "pentru firmă. ANAF dă autorizarea și fără drepturi; abia la prima "
            "interogare spune că lipsesc."
        ),
        (
            gettext_lazy(
                "Intră pe portalul ANAF cu același certificat și vezi în SPV pentru ce "
                "firme ai drept."
            ),
            (
                gettext_lazy(
                    "Dacă firma lipsește: reprezentantul legal îți dă dreptul "
                    "(reprezentant desemnat sau împuternicit), prin formularul 150 sau din "
                    "SPV."
                )
            ),
            (
                gettext_lazy(
                    "Sau autorizează aici și cu certificatul cuiva care are dreptul: pot "
                    "fi mai multe autorizări, fiecare firmă o folosește pe cea potrivită. "
                    "Îi poți trimite un link."
                )
            ),
            gettext_lazy(
                "Verificăm din nou după o zi, apoi tot mai rar; ca să afli acum, apasă "
                "„Testează conexiunea”."
            ),
        ),
        gettext_lazy("Verifică și CUI-ul, la Firme: o cifră greșită arată la fel."),
    ),
    HelpPage(
        "aplicatie-neinrolata",
        gettext_lazy("Aplicația nu este înscrisă pentru e-Transport"),
        "server-cog",
        gettext_lazy(
            "ANAF primește autorizarea, dar nu lasă aplicația la serviciul RO "
            "e-Transport. Fie aplicația a fost înregistrată numai pentru "
            "e-Factura, fie certificatul nu are drepturi."
        ),
        (
            (
                gettext_lazy(
                    "Administratorul aplicației intră pe portalul ANAF: Editare profil "
                    "Oauth → Gestionare aplicații."
                )
            ),
            (
                gettext_lazy(
                    "Verifică dacă la serviciu este bifat E-Transport; dacă nu, "
                    "înregistrează aplicația și pentru el."
                )
            ),
            gettext_lazy(
                "Pune cheile noi în ANAF_CLIENT_ID și ANAF_CLIENT_SECRET și repornește Cărăuș."
            ),
            gettext_lazy("Autorizează din nou și apasă „Testează conexiunea”."),
        ),
        gettext_lazy(
            "Dacă TestOauth răspunde, iar interogările pentru firme nu, aceasta "
            "este cauza cea mai probabilă."
        ),
    ),
    HelpPage(
        "adresa-de-intoarcere",
        gettext_lazy("Adresa de întoarcere diferă"),
        "route-off",
        gettext_lazy(
            "ANAF se întoarce numai la adresa scrisă la înregistrarea aplicației, "
            "literă cu literă. Adresa configurată aici este alta, sau Client ID-ul "
            "este al altei aplicații."
        ),
        (
            (
                gettext_lazy(
                    "Administratorul aplicației deschide pe portalul ANAF: Editare profil "
                    "Oauth → Gestionare aplicații → Callback URL."
                )
            ),
            (
                gettext_lazy(
                    "O compară cu adresa pe care o arată comanda caraus doctor: https, "
                    "nume, port, cale, fără bară în plus la sfârșit."
                )
            ),
            gettext_lazy(
                "Corectează CARAUS_URL sau înregistrarea de la ANAF și repornește Cărăuș."
            ),
        ),
        gettext_lazy("Tu nu ai nimic de făcut până atunci; autorizările date rămân bune."),
    ),
    HelpPage(
        "sesiune-incheiata",
        gettext_lazy("„Your session is finished” pe pagina ANAF"),
        "history",
        gettext_lazy(
            "Pagina de autentificare a ANAF ține minte o sesiune veche din browserul tău și nu "
            "lasă autorizarea să înceapă. Cărăuș nu are cum să o închidă: este a ANAF."
        ),
        (
            gettext_lazy("Închide fereastra ANAF și toate filele deschise pe anaf.ro."),
            gettext_lazy("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”."),
            gettext_lazy(
                "Dacă apare iar: închide toate ferestrele browserului, sau deschide Cărăuș într-o "
                "fereastră privată (incognito) și autorizează de acolo."
            ),
        ),
    ),
    HelpPage(
        "fereastra-blocata",
        gettext_lazy("Fereastra ANAF este blocată"),
        "picture-in-picture-2",
        gettext_lazy(
            "Browserul nu a lăsat să se deschidă o fereastră nouă. Atunci ANAF se "
            "deschide în fila aceasta; dacă nici așa, un program de protecție "
            "oprește pagina."
        ),
        (
            gettext_lazy("Continuă în aceeași filă: merge la fel, la sfârșit te întorci aici."),
            (
                gettext_lazy(
                    "Sau permite ferestrele pentru acest site (semnul din bara de adrese) "
                    "și apasă din nou butonul."
                )
            ),
            (
                gettext_lazy(
                    "Dacă pagina ANAF nu se încarcă deloc, oprește pentru ea blocatorul de "
                    "reclame sau VPN-ul."
                )
            ),
        ),
    ),
)
HELP_BY_SLUG = {page.slug: page for page in HELP_PAGES}
