"""What is said of what several packages know."""

from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import get_language, gettext

from caraus.core.formatting import plural
from caraus.notifications.messages import Facts, Message, message_kind


@message_kind("weekly_summary")
def weekly_summary(facts: Facts) -> Message:
    """Say the week in five lines."""
    first = date.fromisoformat(facts["first"])
    title = gettext("Săptămâna pe scurt: {first}–{last}").format(
        first=f"{first:%d.%m}", last=f"{first + timedelta(days=6):%d.%m.%Y}"
    )
    return Message(title, "\n\n".join(_lines(facts)), gettext("Deschide Panoul"))


def _lines(facts: Facts) -> list[str]:
    sentence = facts["now"].get(get_language()) or facts["now"][settings.LANGUAGE_CODE]
    filed = plural(facts["filed"], "schimbare de vehicul depusă", "schimbări de vehicul depuse")
    return [
        gettext("Luni dimineața: {sentence}").format(sentence=sentence["risks"]),
        gettext("Săptămâna trecută: {uits}, pe {lorries}.").format(
            uits=plural(facts["new"], "UIT nou", "UIT-uri noi"),
            lorries=plural(facts["lorries"], "camion", "camioane"),
        ),
        gettext("{expired}; {delisted}; {other_carrier}.").format(
            expired=plural(facts["expired"], "UIT a expirat", "UIT-uri au expirat"),
            delisted=plural(
                facts["delisted"],
                "UIT a ieșit din lista ANAF înainte de termen",
                "UIT-uri au ieșit din lista ANAF înainte de termen",
            ),
            other_carrier=plural(
                facts["other_carrier"],
                "UIT a fost dat altui transportator",
                "UIT-uri au fost date altui transportator",
            ),
        ),
        gettext("La ANAF: {filed}, din care refuzate: {refused}.").format(
            filed=filed, refused=facts["refused"]
        ),
        gettext("Autorizări SPV: {state}. {sentence}").format(**sentence)
        if "state" in sentence
        else gettext("Autorizări SPV: niciuna."),
    ]
