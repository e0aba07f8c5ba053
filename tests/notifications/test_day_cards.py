"""The card of all that ends on a day: what is dealt with since is neither counted nor named."""

import pytest
from django.test import Client

from caraus.accounts.models import Company, User
from caraus.core.formatting import today
from caraus.transports.marks import mark_transports
from tests.notifications.test_cards import alarm, rows_of, uit_of_day


@pytest.mark.parametrize("number", [3, 12])
def test_a_card_of_a_day_leaves_out_what_is_dealt_with_since(
    signed_in: Client, company: Company, owner: User, number: int
) -> None:
    uits = [uit_of_day(company, today(), each) for each in range(number)]
    alarm(today(), 16)
    mark_transports([uits[0]], "unloaded", owner)
    mark_transports([uits[1]], "taken", owner)  # it still has to be dealt with
    ((title, detail),) = rows_of(signed_in)
    assert title.startswith(f"Tot ce expiră azi: {number - 1} UIT-uri · ")
    assert detail.split(" · ") == [f"KLM{each:03}" for each in range(1, number)]
    mark_transports(uits[1:-1], "fine", owner)
    ((title, detail),) = rows_of(signed_in)
    assert f"KLM{number - 1:03}" in title + detail
    assert "KLM000" not in title + detail
    mark_transports(uits[-1:], "unloaded", owner)
    ((title, _),) = rows_of(signed_in)  # of the past: what it was
    assert title.startswith(f"Tot ce expiră azi: {number} UIT-uri · ")
