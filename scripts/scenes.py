"""What the pictures show and no walk leads to: seen from inside the demo, by its own settings."""

import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from django.utils import timezone

MEMBER, VIEWER = "demo@caraus.example", "cititor@caraus.example"

# A pasted fleet with two lines that are wrong.
FLEET = """Număr;Fel;Notă
CJ 77 ABC;cap tractor;Volvo FH, Ionescu
CJ 79 NOU;remorcă;
CJ 78 REM;semiremorcă;Schmitz, prelată
CJ 12 DUB;autoutilitară;
CJ 80 REM;zmeu;Kögel
fără număr;camion;MAN nou, de la leasing
"""


def enter(settings_file: Path) -> None:
    """Take the running demo's settings, and its database."""
    for line in settings_file.read_text().splitlines():
        name, _, value = line.partition("=")
        os.environ[name] = value
    os.environ["DJANGO_SETTINGS_MODULE"] = "caraus.settings"
    # Playwright's loop runs in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    import django

    django.setup()


def pages() -> dict[str, str]:
    """Pages that this demo does not serve: open sign-up, the first account, /stil, HTTP 500."""
    from django.test import Client, RequestFactory, override_settings

    from caraus.accounts.models import User
    from caraus.web.views import errors

    visitor, member = Client(SERVER_NAME="127.0.0.1"), Client(SERVER_NAME="127.0.0.1")
    member.force_login(User.objects.get(email=MEMBER))
    with override_settings(SIGNUP="open", ROOT_URLCONF="tests.web.with_style"):
        sign_up = visitor.get("/cont/signup/").content
        style = member.get("/stil").content
    with patch("caraus.accounts.server_setup.is_setup_secret", return_value=True):
        set_up = visitor.get("/inceput/x/").content
    error = errors.server_error(RequestFactory().get("/")).content
    views = {"cont-nou": sign_up, "inceput": set_up, "eroare-500": error, "stil": style}
    return {name: body.decode() for name, body in views.items()}


def people() -> tuple[str, str]:
    """Make a reader, an invitation, and an address for notifications: the reader's session, the
    invitation's link."""
    from django.test import Client

    from caraus.accounts import members
    from caraus.accounts.models import Membership, User

    owner = Membership.objects.select_related("organization").get(user__email=MEMBER)
    reader = User.objects.create_user(VIEWER, None, name="Radu Cititorul")
    Membership.objects.create(user=reader, organization=owner.organization, role="viewer")
    _, secret = members.invite_member(owner, email="dana.ionescu@example.ro", role="dispatcher")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    return client.cookies["sessionid"].value, f"/invitatie/{secret}/"


def export_under_way() -> int:
    """Make an export of which the worker knows nothing: it stands where it is. Return its key."""
    from caraus.accounts.models import Membership
    from caraus.workspace.models import ListExport

    owner = Membership.objects.select_related("organization", "user").get(user__email=MEMBER)
    now = timezone.now()
    export = ListExport.objects.create(
        organization=owner.organization,
        user=owner.user,
        kind="xlsx",
        query="",
        requested_at=now,
        started_at=now,
        total=48_210,
        done=31_500,
    )
    return export.pk


class Authorization:
    """The member's own, put into another state and back."""

    FIELDS = ("status", "authorized_at", "last_failure_code", "refresh_failures")

    def __init__(self) -> None:
        from caraus.authorizations.models import Authorization

        self._all = Authorization.objects
        self._key = self._all.filter(status="active").latest("authorized_at").pk
        self._before = self._all.filter(pk=self._key).values(*self.FIELDS).get()

    def ends_soon(self) -> None:
        self._set(authorized_at=timezone.now() - timedelta(days=721))

    def limps(self) -> None:
        self._set(last_failure_code="timeout", refresh_failures=3)

    def refused(self) -> None:
        self._set(status="reauthorize", last_failure_code="refresh_rejected")

    def as_before(self) -> None:
        self._set(**self._before)

    def _set(self, **fields: object) -> None:
        self._all.filter(pk=self._key).update(**fields)
