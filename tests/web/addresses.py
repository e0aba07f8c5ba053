"""Every address of the product, placed: what an outsider gets there; and how to ask for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from caraus.accounts import access
from caraus.accounts.models import Company, Invitation, Membership, Organization
from caraus.authorizations.models import Authorization, ExternalLink
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.fleet.models import Vehicle
from caraus.lists.models import Draft
from caraus.notifications.models import Notification
from caraus.transports.models import Transport, TransportNote, UnreadableRecord
from tests import factories

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# Addresses of things: what a member of another organization gets with a real id. The rest is 405.
OBJECT_ROUTES = {
    "integrari/<int:pk>/deconectare/": {"POST": 404},
    "integrari/<int:pk>/drepturi/": {"GET": 404},
    "integrari/<int:pk>/test/": {"GET": 404, "POST": 404},
    "integrari/linkuri/<int:pk>/retragere/": {"POST": 404},
    "integrari/linkuri/<int:pk>/retrimitere/": {"POST": 404},
    "transporturi/<int:pk>/": {"GET": 404},
    "transporturi/<int:pk>/fisa-soferului.pdf": {"GET": 404},
    "transporturi/<int:pk>/text-pentru-sofer/": {"GET": 404},
    "transporturi/<int:pk>/marcaj/": {"POST": 404},
    "transporturi/<int:pk>/contact-declarant/": {"POST": 404},
    "transporturi/<int:pk>/cerere/": {"POST": 404},
    "transporturi/<int:pk>/note/": {"POST": 404},
    "transporturi/note/<int:pk>/": {"GET": 404, "POST": 404},
    "transporturi/note/<int:pk>/stergere/": {"POST": 404},
    "transporturi/necitite/<int:pk>/": {"GET": 404},
    "transporturi/vederi/<int:pk>/": {"POST": 404},
    "transporturi/export/<int:pk>/": {"GET": 404},
    "transporturi/export/<int:pk>/fisier/": {"GET": 404},
    "transporturi/sincronizari/<int:pk>/": {"GET": 404},
    "flota/<int:pk>/": {"GET": 404, "POST": 404},
    "flota/<int:pk>/retragere/": {"POST": 404},
    "flota/<int:pk>/stergere/": {"POST": 404},
    "flota/din-uit/<int:pk>/": {"POST": 404},
    "flota/probleme/<int:pk>/": {"POST": 404},
    "flota/import/<int:pk>/": {"GET": 404, "POST": 404},
    "flota/import/<int:pk>/renuntare/": {"POST": 404},
    "flota/import/<int:pk>/anulare/": {"POST": 404},
    "depuneri/uit/<int:pk>/": {"GET": 404, "POST": 404},
    "depuneri/grup/<int:pk>/": {"GET": 404, "POST": 404},
    "depuneri/<int:pk>/": {"GET": 404},
    "depuneri/<int:pk>/hotarare/": {"POST": 404},
    "depuneri/firme/<int:pk>/": {"POST": 404},
    "depuneri/membri/<int:pk>/": {"POST": 404},
    "depuneri/incercari/<int:pk>/depunere.xml": {"GET": 404},
    "depuneri/raspunsuri/<int:pk>/raspuns.txt": {"GET": 404},
    "firme/<int:pk>/": {"GET": 404, "POST": 404},
    "notificari/<int:pk>/": {"GET": 404, "POST": 404},
    "firme/<int:pk>/arhivare/": {"POST": 404},
    "firme/<int:pk>/stergere/": {"POST": 404},
    "firme/lista/<int:pk>/": {"GET": 404, "POST": 404},
    "firme/lista/<int:pk>/renuntare/": {"POST": 404},
    "firme/lista/<int:pk>/anulare/": {"POST": 404},
    "organizatie/membri/<int:pk>/": {"GET": 404, "POST": 404},
    "organizatie/membri/<int:pk>/eliminare/": {"POST": 404},
    "organizatie/invitatii/<int:pk>/retrimitere/": {"POST": 404},
    "organizatie/invitatii/<int:pk>/link/": {"POST": 404},
    "organizatie/invitatii/<int:pk>/retragere/": {"POST": 404},
}
# Addresses that show or change the visitor's own organization only. The rest is 405.
OWN_ROUTES = {
    "": {"GET": 200},
    "integrari/": {"GET": 200},
    "integrari/autorizare/": {"POST": 302},
    "integrari/certificat-reinnoit/": {"GET": 200},
    "integrari/linkuri/": {"GET": 200, "POST": 200},
    "integrari/linkuri/pe-firma/": {"GET": 302, "POST": 302},
    "integrari/linkuri/trimise/": {"GET": 200},
    "anaf/callback": {"GET": 200},
    "transporturi/": {"GET": 200},
    "transporturi/saptamana/": {"GET": 200},
    "transporturi/harta/": {"GET": 200},
    "transporturi/sincronizare/": {"POST": 302},
    "transporturi/export/": {"POST": 200},
    "transporturi/alese/": {"POST": 302},
    "transporturi/camioane/": {"GET": 200},
    "transporturi/cauta/": {"GET": 200},
    "transporturi/fise-soferi.pdf": {"POST": 404},
    "transporturi/texte-pentru-sofer/": {"GET": 404, "POST": 404},
    "transporturi/coloane/": {"POST": 302},
    "transporturi/vederi/": {"GET": 200, "POST": 302},
    "flota/": {"GET": 200, "POST": 200},
    "depuneri/": {"GET": 200},
    "depuneri/vehicul/": {"GET": 200, "POST": 200},
    "flota/import/": {"GET": 200, "POST": 200},
    "flota/de-pe-uit-uri/": {"GET": 200, "POST": 302},
    "flota/din-uit-uri/": {"POST": 302},
    "flota/import/model.csv": {"GET": 200},
    "firme/": {"GET": 200, "POST": 200},
    "firme/alese/": {"POST": 302},
    "firme/lista/": {"GET": 200, "POST": 200},
    "organizatie/": {"GET": 200},
    "organizatie/noua/": {"GET": 200, "POST": 302},
    "organizatie/setari/": {"POST": 302},
    "organizatie/predare/": {"POST": 302},
    "organizatie/parasire/": {"POST": 302},
    "organizatie/stergere/": {"POST": 302},
    "organizatie/pastrare/": {"POST": 302},
    "organizatie/export/": {"POST": 302},
    "organizatie/membri/": {"GET": 200, "POST": 200},
    "organizatie/jurnal/": {"GET": 200},
    "organizatie/jurnal/export/": {"POST": 302},
    "organizatie/starea-aplicatiei/": {"GET": 200},
    "organizatie/starea-aplicatiei/e-mail-de-proba/": {"POST": 302},
    "cont/date/": {"GET": 200},
    "cont/date/export/": {"POST": 200},
    "cont/stergere/": {"GET": 200, "POST": 302},
    "notificari/": {"GET": 200},
    "notificari/clopotel/": {"GET": 200},
    "notificari/citite/": {"POST": 302},
    "notificari/preferinte/": {"GET": 200, "POST": 200},
    "notificari/alarme/": {"GET": 200, "POST": 200},
    "notificari/alarme/iesire/": {"POST": 302},
    "notificari/dispozitiv/": {"POST": 400},  # without the address of a browser
    "notificari/dispozitiv/oprire/": {"POST": 204},
    "notificari/dispozitiv/proba/": {"POST": 410},
}
PUBLIC_ROUTES = {
    "favicon.ico",
    "notificari.js",
    "notificari-dispozitiv-nou/",  # only for a browser that subscribed
    "manifest.webmanifest",
    "healthz",
    "readyz",
    "metrics",  # without its token it is not there
    "limba/",
    "autorizare/",  # who opened no link sees only that
    "integrari/drepturi/",  # who has not just authorized gets 404
    "anaf/nu-am-vrut/",  # only for the browser that has just authorized
    "integrari/ajutor/",
    "integrari/ajutor/<slug:slug>/",
}
# The least role for a method of an address; what is not named here every member may.
MINIMUM_ROLES = {
    "integrari/<int:pk>/deconectare/": {"POST": "admin"},
    "integrari/autorizare/": {"POST": "dispatcher"},
    "integrari/<int:pk>/test/": {"GET": "dispatcher", "POST": "dispatcher"},
    "integrari/linkuri/": {"GET": "dispatcher", "POST": "dispatcher"},
    "integrari/linkuri/<int:pk>/retragere/": {"POST": "dispatcher"},
    "integrari/linkuri/<int:pk>/retrimitere/": {"POST": "dispatcher"},
    "integrari/linkuri/pe-firma/": {"GET": "dispatcher", "POST": "dispatcher"},
    "integrari/linkuri/trimise/": {"GET": "dispatcher"},
    "transporturi/sincronizare/": {"POST": "dispatcher"},
    "transporturi/<int:pk>/note/": {"POST": "dispatcher"},
    "transporturi/<int:pk>/marcaj/": {"POST": "dispatcher"},
    "transporturi/<int:pk>/contact-declarant/": {"POST": "dispatcher"},
    "transporturi/<int:pk>/cerere/": {"POST": "dispatcher"},
    "transporturi/alese/": {"POST": "dispatcher"},
    "flota/probleme/<int:pk>/": {"POST": "dispatcher"},
    "flota/": {"POST": "dispatcher"},
    "flota/<int:pk>/": {"GET": "dispatcher", "POST": "dispatcher"},
    "flota/<int:pk>/retragere/": {"POST": "dispatcher"},
    "flota/<int:pk>/stergere/": {"POST": "dispatcher"},
    "flota/din-uit/<int:pk>/": {"POST": "dispatcher"},
    "flota/import/": {"GET": "dispatcher", "POST": "dispatcher"},
    "flota/de-pe-uit-uri/": {"GET": "dispatcher", "POST": "dispatcher"},
    "flota/din-uit-uri/": {"POST": "dispatcher"},
    "flota/import/<int:pk>/": {"GET": "dispatcher", "POST": "dispatcher"},
    "flota/import/<int:pk>/renuntare/": {"POST": "dispatcher"},
    "flota/import/<int:pk>/anulare/": {"POST": "dispatcher"},
    "depuneri/uit/<int:pk>/": {"GET": "dispatcher", "POST": "dispatcher"},
    "depuneri/vehicul/": {"GET": "dispatcher", "POST": "dispatcher"},
    "depuneri/grup/<int:pk>/": {"POST": "dispatcher"},
    "depuneri/<int:pk>/hotarare/": {"POST": "dispatcher"},
    "depuneri/firme/<int:pk>/": {"POST": "owner"},
    "depuneri/membri/<int:pk>/": {"POST": "owner"},
    "firme/": {"POST": "admin"},
    "firme/lista/": {"GET": "admin", "POST": "admin"},
    "firme/alese/": {"POST": "dispatcher"},
    "firme/<int:pk>/": {"POST": "admin"},
    "firme/<int:pk>/arhivare/": {"POST": "admin"},
    "firme/<int:pk>/stergere/": {"POST": "admin"},
    "firme/lista/<int:pk>/": {"GET": "admin", "POST": "admin"},
    "firme/lista/<int:pk>/renuntare/": {"POST": "admin"},
    "firme/lista/<int:pk>/anulare/": {"POST": "admin"},
    "organizatie/noua/": {"GET": "owner", "POST": "owner"},
    "organizatie/setari/": {"POST": "admin"},
    "organizatie/predare/": {"POST": "owner"},
    "organizatie/stergere/": {"POST": "owner"},
    "organizatie/pastrare/": {"POST": "owner"},
    "organizatie/export/": {"POST": "owner"},
    "notificari/alarme/": {"GET": "admin", "POST": "admin"},
    "organizatie/membri/": {"GET": "admin", "POST": "admin"},
    "organizatie/membri/<int:pk>/": {"GET": "admin", "POST": "admin"},
    "organizatie/membri/<int:pk>/eliminare/": {"POST": "admin"},
    "organizatie/invitatii/<int:pk>/retrimitere/": {"POST": "admin"},
    "organizatie/invitatii/<int:pk>/link/": {"POST": "admin"},
    "organizatie/invitatii/<int:pk>/retragere/": {"POST": "admin"},
    "organizatie/jurnal/": {"GET": "admin"},
    "organizatie/jurnal/export/": {"POST": "admin"},
    "organizatie/starea-aplicatiei/": {"GET": "admin"},
    "organizatie/starea-aplicatiei/e-mail-de-proba/": {"POST": "admin"},
}
# What every member may, the viewer too: looking, leaving, the own account.
EVERY_ROLE = {
    *(
        "",
        "integrari/",
        "integrari/<int:pk>/drepturi/",
        "integrari/certificat-reinnoit/",
        "anaf/callback",
        "transporturi/",
        "transporturi/<int:pk>/",
        "transporturi/<int:pk>/fisa-soferului.pdf",
        "transporturi/<int:pk>/text-pentru-sofer/",
        "transporturi/camioane/",
        "transporturi/cauta/",
        "transporturi/fise-soferi.pdf",
        "transporturi/texte-pentru-sofer/",
        "transporturi/saptamana/",
        "transporturi/harta/",
    ),
    *(
        "transporturi/necitite/<int:pk>/",
        "transporturi/sincronizari/<int:pk>/",
        "transporturi/coloane/",
        "transporturi/vederi/",
        "transporturi/vederi/<int:pk>/",
        "transporturi/export/",
        "transporturi/export/<int:pk>/",
        "transporturi/export/<int:pk>/fisier/",
        "organizatie/",
        "organizatie/parasire/",
    ),
    "flota/import/model.csv",
    *("depuneri/", "depuneri/<int:pk>/", "depuneri/incercari/<int:pk>/depunere.xml"),
    "depuneri/raspunsuri/<int:pk>/raspuns.txt",
    *("cont/date/", "cont/date/export/", "cont/stergere/"),
    *(route for route in [*OBJECT_ROUTES, *OWN_ROUTES] if route.startswith("notificari/")),
}
# Links with a secret: an invented one opens nothing.
SECRET_ROUTES = {"autorizare/<str:secret>/", "invitatie/<str:secret>/", "inceput/<str:secret>/"}
# Sign-in: what anonymous visitors get with GET; 302 leads to the sign-in page.
SIGN_IN_ROUTES = {
    "cont/login/": 200,
    "cont/logout/": 302,
    "cont/inactive/": 200,
    "cont/signup/": 200,
    "cont/reauthenticate/": 302,
    "cont/email/": 302,
    "cont/confirm-email/": 200,
    "cont/password/change/": 302,
    "cont/password/set/": 302,
    "cont/password/reset/": 200,
    "cont/login/code/confirm/": 302,
    "cont/^confirm-email/(?P<key>[-:\\w]+)/$": 200,
    "cont/password/reset/key/done/": 200,
    "cont/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": 200,
    "cont/password/reset/done/": 200,
    "cont/sessions/": 302,
    "cont/2fa/": 302,
    "cont/2fa/authenticate/": 302,
    "cont/2fa/reauthenticate/": 302,
    "cont/2fa/totp/activate/": 302,
    "cont/2fa/totp/deactivate/": 302,
    "cont/2fa/recovery-codes/": 302,
    "cont/2fa/recovery-codes/generate/": 302,
    "cont/2fa/recovery-codes/download/": 302,
    "cont/2fa/webauthn/": 302,
    "cont/2fa/webauthn/add/": 302,
    "cont/2fa/webauthn/reauthenticate/": 302,
    "cont/2fa/webauthn/keys/<int:pk>/remove/": 302,
    "cont/2fa/webauthn/keys/<int:pk>/edit/": 302,
    "cont/2fa/webauthn/login/": 302,
}
SECRET = "Secretul Organizației"


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern)


def address(route: str, ids: dict[str, int]) -> str:
    path = route.replace("<int:pk>", str(ids.get(route, 0)))
    path = path.replace("(?P<key>[-:\\w]+)", "invented:key")
    path = re.sub(r"\(\?P<uidb36>.*?\)-\(\?P<key>.*?\)", "1-invented-key", path)
    return "/" + path.replace("^", "").replace("$", "")


TENANT_MODELS = (
    *(Organization, Company, Membership, Invitation, Authorization, ExternalLink),
    *(VehicleChange, FilingAttempt, FilingResponse),
    *(Notification, Transport, TransportNote, UnreadableRecord, Vehicle, Draft),
)


def methods_of(route: str) -> list[str]:
    """Return the methods that an address has. The others are refused before anybody's rights are
    looked at: `test_stranger.py` sends all of them to every address."""
    return list((OBJECT_ROUTES | OWN_ROUTES)[route])


def organization_rows(organization: Organization) -> list[Any]:
    """Return all of the organization that an outsider could change: the rows as they stand."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for query in _queries(organization):
            cursor.execute(*query)
            rows += cursor.fetchall()
    return rows


@cache
def _queries(organization: Organization) -> list[tuple[str, tuple[Any, ...]]]:
    """Django takes ten times as long to write them as PostgreSQL to answer them."""
    return [
        access.scope(model._default_manager.order_by("pk"), organization).query.sql_with_params()
        for model in TENANT_MODELS
    ]


def send_request(client: Client, method: str, path: str, organization: Organization) -> Any:
    """Send the request of a matrix. Whatever comes, no browser and no proxy may keep it."""
    form = {"organizatie": str(organization.pk), "firma": factories.CUI, "name": "Preluată"}
    data = {"data": form} if method in {"POST", "GET"} else {}
    response: Any = (
        client.generic(method, path) if not data else getattr(client, method.lower())(path, form)
    )
    assert "no-store" in response["Cache-Control"], method
    return response


@contextmanager
def isolated_client(client: Client) -> Iterator[Client]:
    """Yield the client as it is now; what it does in the database, and to its cookies, is undone.

    So each address of a matrix is tried on the same state, which is made once.
    """
    copy = Client()
    copy.handler = client.handler  # building its middleware anew takes longer than most pages
    copy.cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield copy
        transaction.set_rollback(True)


def body_text(response: Any) -> str:
    """Return the body of a response, a file's too."""
    body = b"".join(response) if response.streaming else response.content
    return str(body.decode(errors="replace"))
