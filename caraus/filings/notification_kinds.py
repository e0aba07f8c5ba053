"""The kind of notifications about filings to ANAF."""

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import NotificationKind, register_kind

FILING_NEEDS_ATTENTION = register_kind(
    NotificationKind(
        "filing",
        gettext_lazy("Depuneri la ANAF"),
        gettext_lazy(
            "Când o schimbare de vehicul este refuzată, nu se știe ce s-a întâmplat cu ea sau "
            "așteaptă decizia ta, și când apare totuși la ANAF."
        ),
        "send",
        essential=True,
        push=True,
        role=Role.DISPATCHER,
        is_title_safe=True,
        position=100,
    )
)
