"""The catalogues are whole: every text is marked, collected, translated, and compiled."""

import subprocess
import sys
from pathlib import Path

import allauth
import django
import pytest
from babel.messages.mofile import read_mo
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent


def test_every_language_that_is_offered_has_a_catalogue() -> None:
    """A folder and an entry in LANGUAGES are all that a language needs."""
    folders = {path.name for path in (ROOT / "caraus/locale").iterdir() if path.is_dir()}
    assert folders == {code for code, _name in settings.LANGUAGES}


@pytest.mark.lint
def test_nothing_is_unmarked_untranslated_fuzzy_or_stale() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/translations.py", "check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _texts(catalogue: Path) -> set[str]:
    """Return what a catalogue translates, each with its context."""
    with catalogue.open("rb") as file:
        return {
            f"{message.context or ''}|{message.id[0] if message.pluralizable else message.id}"
            for message in read_mo(file)
            if message.id
        }


@pytest.mark.parametrize("language", ["ro", "en"])
def test_what_is_said_otherwise_is_still_said_by_the_libraries(language: str) -> None:
    """A text that an upgrade of Django or allauth words anew would be shown in their words."""
    libraries = Path(django.__file__).parent, Path(allauth.__file__).parent
    theirs = set()
    for library in libraries:
        for catalogue in library.rglob("locale/de/LC_MESSAGES/django.mo"):
            theirs |= _texts(catalogue)
    ours = ROOT / "caraus/locale_overrides" / language / "LC_MESSAGES/django.mo"
    assert len(_texts(ours)) > 20
    assert _texts(ours) <= theirs


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "ro",
            [
                "Parola este prea scurtă: trebuie cel puțin 8 caractere.",
                "Parola este una des întâlnită, ușor de ghicit.",
                "Parola nu poate fi făcută numai din cifre.",
            ],
        ),
        (
            "en",
            [
                "The password is too short: at least 8 characters are needed.",
                "The password is a common one, easy to guess.",
                "The password cannot be made of digits only.",
            ],
        ),
    ],
)
def test_the_libraries_speak_in_our_words(language: str, sentences: list[str]) -> None:
    with translation.override(language), pytest.raises(ValidationError) as refused:
        validate_password("123456")
    assert refused.value.messages == sentences
