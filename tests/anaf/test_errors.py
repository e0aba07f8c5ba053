"""The codes of errors, and what an error may say; the texts are above the boundary."""

import ast
import re
from pathlib import Path

import pytest

import caraus.anaf
from caraus.anaf.errors import ERRORS, AnafError, Outcome, masked

from .samples import signed

BRIEF = {
    *("refused", "timeout", "network", "dns", "http_5xx", "waf_rejected", "html", "cut_json"),
    *("empty_body", "unexpected_shape", "technical_error", "rate_limited", "daily_limit"),
    *("no_rights_any", "no_rights_cui", "bad_cui", "bad_request", "token_refused", "forbidden"),
    *("redirected", "client_error", "cancelled", "access_denied_other", "code_expired"),
    *("invalid_client", "invalid_grant", "token_endpoint_down", "token_bad_response"),
    *("refresh_rejected", "missing_configuration"),
}


#: Texts of ANAF's own with Romanian letters: the names of its kinds of documents.
OF_ANAF = {"Factură", "Aviz de însoțire a mărfii"}


def test_every_known_error_has_its_code() -> None:
    assert set(ERRORS) >= BRIEF


def test_nobody_is_asked_to_authorize_where_the_error_passes_by_itself() -> None:
    for error_class in ERRORS.values():
        assert error_class.outcome is not Outcome.OK
        assert not (error_class.retryable and error_class.outcome is Outcome.REAUTHORIZE)


def test_an_error_carries_its_code_and_what_follows_from_it() -> None:
    error = AnafError("daily_limit", http_status=200, detail="x", retry_after=3.0, limit=1000)
    assert str(error) == error.code == "daily_limit"
    assert error.outcome is Outcome.RATE_LIMITED
    assert (error.http_status, error.retry_after, error.limit) == (200, 3.0, 1000)
    assert error.retryable


def test_the_boundary_holds_no_text_for_people() -> None:
    """It imports no translation, and no string in it but docstrings is written in Romanian."""
    for path in sorted(Path(caraus.anaf.__path__[0]).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not [name for name in names if "gettext" in name], path
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in docstrings and node.value not in OF_ANAF:
                assert not re.search("[ăâîșțĂÂÎȘȚ]", node.value), f"{path}:{node.lineno}"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def-1 end", "abc.def-1"),
        ("Basic Y2xpZW50OnNlY3JldA== end", "Y2xpZW50OnNlY3JldA=="),
        (f"got {signed(exp=1)} end", signed(exp=1)[3:]),
        ('{"access_token":"short1","x":1} end', "short1"),
        ("refresh_token=short2&x=1 end", "short2"),
        ("client_secret: short3 end", "short3"),
        ("key=Authorization val=[Bearer 9711223] end", "9711223"),
        ("a" * 64 + " end", "a" * 40),
    ],
)
def test_what_looks_like_a_token_is_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "end" in masked(text)


def test_known_secrets_are_masked_however_they_look() -> None:
    assert "pass" not in masked("it was pass, word for word", secrets=["pass"])


def test_what_helps_diagnosis_stays() -> None:
    text = "HTTP 500 trace_id 8edae804-8f3f-44ad-90fa-c0e2c4d1c778 Cod: XXX support ID is: 123"
    assert masked(text) == text


def test_a_detail_is_short_and_on_one_line() -> None:
    detail = AnafError("html", detail="line one\nline two " * 1000).detail
    assert len(detail) == 500
    assert "\n" not in detail
