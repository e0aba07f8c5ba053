"""The keys that a form or an address names."""

import pytest

from caraus.core.queries import parse_key, parse_keys


@pytest.mark.parametrize(
    ("text", "key"),
    [("12", 12), ("", 0), ("-1", 0), ("1²", 0), ("१२", 0), ("9" * 18, 10**18 - 1), ("9" * 19, 0)],
)
def test_what_is_no_key_names_no_row(text: str, key: int) -> None:
    assert parse_key(text) == key
    assert parse_keys([text, "7"]) == ([key, 7] if key else [7])
    assert parse_keys(["1", "2", "3"], limit=2) == [1, 2]
