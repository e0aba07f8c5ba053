"""The texts of ANAF's errors: a row for each code, each a sentence with advice."""

import re

import pytest

from caraus.anaf.errors import ERRORS, Outcome
from caraus.anaf.records import UNREADABLE_REASONS
from caraus.authorizations.anaf_errors.consent_errors import CONSENT_ERRORS
from caraus.authorizations.anaf_errors.help import HELP_BY_SLUG
from caraus.authorizations.anaf_errors.login_errors import ADVICE_AFTER_EXCHANGE, LOGIN_ERRORS
from caraus.authorizations.anaf_errors.request_errors import REQUEST_ERRORS
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import LIMIT_LABEL, ErrorText, Responsibility
from caraus.authorizations.consent import consent_error
from caraus.transports.models.uits import UNREADABLE_REASON_LABELS

ROWS = [*ERROR_TEXTS.values(), *CONSENT_ERRORS.values()]


def test_every_code_has_its_row_and_every_row_its_code() -> None:
    codes = [text.code for text in (*REQUEST_ERRORS, *LOGIN_ERRORS)]
    assert sorted(codes) == sorted(ERRORS)
    assert not set(CONSENT_ERRORS) & set(ERRORS)
    assert set(UNREADABLE_REASON_LABELS) == set(UNREADABLE_REASONS)


@pytest.mark.parametrize("text", ROWS, ids=lambda text: text.code)
def test_every_row_is_a_sentence_with_advice(text: ErrorText) -> None:
    for words in (text.sentence, text.advice):
        assert re.fullmatch(r"[A-ZÎȘȚ].*\.", words)
        assert not re.search("[şţŞŢ]", words), "ș and ț have a comma, not a cedilla"
        assert "  " not in words


def test_no_two_errors_have_the_same_sentence() -> None:
    assert len({text.sentence for text in ROWS}) == len(ROWS)


def test_every_row_has_an_icon_and_its_help_exists() -> None:
    for text in ROWS:
        assert text.label.icon
        assert text.heading.icon
        assert not text.help_slug or text.help is HELP_BY_SLUG[text.help_slug]


def test_a_person_is_responsible_only_where_a_person_helps() -> None:
    for text in ERROR_TEXTS.values():
        outcome = ERRORS[text.code].outcome
        if text.responsibility is Responsibility.AUTHORIZATION:
            assert outcome is Outcome.REAUTHORIZE
        assert (outcome is Outcome.NO_RIGHTS) == (text.responsibility is Responsibility.RIGHTS)
        assert (outcome is Outcome.RATE_LIMITED) == (text.label is LIMIT_LABEL)


@pytest.mark.parametrize(
    ("responsibility", "codes"),
    [
        (
            Responsibility.ANAF,
            (
                *("http_5xx", "waf_rejected", "html", "cut_json", "empty_body", "rate_limited"),
                *("unexpected_shape", "forbidden", "timeout", "refused", "daily_limit"),
            ),
        ),
        (Responsibility.AUTHORIZATION, ("token_refused", "cancelled", "refresh_rejected")),
        (Responsibility.RIGHTS, ("no_rights_any", "no_rights_cui")),
        (
            Responsibility.US,
            ("client_error", "bad_request", "dns", "missing_configuration", "unexpected"),
        ),
    ],
)
def test_each_error_lies_with_whom_it_should(
    responsibility: Responsibility, codes: tuple[str, ...]
) -> None:
    assert {ERROR_TEXTS[code].responsibility for code in codes} == {responsibility}


def test_what_is_shown_of_an_error_says_what_happened() -> None:
    assert ERROR_TEXTS["daily_limit"].advice.startswith("Continuăm")
    assert ERROR_TEXTS["too_large"].sentence.startswith(
        "ANAF a trimis un răspuns neobișnuit de mare"
    )


def test_a_failed_exchange_never_promises_to_try_again_by_itself() -> None:
    for code in ("token_endpoint_down", "timeout", "html"):
        assert consent_error(code).advice == ADVICE_AFTER_EXCHANGE
        assert consent_error(code).sentence == ERROR_TEXTS[code].sentence
    assert "automat" in ERROR_TEXTS["token_endpoint_down"].advice
    assert consent_error("invalid_client") == ERROR_TEXTS["invalid_client"]
