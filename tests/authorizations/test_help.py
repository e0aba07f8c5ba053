"""Help per cause: a page for each, linked from the error itself, open to the holder of a link."""

import pytest
from django.test import Client

from caraus.authorizations.anaf_errors.help import HELP_BY_SLUG, HELP_PAGES
from caraus.authorizations.anaf_errors.table import help_for

OWED = {
    "anulata": "cancelled",
    "prea-tarziu": "code_expired",
    "fara-fereastra-de-certificat": "",
    "certificat-neinrolat": "access_denied_other",
    "inrolat-sub-24-de-ore": "no_rights_any",
    "fara-drept-pentru-cui": "no_rights_cui",
    "aplicatie-neinrolata": "forbidden",
    "adresa-de-intoarcere": "authorize_refused",
    "sesiune-incheiata": "",
    "fereastra-blocata": "",
}


def test_every_cause_has_its_page() -> None:
    assert set(HELP_BY_SLUG) == set(OWED)
    for slug, code in OWED.items():
        if code:
            text = help_for(code)
            assert text
            assert text.slug == slug
    assert help_for("timeout") is None


@pytest.mark.parametrize("cause", HELP_PAGES, ids=lambda cause: cause.slug)
def test_a_page_says_what_happened_and_the_steps(cause: object, client: Client, db: None) -> None:
    page = client.get(f"/integrari/ajutor/{cause.slug}/").content.decode()  # type: ignore[attr-defined]
    assert str(cause.title) in page.replace("&quot;", '"')  # type: ignore[attr-defined]
    assert page.count("<li>") >= 3
    assert cause.slug in client.get("/integrari/ajutor/").content.decode()  # type: ignore[attr-defined]


def test_an_unknown_cause_is_no_page(client: Client, db: None) -> None:
    assert client.get("/integrari/ajutor/altceva/").status_code == 404


@pytest.mark.parametrize(
    "slug", ["fara-fereastra-de-certificat", "fereastra-blocata", "sesiune-incheiata"]
)
def test_what_no_response_explains_is_linked_beside_the_button(
    signed_in: Client, slug: str
) -> None:
    assert f"/integrari/ajutor/{slug}/" in signed_in.get("/integrari/").content.decode()
