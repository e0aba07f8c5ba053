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


# What is before this is the morning.
_NOON = "12:00"


def _lines(facts: Facts) -> list[str]:
    """Return at most five lines; of what did not happen there is none."""
    sentence = facts["now"].get(get_language()) or facts["now"][settings.LANGUAGE_CODE]
    clock = facts.get("clock", "")
    lines = [
        gettext("Luni dimineața: {sentence}").format(sentence=sentence["risks"])
        if clock < _NOON
        else gettext("Luni la {clock}: {sentence}").format(clock=clock, sentence=sentence["risks"]),
        gettext("Săptămâna trecută: {uits}, pe {lorries}.").format(
            uits=plural(facts["new"], "UIT nou", "UIT-uri noi"),
            lorries=plural(facts["lorries"], "camion", "camioane"),
        )
        if facts["new"]
        else gettext("Săptămâna trecută: niciun UIT nou."),
        _what_ended(facts),
        _filings(facts),
        gettext("Autorizări SPV: {state}. {sentence}").format(**sentence)
        if "state" in sentence
        else gettext("Autorizări SPV: niciuna."),
    ]
    return [line for line in lines if line]


def _what_ended(facts: Facts) -> str:
    """Say how many UITs expired, left the list, went to another carrier."""
    ended = [
        plural(facts["expired"], "UIT a expirat", "UIT-uri au expirat") if facts["expired"] else "",
        plural(
            facts["delisted"],
            "UIT a ieșit din lista ANAF înainte de termen",
            "UIT-uri au ieșit din lista ANAF înainte de termen",
        )
        if facts["delisted"]
        else "",
        plural(
            facts["other_carrier"],
            "UIT a fost dat altui transportator",
            "UIT-uri au fost date altui transportator",
        )
        if facts["other_carrier"]
        else "",
    ]
    sentence = "; ".join(filter(None, ended))
    return f"{sentence}." if sentence else ""


def _filings(facts: Facts) -> str:
    """Say how many changes of vehicle were filed, and refused."""
    if not facts["filed"]:
        return ""
    filed = plural(facts["filed"], "schimbare de vehicul depusă", "schimbări de vehicul depuse")
    if not facts["refused"]:
        return gettext("La ANAF: {filed}.").format(filed=filed)
    return gettext("La ANAF: {filed}, din care refuzate: {refused}.").format(
        filed=filed, refused=facts["refused"]
    )
