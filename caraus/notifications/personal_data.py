"""What notifications keep about a person, for that person's export."""

from typing import Any

from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.accounts.personal_data import register_exporter
from caraus.core.formatting import gettext_lazy
from caraus.notifications.models import EscalationMember, EscalationStep, PushSubscription


def _browsers(user: User) -> list[dict[str, Any]]:
    moments = PushSubscription.objects.filter(user=user).values_list("created_at", flat=True)
    return [{gettext("data"): moment.isoformat()} for moment in moments]


register_exporter(gettext_lazy("dispozitive cu notificări pornite"), _browsers)


def _turns(user: User) -> list[dict[str, Any]]:
    places = EscalationMember.objects.filter(membership__user=user)
    steps = EscalationStep.objects.filter(user=user)
    return [
        *(
            {gettext("organizație"): name, gettext("loc pe listă"): position}
            for name, position in places.order_by("membership__organization").values_list(
                "membership__organization__name", "position"
            )
        ),
        *(
            {gettext("organizație"): name, gettext("anunțat la"): at.isoformat()}
            for name, at in steps.order_by("at").values_list("escalation__organization__name", "at")
        ),
    ]


register_exporter(gettext_lazy("alarme pe rând"), _turns)
