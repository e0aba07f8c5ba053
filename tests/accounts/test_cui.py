"""The fiscal code as people write it."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from caraus.accounts.cui import normalize_cui, validate_cui

KEY = (7, 5, 3, 2, 1, 7, 5, 3, 2)


def with_check_digit(digits: str) -> str:
    """Append the check digit by the words of the law: weights from the right, times ten, modulo
    eleven, ten is zero."""
    total = sum(int(d) * k for d, k in zip(digits.rjust(9, "0"), KEY, strict=True))
    return digits + str(total * 10 % 11 % 10)


@pytest.mark.parametrize(
    "written",
    [
        "14399840",
        "RO14399840",
        "ro 14399840",
        " RO 14 399 840 ",
        "RO14.399.840",
        "RO-14399840",
        "0014399840",
        "14\u00a0399\u00a0840",
        "RO\t14399840",
    ],
)
def test_a_cui_is_read_as_people_write_it(written: str) -> None:
    assert normalize_cui(written) == "14399840"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "Scrie CUI-ul"),
        ("   ", "Scrie CUI-ul"),
        ("RO", "Scrie CUI-ul"),
        ("0000", "Scrie CUI-ul"),
        ("14399841", "cifra de control"),
        ("RO41399840", "cifra de control"),
        ("abc", "numai cifre"),
        ("HU12345676", "numai cifre"),
        ("RORO14399840", "numai cifre"),
        ("14399840x", "numai cifre"),
        ("١٤٣٩٩٨٤٠", "numai cifre"),
        ("143998²0", "numai cifre"),
        ("1", "are 1 cifră"),
        ("12345678901", "are 11 cifre"),
    ],
)
def test_what_is_no_cui_is_refused_with_a_sentence(written: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        normalize_cui(written)
    assert sentence in caught.value.messages[0]


@given(st.integers(1, 999_999_999).map(str).map(with_check_digit))
def test_every_good_cui_is_accepted_and_no_other_check_digit_is(cui: str) -> None:
    assert normalize_cui(f"RO {cui}") == cui
    validate_cui(cui)
    for wrong_digit in set("0123456789") - {cui[-1]}:
        with pytest.raises(ValidationError, match="cifra de control"):
            normalize_cui(cui[:-1] + wrong_digit)


@given(st.text(max_size=30))
def test_nothing_that_people_type_makes_it_fall(text: str) -> None:
    try:
        cui = normalize_cui(text)
    except ValidationError:
        return
    assert cui.isascii()
    assert cui.isdigit()
    assert normalize_cui(cui) == cui


@pytest.mark.parametrize("value", ["RO14399840", "014399840", "14 399 840"])
def test_only_a_normalized_cui_is_stored(value: str) -> None:
    with pytest.raises(ValidationError, match="numai cu cifre"):
        validate_cui(value)
