"""What is said of the synchronization."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext

from caraus.core.formatting import BUCHAREST, day_in_full, gettext_lazy, plural
from caraus.notifications.messages import Facts, Message, message_kind

#: Whom ANAF limits.
LIMITED = {
    "company": gettext_lazy("firma {name}"),
    "authorization": gettext_lazy("autorizarea dată de {name}"),
}


@message_kind("daily_limit")
def daily_limit(facts: Facts) -> Message:
    """Say that ANAF lets no more requests through on this day."""
    day, limit, (whom, name) = date.fromisoformat(facts["day"]), facts["limit"], facts["whom"]
    text = (
        gettext(
            "ANAF a răspuns că pentru {whom} s-a atins limita zilnică de {queries}. Nu mai "
            "sincronizăm până după miezul nopții, apoi mai rar, ca să nu o mai "
            "atingem. Verifică dacă și alt program interoghează ANAF cu același certificat."
        )
        if limit
        else gettext(
            "ANAF a răspuns că pentru {whom} s-a atins limita zilnică. Nu mai sincronizăm "
            "până după miezul nopții, apoi mai rar, ca să nu o mai atingem. "
            "Verifică dacă și alt program interoghează ANAF cu același certificat."
        )
    )
    return Message(
        gettext("ANAF a limitat interogările până {day}").format(
            day=day_in_full(day + timedelta(days=1), today=day)
        ),
        text.format(
            whom=LIMITED[whom].format(name=name),
            queries=plural(limit or 0, "interogare", "interogări"),
        ),
    )


@message_kind("mass_disappearance")
def mass_disappearance(facts: Facts) -> Message:
    """Say how many UITs one response has left out."""
    missing = plural(facts["number"], "transport", "transporturi")
    return Message(
        gettext("{company}: {gone} au dispărut deodată din lista ANAF").format(
            company=facts["company"], gone=missing
        ),
        gettext(
            "Într-un singur răspuns al ANAF lipsesc {gone}, mai mult de jumătate. "
            "De obicei este o eroare la ANAF: nu le considerăm ieșite din listă decât dacă "
            "lipsesc și din alte două răspunsuri, la cel puțin zece minute "
            "distanță."
        ).format(gone=missing),
    )


@message_kind("all_vanished")
def all_missing(facts: Facts) -> Message:
    """Say that ANAF shows none of a company's UITs any more."""
    happened = gettext(
        "Din {moment} lista ANAF a firmei nu mai arată niciunul dintre UIT-urile ei "
        "({how_many}). De obicei este o problemă la ANAF și trece singură."
    ).format(
        moment=_moment(facts["at"]),
        how_many=plural(facts["number"], "UIT valabil", "UIT-uri valabile"),
    )
    wait = gettext(
        "Rămân „lipsă la ANAF” și abia după {hours} le considerăm ieșite din lista ANAF. Dacă se "
        "întorc până atunci, nu anunțăm pe nimeni."
    ).format(hours=plural(facts["hours"], "oră", "ore"))
    advice = gettext(
        "Dacă un camion pleacă la drum între timp, întreabă declarantul dacă UIT-ul mai este "
        "valabil: putea să îl confirme, să îl șteargă sau să îl dea altui transportator."
    )
    return Message(
        gettext("{company}: ANAF nu mai arată niciun UIT").format(company=facts["company"]),
        f"{happened} {wait}\n\n{advice}",
    )


@message_kind("outage")
def outage(facts: Facts) -> Message:
    """Say since when ANAF does not respond."""
    return Message(
        gettext("ANAF nu răspunde de o oră"),
        gettext(
            "ANAF nu răspunde de {moment}. Lista transporturilor este cea de "
            "dinainte. Încercăm din nou automat; nu trebuie să faci nimic."
        ).format(moment=_moment(facts["since"])),
    )


@message_kind("pause")
def pause(facts: Facts) -> Message:
    """Say that ANAF requires a pause, and when it ends; None: it was over already."""
    how_long = (
        gettext("Următoarea sincronizare: {until}; continuăm automat.").format(
            until=_moment(facts["until"])
        )
        if facts["until"]
        else gettext("Am făcut pauza cerută și am continuat automat.")
    )
    return Message(
        gettext("ANAF ne-a cerut o pauză"),
        gettext(
            "ANAF a răspuns că primește prea multe interogări pe minut. {how_long} "
            "Verifică dacă și alt program interoghează ANAF din numele aplicației."
        ).format(how_long=how_long),
    )


def _moment(text: str) -> str:
    """Format „joi, 28 noiembrie, ora 10:42”, in Bucharest."""
    here = datetime.fromisoformat(text).astimezone(BUCHAREST)
    return gettext("{day}, ora {clock}").format(
        day=day_in_full(here.date(), today=here.date()), clock=f"{here:%H:%M}"
    )
