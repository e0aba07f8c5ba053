"""The registry of notification kinds."""

from pathlib import Path

import pytest

import caraus
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import NEW_OWNER, NotificationKind, register_kind, registered_kinds


def test_the_kinds_are_listed_in_the_order_of_the_switches() -> None:
    assert [kind.code for kind in registered_kinds()] == [
        *(
            "uit_new",
            "uit_changed",
            "fleet_issue",
            "uit_delisted",
            "uit_expiring",
            "uit_ends_today",
        ),
        *("uit_last_hours", "uit_expired", "filing", "unanswered", "authorization"),
        *("external_link", "owners", "limits", "disappearance", "outage", "weekly_summary"),
    ]


def test_two_kinds_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="owners"):
        register_kind(NotificationKind(NEW_OWNER.code, gettext_lazy("Altceva"), "", "mail"))
    assert NEW_OWNER in registered_kinds()


@pytest.mark.parametrize(
    "package", ["authorizations", "filings", "fleet", "sync", "transports", "workspace", "drivers"]
)
def test_notifications_name_no_package_above_them(package: str) -> None:
    """Neither a module, nor a URL namespace, nor a template of theirs."""
    folder = Path(caraus.__file__).parent / "notifications"
    for path in [*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.txt")]:
        text = path.read_text()
        for name in (f"caraus.{package}", f"caraus/{package}", f"{package}:", f"{package}/"):
            assert name not in text, path
