"""Notification kinds: what people are notified of. Each kind has switches per person and channel.

The package that sends a kind registers it (`register_kind`) in its own `notification_kinds.py`,
which is imported at start.
"""

from collections.abc import Callable
from dataclasses import dataclass

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy, plural


def _count_notifications(number: int) -> str:
    return plural(number, "noutate", "noutăți")


@dataclass(frozen=True, slots=True, eq=False)
class NotificationKind:
    """A kind of notification.

    `bell`, `email`, `digest` and `push` say which channels are on for a person who has chosen
    nothing. A kind without `push` is never pushed.
    """

    code: str
    title: str
    text: str
    icon: str
    # Kinds are listed by ascending position.
    position: int = 0
    # Somebody must read it: the app always shows it, and the last person who gets its e-mails
    # cannot switch them off.
    essential: bool = False
    # A member with less than this role reads no notification of the kind, old ones included.
    role: Role = Role.VIEWER
    # Only people who switched the kind on are notified.
    on_request: bool = False
    bell: bool = True
    email: bool = True
    digest: bool = False
    # Browsers get it at once (web push), unless the person chose otherwise; of what is sent as an
    # alarm the people of the list are notified in turn (`escalation.py`).
    push: bool = False
    # The e-mail does not wait for the end of the quiet hours.
    urgent: bool = False
    # The titles hold no text that strangers typed, so an e-mail's subject is the title. Otherwise
    # the subject is `subject`, or the kind's title.
    is_title_safe: bool = False
    subject: str = ""
    # About UITs: everybody who sees the company is notified, filtered, many UITs as one.
    of_uits: bool = False
    # The query of the list (`settings.TRANSPORT_LIST_URL`) that shows the UITs of such a message.
    list_query: str = ""
    # "50 de UIT-uri noi", in the active language.
    count_label: Callable[[int], str] = _count_notifications
    # The subject of an e-mail about a single UIT is `count_label(1)`, not the title.
    subject_is_count: bool = False
    # … and begins with the vehicle's plate, by which a dispatcher knows it.
    subject_names_plate: bool = False


_registered: dict[str, NotificationKind] = {}


def register_kind(kind: NotificationKind) -> NotificationKind:
    """Add a kind to the switches, the digest and the list. Raises ValueError for a known code."""
    if kind.code in _registered:
        raise ValueError(f"The notification kind {kind.code} is registered already.")
    _registered[kind.code] = kind
    return kind


def registered_kinds() -> list[NotificationKind]:
    """Return all kinds, by position."""
    return sorted(_registered.values(), key=lambda kind: kind.position)


def push_kinds() -> list[NotificationKind]:
    """Return the kinds that may be pushed, by position."""
    return [kind for kind in registered_kinds() if kind.push]


def kind_of_code(code: str) -> NotificationKind | None:
    """Return the kind with this code; None for the digest and for a kind that exists no longer."""
    return _registered.get(code)


NEW_OWNER = register_kind(
    NotificationKind(
        "owners",
        gettext_lazy("Proprietari"),
        gettext_lazy("Când organizația are un proprietar nou."),
        "crown",
        essential=True,
        role=Role.OWNER,
        is_title_safe=True,
        position=130,
    )
)

UNANSWERED_ALARM = register_kind(
    NotificationKind(
        "unanswered",
        gettext_lazy("Alarme fără răspuns"),
        gettext_lazy(
            "Când niciunul dintre cei anunțați pe rând nu a deschis o alarmă. Vine și în "
            "intervalul „Nu deranja”."
        ),
        "bell-off",
        role=Role.OWNER,
        urgent=True,
        is_title_safe=True,
        position=105,
    )
)

# The daily e-mail about many notifications. Not registered: the digest has no switches, and the app
# does not list it.
DIGEST = NotificationKind("digest", gettext_lazy("Rezumatul zilei"), "", "mail")
