"""The kinds of notifications about the synchronization with ANAF."""

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import NotificationKind, register_kind

ANAF_LIMITS = register_kind(
    NotificationKind(
        "limits",
        gettext_lazy("Limitele ANAF"),
        gettext_lazy("Când ANAF limitează interogările până a doua zi sau cere o pauză."),
        "hourglass",
        role=Role.ADMIN,
        is_title_safe=True,
        position=140,
    )
)

MASS_DISAPPEARANCE = register_kind(
    NotificationKind(
        "disappearance",
        gettext_lazy("Dispariții în masă"),
        gettext_lazy(
            "Când ANAF nu mai arată niciun UIT al unei firme, sau mai mult de jumătate dispar "
            "deodată."
        ),
        "search-x",
        role=Role.ADMIN,
        position=150,
    )
)

ANAF_OUTAGE = register_kind(
    NotificationKind(
        "outage",
        gettext_lazy("ANAF nu răspunde"),
        gettext_lazy("Când ANAF nu răspunde de o oră. Pornește-l dacă vrei să afli."),
        "cloud-off",
        on_request=True,
        bell=False,
        email=False,
        is_title_safe=True,
        position=160,
    )
)
