"""The table of problems, and what an error may say."""

import re

import pytest

from caraus.anaf.errors import PROBLEMS, AnafError, Outcome, Problem, Whose, masked

from .samples import signed

BRIEF = {
    *("refused", "timeout", "network", "dns", "http_5xx", "waf_rejected", "html", "cut_json"),
    *("empty_body", "unexpected_shape", "technical_error", "rate_limited", "daily_limit"),
    *("no_rights_any", "no_rights_cui", "bad_cui", "bad_request", "token_refused", "forbidden"),
    *("redirected", "client_error", "cancelled", "access_denied_other", "code_expired"),
    *("invalid_client", "invalid_grant", "token_endpoint_down", "token_bad_answer"),
    *("refresh_rejected", "missing_configuration"),
}


def test_every_known_trouble_has_its_problem() -> None:
    assert set(PROBLEMS) >= BRIEF
    assert all(code == problem.code for code, problem in PROBLEMS.items())


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda p: p.code)
def test_every_problem_is_a_sentence_with_advice(problem: Problem) -> None:
    for text in (problem.sentence, problem.advice):
        assert re.fullmatch(r"[A-ZÎȘȚ].*\.", text)
        assert not re.search("[şţŞŢ]", text), "ș and ț have a comma, not a cedilla"
        assert "  " not in text


def test_no_two_problems_are_told_in_the_same_words() -> None:
    assert len({p.sentence for p in PROBLEMS.values()}) == len(PROBLEMS)


def test_a_human_is_asked_only_where_a_human_helps() -> None:
    for problem in PROBLEMS.values():
        assert problem.outcome is not Outcome.OK
        if problem.whose is Whose.AUTHORIZATION:
            assert problem.outcome is Outcome.REAUTHORIZE
        assert (problem.outcome is Outcome.NO_RIGHTS) == (problem.whose is Whose.RIGHTS)
        assert not (problem.retryable and problem.outcome is Outcome.REAUTHORIZE)


def test_an_error_carries_its_problem() -> None:
    error = AnafError("daily_limit", http_status=200, detail="x", retry_after=3.0, limit=1000)
    assert str(error) == error.sentence == PROBLEMS["daily_limit"].sentence
    assert (error.code, error.outcome, error.whose) == (
        "daily_limit",
        Outcome.RATE_LIMITED,
        Whose.ANAF,
    )
    assert error.advice.startswith("Continuăm")
    assert (error.http_status, error.retry_after, error.limit) == (200, 3.0, 1000)
    assert error.retryable


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
