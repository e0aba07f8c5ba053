"""A dispatcher asks for an e-mail, ANAF shows a new UIT, and it comes by bell and by SMTP."""

import re
from concurrent.futures import ThreadPoolExecutor

from django.conf import LazySettings
from django.db import connection as database
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, User
from tests.mail import MailServer
from tests.transports.test_notifications import Anaf
from tests.worker import Worker


def test_a_new_uit_comes_by_bell_and_by_smtp_without_javascript_on_a_phone(
    live_server: LiveServer,
    worker: Worker,
    smtp: MailServer,
    company: Company,
    owner: User,
    client: Client,
    settings: LazySettings,
    browser: Browser,
) -> None:
    settings.PUBLIC_URL = live_server.url
    anaf = Anaf(company)
    anaf.store()
    record = anaf.record()
    client.force_login(owner)
    session = client.cookies["sessionid"].value

    def anaf_answers() -> None:
        anaf.store(record)
        worker.drain()
        database.close()  # a thread's own

    with ThreadPoolExecutor(1) as elsewhere:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": 390, "height": 844},
            java_script_enabled=False,
            locale="ro-RO",
        )
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto("/notificari/preferinte/")
        row = page.get_by_role("row", name="UIT nou")
        expect(row.get_by_label("Clopoțel")).to_be_checked()
        expect(row.get_by_label("E-mail imediat")).not_to_be_checked()
        row.get_by_label("E-mail imediat").check()
        page.get_by_role("button", name="Salvează").click()
        expect(page.get_by_text("Preferințele au fost salvate.")).to_be_visible()
        expect(row.get_by_label("E-mail imediat")).to_be_checked()

        elsewhere.submit(anaf_answers).result()
        (email,) = smtp.messages
        assert email["Subject"] == "UIT nou: 3A0C 4D7E 9F1H 2J47"
        text, html = (part.get_content() for part in email.iter_parts())
        (link,) = re.findall(r"Vezi UIT-ul: (\S+)", text)
        assert f'href="{link}"' in html
        page.goto(link)
        heading = page.get_by_role("heading", name="3A0C4D7E9F1H2J47")
        expect(heading).to_be_visible()
        page.get_by_role("link", name="Notificări: 1 necitită").click()
        page.get_by_role("link", name="UIT nou").click()
        expect(heading).to_be_visible()
        expect(page.get_by_role("link", name="Notificări", exact=True)).to_be_visible()
        context.close()
