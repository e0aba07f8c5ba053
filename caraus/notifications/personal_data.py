"""What notifications keep about a person, for that person's export."""

from typing import Any

from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.accounts.personal_data import register_exporter
from caraus.core.formatting import gettext_lazy
from caraus.notifications.models import PushSubscription


def _browsers(user: User) -> list[dict[str, Any]]:
    moments = PushSubscription.objects.filter(user=user).values_list("created_at", flat=True)
    return [{gettext("data"): moment.isoformat()} for moment in moments]


register_exporter(gettext_lazy("dispozitive cu notificări pornite"), _browsers)
