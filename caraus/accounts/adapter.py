"""What sign-in by e-mail does differently from django-allauth's defaults."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by `caraus createuser`; nobody signs up from the web yet."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
