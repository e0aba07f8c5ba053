"""What is said of an issue of the fleet."""

from django.utils.translation import gettext

from caraus.fleet.display import explain
from caraus.fleet.models import Issue
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.transports.display import grouped_uit
from caraus.transports.notification_texts import describe_transport, transport_of_facts


@message_kind("fleet_issue")
def fleet_issue(facts: Facts) -> Message:
    """Say what is wrong with a plate of a UIT, and what to do."""
    row = transport_of_facts(facts["transport"])
    issue = Issue(transport=row, **facts["issue"])
    if facts["other"]:
        issue.other = transport_of_facts(facts["other"])
    explanation = explain(issue, row)
    return Message(
        f"{explanation.title} (UIT {grouped_uit(row.uit)})",
        "\n\n".join([explanation.text, "\n".join(explanation.steps), describe_transport(row)]),
        gettext("Vezi UIT-ul"),
        explanation.title,
    )
