"""The kinds of notifications about the fleet."""

from caraus.core.formatting import gettext_lazy, plural
from caraus.notifications.kinds import NotificationKind, register_kind

FLEET_ISSUE = register_kind(
    NotificationKind(
        "fleet_issue",
        gettext_lazy("Vehicul care nu e în flotă"),
        gettext_lazy(
            "Și celelalte probleme ale flotei: remorcă trecută ca vehicul, același număr în două "
            "locuri."
        ),
        "truck",
        of_uits=True,
        list_query="?probleme=1",
        position=30,
        count_label=lambda number: plural(number, "problemă de flotă", "probleme de flotă"),
        subject_is_count=True,
    )
)
