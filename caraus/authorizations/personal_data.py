"""What authorizations keep about a person, for that person's export."""

from typing import Any

from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.accounts.personal_data import register_exporter
from caraus.authorizations.models import Authorization
from caraus.core.formatting import gettext_lazy


def _authorizations(user: User) -> list[dict[str, Any]]:
    return [
        {
            gettext("persoana"): row["person_name"],
            gettext("titularul certificatului"): row["certificate_holder"],
            gettext("data"): row["authorized_at"].isoformat(),
        }
        for row in Authorization.objects.filter(authorized_by=user).values(
            "person_name", "certificate_holder", "authorized_at"
        )
    ]


register_exporter(gettext_lazy("autorizări SPV"), _authorizations)
