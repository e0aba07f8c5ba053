"""What the bell in every page's frame needs."""

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest

from caraus.accounts.models import User
from caraus.notifications.visible_notifications import count_unread


def bell_context(request: HttpRequest) -> dict[str, Any]:
    """Provide the number of unread notifications, counted when a page shows it."""
    if not isinstance(getattr(request, "user", None), User):
        return {}
    return {"unread_notifications": cache(lambda: _unread(request))}


def _unread(request: HttpRequest) -> int:
    try:
        return count_unread(request)
    except Http404:  # a member of no organization
        return 0
