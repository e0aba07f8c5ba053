"""The team's notes on a UIT: who may write and change them; bad input is not lost."""

import pytest
from django.test import Client

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.transports.models import Transport, TransportNote
from tests import factories
from tests.transports.test_views import client_of, transport


@pytest.fixture
def row(company: Company) -> Transport:
    return transport(company)


def page_of(client: Client, row: Transport) -> str:
    return client.get(f"/transporturi/{row.pk}/").content.decode()


def test_a_note_is_written_read_by_all_changed_and_deleted_by_its_author_alone(
    organization: Organization, owner: User, teammate: User, row: Transport
) -> None:
    dispatcher = factories.member(organization, "dispatcher", name="Dana Dispecer")
    client = client_of(dispatcher)
    fields = {"text": "Sună la rampă\r\n<b>înainte</b> de 8"}
    response = client.post(f"/transporturi/{row.pk}/note/", fields)
    assert response["Location"] == f"/transporturi/{row.pk}/#note"
    note = TransportNote.objects.get()
    assert (note.text, note.author) == ("Sună la rampă\n<b>înainte</b> de 8", dispatcher)
    page = page_of(client_of(teammate), row)
    assert "Dana Dispecer" in page
    assert "&lt;b&gt;înainte" in page
    assert "Adaugă nota" not in page
    assert f"/transporturi/note/{note.pk}/" not in page_of(client_of(owner), row)
    assert f"/transporturi/note/{note.pk}/" in page_of(client, row)
    for colleague in (owner, teammate):
        for path in ("", "stergere/"):
            refused = client_of(colleague).post(
                f"/transporturi/note/{note.pk}/{path}", {"text": "x"}
            )
            assert refused.status_code == 403
    assert "<b>înainte" in TransportNote.objects.get().text
    address = f"/transporturi/note/{note.pk}/"
    assert "Sună la rampă" in client.get(address).content.decode()
    client.post(address, {"text": "Sună la 9"})
    note.refresh_from_db()
    assert note.text == "Sună la 9"
    assert note.edited_at
    assert "schimbată" in page_of(client, row)
    client.post(f"{address}stergere/")
    assert not TransportNote.objects.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("   ", "Scrie ceva în notă."), ("ș" * 4001, "Nota are 4001 de caractere")],
)
def test_a_bad_note_says_why_and_nothing_typed_is_lost(
    signed_in: Client, owner: User, row: Transport, text: str, sentence: str
) -> None:
    note = TransportNote.objects.create(transport=row, author=owner, text="veche")
    for path in (f"/transporturi/{row.pk}/note/", f"/transporturi/note/{note.pk}/"):
        page = signed_in.post(path, {"text": text}).content.decode()
        assert sentence in page
        assert f">\n{text}</textarea>" in page
    assert TransportNote.objects.get().text == "veche"


def test_a_member_restricted_to_another_company_neither_reads_nor_writes(
    organization: Organization, owner: User, row: Transport
) -> None:
    note = TransportNote.objects.create(transport=row, author=owner, text="a noastră")
    restricted = factories.member(organization, "dispatcher")
    membership = Membership.objects.get(user=restricted)
    membership.only_some_companies = True
    membership.save()
    for path in (f"{row.pk}/note/", f"note/{note.pk}/", f"note/{note.pk}/stergere/"):
        assert client_of(restricted).post(f"/transporturi/{path}", {"text": "x"}).status_code == 404
    assert TransportNote.objects.get().text == "a noastră"


def test_a_note_outlives_its_author_without_a_name(
    signed_in: Client, organization: Organization, row: Transport
) -> None:
    former = factories.member(organization, "dispatcher", name="Ion Plecat")
    TransportNote.objects.create(transport=row, author=former, text="rămâne")
    former.delete()
    page = page_of(signed_in, row)
    assert "rămâne" in page
    assert "un fost membru" in page
    assert "Ion Plecat" not in page
