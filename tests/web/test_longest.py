"""Every field at its longest: pages, exports, cards and e-mails hold, and nothing is too wide."""

from typing import Any

from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Model
from django.test import Client
from playwright.sync_api import Browser

from caraus.accounts.models import Company, Invitation, Organization, User
from caraus.authorizations.models import Authorization, ExternalLink
from caraus.core import fields
from caraus.fleet.models import Vehicle
from caraus.lists.models import Draft
from caraus.notifications.emails import compose_email
from caraus.notifications.messages import TITLE_LENGTH
from caraus.notifications.models import Notification, NotifiedUit
from caraus.transports.models import Transport, TransportNote, UnreadableRecord
from caraus.workspace import exports
from caraus.workspace.models import ListExport, SavedView
from tests.notifications.plain import plain_facts
from tests.web.page_server import HOLDER, PageServer
from tests.web.test_everyone import all_pages, different

# The widest letter, without a place to break a line.
WIDEST = "W"
EMAIL = f"{'w' * 64}@{'w' * 63}.{'w' * 63}.{'w' * 58}.ro"
# Of columns without a width: as long as ANAF lets a declarant write.
REFERENCE = WIDEST * 1000
PLATE = WIDEST * 20
PLACE = {"full_address": REFERENCE, "locality": WIDEST * 100, "street": REFERENCE, "county": "CJ"}
TEXTS: dict[type[Model], dict[str, Any]] = {
    Transport: {
        **dict.fromkeys(("declarant_name", "declarant_ref", "carrier_name"), REFERENCE),
        **dict.fromkeys(("plate", "trailer1", "trailer2", "declarant_cui"), PLATE),
        "start": PLACE,
        "end": PLACE,
        "documents": [{"text": REFERENCE, "value": REFERENCE}],
    },
    TransportNote: {"text": REFERENCE},
    UnreadableRecord: {"raw": REFERENCE, "reason": REFERENCE},
    Notification: {"facts": plain_facts(WIDEST * TITLE_LENGTH, REFERENCE)},
    NotifiedUit: {"facts": plain_facts(WIDEST * TITLE_LENGTH)},
    Invitation: {"email": EMAIL},
    ExternalLink: {"email": EMAIL},
}
# Columns with a width, filled to the last place.
COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Organization: ("name",),
    Company: ("name",),
    User: ("name",),
    Authorization: (
        "person_name",
        "certificate_serial",
        "certificate_holder",
        "last_failure_detail",
    ),
    ExternalLink: ("sender_name",),
    Vehicle: ("plate", "note", "driver", "phone"),
    Draft: ("name",),
    SavedView: ("name",),
}
# Within a frame another width is laid out without a new screen to paint.
NEEDED = """widths => widths.map(width => {
    frameElement.width = width;
    if (innerWidth !== width) throw new Error(`${innerWidth} is not ${width}`);
    return [width, document.documentElement.scrollWidth];
})"""


def fill(owner: User) -> None:
    """Put the longest text into all that people, ANAF and other companies write."""
    for model, texts in TEXTS.items():
        assert model._default_manager.update(**texts), model
    for model, names in COLUMNS.items():
        widths = {name: getattr(model._meta.get_field(name), "max_length", None) for name in names}
        assert all(widths.values()), (model, widths)
        longest = {name: WIDEST * (width or 0) for name, width in widths.items()}
        assert model._default_manager.update(**longest), model
    User.objects.filter(pk=owner.pk).update(email=EMAIL)
    owner.refresh_from_db()
    assert (len(owner.email), len(owner.name)) == (fields.EMAIL_LENGTH, fields.PERSON_NAME_LENGTH)


def test_no_page_is_wider_than_its_screen_at_the_longest(
    owner: User,
    ids: dict[str, int],
    settings: LazySettings,
    browser: Browser,
    page_server: PageServer,
) -> None:
    settings.SIGNUP = "open"
    ListExport.objects.update(total=3)
    fill(owner)
    pages = all_pages(owner, ids, "ro")
    assert len(pages) > 60
    page = browser.new_page(reduced_motion="reduce")
    page.goto(page_server.origin + HOLDER)
    frame = page.main_frame.child_frames[0]
    wide: list[str] = []
    for name, (path, body) in different(pages).items():
        page_server.pages = {path: body}
        frame.goto(page_server.origin + path)
        for width, needed in frame.evaluate(NEEDED, [390, 768, 1280]):
            if needed > width:
                wide.append(f"{name} is {needed} px wide on a screen of {width}")
    page.close()
    assert not wide, "\n".join(wide)


def test_exports_cards_and_emails_hold_the_longest(owner: User, ids: dict[str, int]) -> None:
    fill(owner)
    client = Client()
    client.force_login(owner)
    for kind in ("csv", "xlsx"):
        client.post("/transporturi/export/", {"vedere": "arata=toate", "fel": kind})
        export = ListExport.objects.latest("pk")
        exports.run_export(export_id=export.pk)
        response: Any = client.get(f"/transporturi/export/{export.pk}/fisier/")
        content = b"".join(response)
        assert response.status_code == 200
        if kind == "csv":
            assert REFERENCE in content.decode("utf-8-sig")
    uit = f"/transporturi/{ids['transporturi/<int:pk>/']}/"
    assert client.get(f"{uit}fisa-soferului.pdf").content.startswith(b"%PDF")
    assert PLATE in client.get(f"{uit}text-pentru-sofer/").content.decode()
    assert client.post("/cont/date/export/").status_code == 200
    for notification in Notification.objects.select_related("user", "organization"):
        email = compose_email([notification])
        assert isinstance(email, EmailMultiAlternatives)
        assert email.message().as_bytes()
