"""docs/security.md names the tests that back its sentences: they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# „tests/web/test_a.py::test_b”, „test_a.py::*”, and „::test_b” of the file named before it.
NAMED = re.compile(r"`([\w/]*(?:\.py)?)::(\w+|\*)`")


def test_every_test_that_the_document_names_exists() -> None:
    named = 0
    for row in (ROOT / "docs/security.md").read_text().splitlines():
        name = ""
        for match in NAMED.finditer(row):
            name, function = match[1] or name, match[2]
            if name == "a.py":  # the example of the form
                continue
            pattern = name if name.startswith("tests/") else f"tests/**/{name}"
            files = list(ROOT.glob(pattern))
            assert len(files) == 1, f"{name} is {len(files)} files"
            source = files[0].read_text()
            assert function == "*" or f"def {function}(" in source, f"{name} has no {function}"
            named += 1
    assert named > 50
