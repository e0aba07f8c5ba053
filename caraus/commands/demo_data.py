"""The invented people, phones and words of the demo's history: none of them is anybody's."""

COLLEAGUE, COLLEAGUE_EMAIL = "Mihai Ardelean", "mihai@caraus.example"

DRIVERS = (
    "Vasile Lupșa", "Gheorghe Tănase", "Ion Brădățan", "Florin Șuteu", "Costel Rădulea",
    "Marin Cojocea", "Adrian Hăncu", "Viorel Mocanu", "Nelu Țârlea", "Dumitru Băcilă",
    "Sorin Păcală", "Cristian Ungur", "Petru Moldovanu", "Ilie Săcăleanu", "Daniel Vârtej",
    "Marius Neagoș", "Aurel Ciubotaru", "Cătălin Frunză", "Ștefan Olaru", "Emil Bârsanu",
    "Radu Crăiuț", "Toader Humelnicu", "Laurențiu Pîrvan", "Constantin Zăvoi", "Ovidiu Streza",
    "Nicolae Grozav", "Lucian Hodor", "Silviu Ganea", "Mircea Tecuceanu", "Bogdan Răchită",
    "Ionel Sârbu", "Gabriel Motoc", "Remus Cioară", "Victor Lazea", "Tudor Năstasă",
    "Anton Bejan", "Horia Zamfira", "Eugen Potcoavă", "Valentin Corbea", "Traian Mălai",
    "Iulian Șerpe", "Pavel Dragomiru", "Alin Bucșă", "Liviu Tomuța", "Simion Găvan",
    "Robert Nistoroiu", "Casian Bălțatu", "Grigore Urdea", "Zaharia Pintea", "Leon Chiriacu",
)  # fmt: skip


def phone_of(number: int) -> str:
    """Return an invented phone."""
    return f"0700 000 {100 + number}"


# In the yard, without a UIT; the last one is out of use.
IDLE_LORRIES = ("B210KLM", "CJ41DRV", "PH77TIR")
RETIRED_LORRY = "AG09VEC"
IDLE_TRAILERS = ("B411REM", "AR32PRL")

# On open UITs, who wrote them by turns.
NOTES = (
    "Rampa 3, după ora 14. Sună la depozit cu o oră înainte.",
    "Marfa e paletizată, 33 de paleți. Șoferul are CMR-ul în original.",
    "Clientul descarcă numai până la 17:00.",
    "Am cerut declarantului să corecteze remorca.",
)
CONTACT_PHONE, CONTACT_EMAIL = "0700 000 099", "expeditie@declarant.example"
SHARED_VIEW, SHARED_VIEW_ADDRESS = "Expiră primele", "?sortare=expira"
FILING_NOTE = "defecțiune cap tractor"
