"""Things of an organization."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from django.utils import timezone

from caraus.accounts import members
from caraus.accounts.models import Membership, Organization, User
from caraus.authorizations import links
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.fleet.changes import as_entry
from caraus.fleet.models import Issue, Vehicle
from caraus.lists.models import Draft
from caraus.notifications.models import Notification, NotifiedUit
from caraus.transports.models import Transport, TransportNote, UnreadableRecord
from caraus.workspace.models import ListExport, ListExportPart, SavedView
from tests import factories
from tests.client_handler import PlainClient
from tests.http_servers import serving
from tests.notifications.plain import plain, plain_facts
from tests.web.addresses import SECRET
from tests.web.page_server import PageServer


@pytest.fixture
def page_server() -> Iterator[PageServer]:
    with serving(PageServer()) as server:
        yield server


@pytest.fixture
def other_organization(owner: User) -> Organization:
    """Create another organization of the owner's."""
    other_organization = factories.organization("Zet Trans")
    Membership.objects.create(user=owner, organization=other_organization, role="owner")
    return other_organization


@pytest.fixture
def tab(owner: User) -> PlainClient:
    """Return a tab of the owner's browser."""
    client = PlainClient()
    client.force_login(owner)
    return client


@pytest.fixture
def ids(organization: Organization, owner: User) -> dict[str, int]:
    """Things of an organization that the visitor does not belong to, by route."""
    company = factories.company(organization, name=SECRET)
    authorization = factories.authorization(organization, authorized_by=factories.user(name=SECRET))
    now = timezone.now()
    transport = Transport.objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        declarant_name=SECRET,
        transport_date=now.date(),
        first_expired_day=now.date(),
        first_seen_at=now,
        last_seen_at=now,
        last_changed_at=now,
    )
    unreadable = UnreadableRecord.objects.create(
        company=company,
        digest="d",
        raw=SECRET,
        reason=SECRET,
        first_seen_at=now,
        last_seen_at=now,
    )
    issue = Issue.objects.create(
        company=company, transport=transport, code="retired", plate_field="plate", plate="B12ABC"
    )
    note = TransportNote.objects.create(transport=transport, author=owner, text=SECRET)
    member = factories.member(organization, "dispatcher", name=SECRET)
    invitation, _ = members.invite_member(
        Membership.objects.get(user=owner), email="secret@example.ro", role="viewer"
    )
    membership = Membership.objects.get(user=member)
    notification = Notification.objects.create(
        user=owner,
        organization=organization,
        kind="test",
        key="1",
        message=plain.code,
        facts=plain_facts(SECRET, SECRET),
    )
    burst = Notification.objects.create(
        user=owner, organization=organization, kind="uit_new", key="2", is_burst=True
    )
    for number in range(2):
        NotifiedUit.objects.create(
            user=owner,
            organization=organization,
            company=company,
            kind="uit_new",
            key=str(number),
            message=plain.code,
            facts=plain_facts(SECRET),
            address=f"/transporturi/{transport.pk}/",
            notification=burst,
        )
    export = ListExport.objects.create(
        organization=organization,
        user=owner,
        kind="csv",
        query=f"q={SECRET}",
        companies=[company.pk],
        requested_at=now,
        finished_at=now,
        total=1,
    )
    ListExportPart.objects.create(export=export, number=0, content=SECRET.encode())
    view = SavedView.objects.create(organization=organization, user=owner, name=SECRET)
    link, _ = links.create_link(Membership.objects.get(user=owner))
    vehicle = Vehicle.objects.create(company=company, plate="B123ABC", note=SECRET)
    vehicle_as_added = asdict(as_entry(vehicle))
    draft, companies_draft = (
        Draft.objects.create(
            organization=organization,
            company=of_fleet,
            user=owner,
            rows=[[1, [SECRET]]],
            roles=[role],
            taken_at=now,
            added=[added],
        )
        for of_fleet, role, added in (
            (company, "plate", [vehicle.pk, vehicle_as_added]),
            (None, "cui", [company.pk, SECRET, False]),
        )
    )
    change = VehicleChange.objects.create(
        company=company,
        transport=transport,
        uit=transport.uit,
        plate="B123ABC",
        moment=now,
        note=SECRET,
        state="held",
    )
    attempt = FilingAttempt.objects.create(
        change=change, reference="CRS-1", xml=SECRET.encode(), sha256="0" * 64, sent_at=now
    )
    response = FilingResponse.objects.create(
        attempt=attempt,
        kind="upload",
        began_at=now,
        ended_at=now,
        sent=True,
        body=SECRET.encode(),
        complete=True,
    )
    return {
        "depuneri/uit/<int:pk>/": transport.pk,
        "depuneri/grup/<int:pk>/": change.pk,
        "depuneri/<int:pk>/": change.pk,
        "depuneri/<int:pk>/hotarare/": change.pk,
        "depuneri/firme/<int:pk>/": company.pk,
        "depuneri/membri/<int:pk>/": membership.pk,
        "depuneri/incercari/<int:pk>/depunere.xml": attempt.pk,
        "depuneri/raspunsuri/<int:pk>/raspuns.txt": response.pk,
        "flota/<int:pk>/": vehicle.pk,
        "flota/<int:pk>/retragere/": vehicle.pk,
        "flota/<int:pk>/stergere/": vehicle.pk,
        "flota/din-uit/<int:pk>/": transport.pk,
        "flota/import/<int:pk>/": draft.pk,
        "flota/probleme/<int:pk>/": issue.pk,
        "flota/import/<int:pk>/renuntare/": draft.pk,
        "flota/import/<int:pk>/anulare/": draft.pk,
        "integrari/<int:pk>/drepturi/": authorization.pk,
        "integrari/<int:pk>/test/": authorization.pk,
        "integrari/linkuri/<int:pk>/retragere/": link.pk,
        "integrari/linkuri/<int:pk>/retrimitere/": link.pk,
        "notificari/<int:pk>/": notification.pk,
        "organizatie/membri/<int:pk>/": membership.pk,
        "organizatie/membri/<int:pk>/eliminare/": membership.pk,
        "organizatie/invitatii/<int:pk>/retrimitere/": invitation.pk,
        "organizatie/invitatii/<int:pk>/link/": invitation.pk,
        "organizatie/invitatii/<int:pk>/retragere/": invitation.pk,
        "firme/<int:pk>/arhivare/": company.pk,
        "firme/<int:pk>/stergere/": company.pk,
        "firme/lista/<int:pk>/": companies_draft.pk,
        "firme/lista/<int:pk>/renuntare/": companies_draft.pk,
        "firme/lista/<int:pk>/anulare/": companies_draft.pk,
        "integrari/<int:pk>/deconectare/": authorization.pk,
        "transporturi/<int:pk>/": transport.pk,
        "transporturi/<int:pk>/fisa-soferului.pdf": transport.pk,
        "transporturi/<int:pk>/marcaj/": transport.pk,
        "transporturi/<int:pk>/contact-declarant/": transport.pk,
        "transporturi/<int:pk>/cerere/": transport.pk,
        "transporturi/<int:pk>/note/": transport.pk,
        "transporturi/note/<int:pk>/": note.pk,
        "transporturi/note/<int:pk>/stergere/": note.pk,
        "transporturi/necitite/<int:pk>/": unreadable.pk,
        "transporturi/vederi/<int:pk>/": view.pk,
        "transporturi/export/<int:pk>/": export.pk,
        "transporturi/export/<int:pk>/fisier/": export.pk,
        "transporturi/sincronizari/<int:pk>/": company.pk,
        "firme/<int:pk>/": company.pk,
    }
