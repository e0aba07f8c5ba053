"""The templates of this package name no package above it."""

import re
from pathlib import Path

import caraus.authorizations

FOLDER = Path(caraus.authorizations.__path__[0])
UPPER = "sync|transports|fleet|drivers|filings|workspace|web"


def test_no_template_includes_or_links_what_stands_above() -> None:
    named = re.compile(rf"""["'](?:{UPPER})[:/]""")
    for path in sorted(FOLDER.rglob("templates/**/*.*")):
        assert not named.search(path.read_text(encoding="utf-8")), path


def test_no_module_names_an_address_above() -> None:
    named = re.compile(rf"""["'](?:{UPPER}):""")
    for path in sorted(FOLDER.rglob("*.py")):
        assert not named.search(path.read_text(encoding="utf-8")), path
