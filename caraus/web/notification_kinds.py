"""The kinds of notifications that gather what several packages know."""

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import NotificationKind, register_kind

WEEKLY_SUMMARY = register_kind(
    NotificationKind(
        "weekly_summary",
        gettext_lazy("Săptămâna pe scurt"),
        gettext_lazy(
            "Lunea dimineața, proprietarilor: ce a fost săptămâna trecută și ce riscă acum amendă."
        ),
        "calendar-days",
        role=Role.OWNER,
        bell=False,
        is_title_safe=True,
        position=170,
    )
)
