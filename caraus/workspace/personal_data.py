"""What the workspace keeps about a person, for that person's export."""

from typing import Any

from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.accounts.personal_data import register_exporter
from caraus.core.formatting import gettext_lazy
from caraus.transports.models import TransportNote
from caraus.workspace.models import SavedView


def _saved_views(user: User) -> list[dict[str, Any]]:
    views = SavedView.objects.filter(user=user).order_by("pk").values("name", "query")
    return [dict(view) for view in views]


def _notes(user: User) -> list[dict[str, Any]]:
    return [
        {gettext("când"): row["created_at"].isoformat(), gettext("ce"): row["text"]}
        for row in TransportNote.objects.filter(author=user).values("created_at", "text")
    ]


register_exporter(gettext_lazy("vederi salvate"), _saved_views)
register_exporter(gettext_lazy("note"), _notes)
