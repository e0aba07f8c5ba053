"""What is said of the turns of an alarm: whose it is, who was notified when, who answered or
that nobody did."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.core.formatting import BUCHAREST, plural
from caraus.notifications.messages import Facts, Message, message_kind, write_message
from caraus.notifications.models import Escalation, EscalationStep

# A message about the silence names so many alarms and people; a row so many people.
MAX_NAMED = 6


def turn_sentence(user: User, notifications: Iterable[int]) -> str:
    """Say that it is the person's turn to answer, and since when nobody did; "" when the person
    had no turn by these notifications."""
    steps = EscalationStep.objects.filter(user=user, notification__in=list(notifications))
    step = steps.select_related("escalation").order_by("-at", "-number", "-pk").first()
    if step is None:
        return ""
    until = format_clock(step.until)
    if step.number == 1:
        return gettext(
            "E rândul tău să răspunzi: deschide notificarea până la {until}, altfel anunțăm mai "
            "departe."
        ).format(until=until)
    return gettext(
        "Nimeni nu a răspuns de la {since}. E rândul tău: deschide notificarea până la {until}, "
        "altfel anunțăm mai departe."
    ).format(since=format_clock(step.escalation.created_at), until=until)


def sending_number(user: User, notifications: Iterable[int]) -> int:
    """Return the last step of the person by these notifications; 0 for none. A
    message that is sent again is another one."""
    steps = EscalationStep.objects.filter(user=user, notification__in=list(notifications))
    return steps.aggregate(last=Max("pk"))["last"] or 0


def format_clock(moment: datetime) -> str:
    """Format as „16:15”, in Bucharest."""
    return f"{moment.astimezone(BUCHAREST):%H:%M}"


@message_kind("alarm_unanswered")
def alarm_unanswered(facts: Facts) -> Message:
    """Say which alarms nobody answered, and who was notified when."""
    named = [
        message.row_title or message.title
        for each in facts["alarms"]
        if (message := write_message(each["message"], each["facts"]))
    ]
    more = facts["number"] - len(named)
    people = ", ".join(
        "{name} ({clock})".format(
            name=each["name"], clock=format_clock(datetime.fromisoformat(each["at"]))
        )
        for each in facts["people"]
    )
    tried = (
        gettext("Au fost anunțați pe rând: {people}. Nimeni nu a deschis notificarea.").format(
            people=people
        )
        if people
        else gettext("Nimeni de pe lista celor anunțați pe rând nu poate vedea aceste alarme.")
    )
    alarms = plural(facts["number"], "alarmă", "alarme")
    return Message(
        gettext("Nimeni nu a răspuns: {alarms}").format(alarms=alarms),
        "\n\n".join(
            [
                tried,
                "\n".join(named) + (f"\n… {gettext('și încă')} {more}" if more else ""),
                gettext("Vezi acum ce este de făcut, sau sună pe cineva care poate."),
            ]
        ),
        gettext("Vezi notificările"),
    )


def turns_of(alarms: Collection[Escalation]) -> str:
    """Say who was notified when of these alarms, which are shown together, and who answered; their
    `steps` with the users, and `answered_by`, are prefetched."""
    steps = {
        (step.at, step.number, step.user.display_name): None
        for alarm in alarms
        for step in alarm.steps.all()
    }
    parts = [f"{name} {format_clock(at)}" for at, _, name in sorted(steps)[:MAX_NAMED]]
    if not parts:
        return ""
    people = gettext("anunțați pe rând: {people}").format(people=", ".join(parts))
    return " · ".join(filter(None, [people, _end_of(alarms)]))


def _end_of(alarms: Collection[Escalation]) -> str:
    outcomes = {alarm.outcome for alarm in alarms}
    answered = [alarm for alarm in alarms if alarm.outcome == Escalation.Outcome.ANSWERED]
    if Escalation.Outcome.UNANSWERED in outcomes:
        return gettext("nu a răspuns nimeni")
    if Escalation.Outcome.OPEN in outcomes or not answered:
        return ""
    last = max(answered, key=lambda alarm: (alarm.ended_at or alarm.created_at, alarm.pk))
    return gettext("a răspuns {name} {clock}").format(
        name=last.answered_by.display_name if last.answered_by else gettext("cineva"),
        clock=format_clock(last.ended_at or last.created_at),
    )


def alarms_by_key(
    organizations: Collection[int], keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Escalation]:
    """Return the alarms of these kinds and keys, with their turns."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = Escalation.objects.filter(
        organization__in=organizations,
        kind__in={kind for kind, _ in wanted},
        key__in={key for _, key in wanted},
    )
    rows = rows.select_related("answered_by").prefetch_related("steps__user").defer("facts")
    return {(row.kind, row.key): row for row in rows}
