"""The kinds of notifications about authorizations."""

from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import NotificationKind, register_kind

AUTHORIZATION_NEEDED = register_kind(
    NotificationKind(
        "authorization",
        gettext_lazy("Autorizarea SPV"),
        gettext_lazy("Când se apropie termenul și când ANAF cere o autorizare nouă."),
        "shield-alert",
        essential=True,
        push=True,
        role=Role.DISPATCHER,
        is_title_safe=True,
        position=110,
    )
)

EXTERNAL_LINK_USED = register_kind(
    NotificationKind(
        "external_link",
        gettext_lazy("Linkuri trimise"),
        gettext_lazy("Când persoana căreia i-ai trimis un link de autorizare îl folosește."),
        "link",
        role=Role.DISPATCHER,
        subject=gettext_lazy("Linkul tău de autorizare a fost folosit"),
        position=120,
    )
)
