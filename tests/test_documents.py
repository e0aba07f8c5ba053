"""The documents for engineers name what exists: files, names in them, settings, each decision; so
do docstrings and comments."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs" / name for name in ("architecture.md", "glossary.md", "scheduling.md")),
    *DECISIONS,
]
# The parts of a module that are no code, and strings, in which a # or a quote begins nothing.
COMMENT_OR_STRING = re.compile(
    r'\w*"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|#[^\n]*"
)
TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
# `caraus/core/queues.py`, `tests/e2e`, `caraus/core/formatting.py::plural`
NAMED = re.compile(r"`((\w[\w.-]*)/[\w./@<>-]*|[\w-]+\.(?:md|yml|toml))(?:::(\w+))?`")
# `SyncState.next_sync_at`, `delist_not_before`, `CompanyDay`
IDENTIFIER = re.compile(r"`([A-Za-z]\w*(?:_\w+|[a-z][A-Z]\w*)(?:\.\w+)?|[A-Z]\w+\.\w+)`")
# In docstrings and comments also `reconcile.DELIST_WAIT`, `workspace.pagination.ORDERS`, `Issue`
ANY_IDENTIFIER = re.compile(r"`([a-z_]\w*(?:\.\w+)+|[A-Za-z]*_\w+(?:\.\w+)*|[A-Z][a-zA-Z_.]{3,})`")
SETTING = re.compile(r"`((?:CARAUS|ANAF)_[A-Z_]+)`")
# In docstrings and comments: `issue_store.py`, `sync/runs.py`
MODULE = re.compile(r"`([\w./]+\.py)`")


def named_files(document: Path) -> Iterator[tuple[str, str]]:
    """Yield each file that the document names, and the name in it or ""."""
    for match in NAMED.finditer(document.read_text()):
        if match[2] in TOP or match[2] is None:
            yield match[1], match[3] or ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    for name, inside in named_files(document):
        pattern = re.sub(r"<\w+>", "*", name).removesuffix("/")  # `caraus/<package>/urls.py`
        assert list(ROOT.glob(pattern)), f"{document.name} names {name}"
        defined = rf"(?m)^ *(?:(?:async )?def |class )?{inside}\b *[=:(]"
        assert not inside or re.search(defined, (ROOT / name).read_text()), (
            f"{document.name} names {inside} in {name}"
        )


def test_the_check_finds_what_the_documents_name() -> None:
    files = [name for document in DOCUMENTS for name, _inside in named_files(document)]
    assert len(files) > 80


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_identifier_that_a_document_names_is_in_the_code(document: Path) -> None:
    for name in IDENTIFIER.findall(document.read_text()):
        for word in name.split("."):
            known = {word, word.removesuffix("_FILE")} & words_of_sources()
            assert known, f"{document.name} names {name}"


@cache
def sources() -> str:
    """Return all code: what documents name stands in the product, the simulator or the tests."""
    folders = ("caraus", "anaf_simulator", "tests")
    return "".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def words_of_sources() -> set[str]:
    return set(re.findall(r"\w+", sources()))


def code_and_comments(path: Path) -> tuple[set[str], str]:
    """Return the words of the module's code, and the text of its docstrings and comments."""
    comments = []

    def sort_out(token: re.Match[str]) -> str:
        if not token[0].startswith(("#", '"""')):
            return token[0]
        comments.append(token[0])
        return " "

    code = COMMENT_OR_STRING.sub(sort_out, path.read_text())
    return set(re.findall(r"\w+", code)), "\n".join(comments)


@cache
def modules() -> dict[Path, tuple[set[str], str]]:
    """Return the code and the comments of each module that is written by hand."""
    folders = ("caraus", "anaf_simulator", "tests", "benchmarks", "scripts")
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path: code_and_comments(path) for path in paths if path.parent.name != "migrations"}


def test_docstrings_and_comments_name_what_is_in_the_code() -> None:
    code = set().union(*(words for words, _ in modules().values()))
    paths = [f"/{path.relative_to(ROOT)}" for path in modules()]
    wrong = []
    for path, (_, comments) in modules().items():
        names = [name for name in ANY_IDENTIFIER.findall(comments) if not name.endswith(".py")]
        missing = [name for name in names if not code.issuperset(name.split("."))]
        missing += [
            name
            for name in MODULE.findall(comments)
            if not any(path.endswith(f"/{name}") for path in paths)
        ]
        wrong += [f"{path.relative_to(ROOT)} names {name}" for name in missing]
    assert not wrong


# With these words a docstring says what a function is or when it runs, not what it does. What ruff
# knows of verbs (D401) is checked there.
NOT_IMPERATIVE = re.compile(
    r"(?:A|An|The|This|That|These|Those|It|Its|They|Their|There|One|Two|Each|Every|All|Any|Some|No"
    r"|None|Nobody|Nothing|Both|What|Which|Who|Whose|Whom|When|Where|Whether|Why|How|If|Of|For|From"
    r"|Again|Within|Out|In|On|At|By|As|With|Without|After|Before|Until|To|Also|Only|Not"
    r"|Tell whether|Gives?|Raises|True|False|[„\"`(]\S*|\d\S*)\b"
)
# „Give a field its label”: a transfer, not a return value.
GIVES_AWAY = re.compile(r"Give (?:\S+ ){1,2}(?:a|its|his|her|the)\b")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions and methods of a module, apart from properties, which are values."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not any(
            ast.unparse(decorator).endswith("property") for decorator in node.decorator_list
        ):
            yield node


def test_docstrings_of_functions_begin_with_an_imperative() -> None:
    wrong = []
    for path in modules():
        for function in functions(path):
            if function.name.startswith("test_"):  # its docstring adds to the promise of its name
                continue
            docstring = ast.get_docstring(function) or "Do"
            if NOT_IMPERATIVE.match(docstring) and not GIVES_AWAY.match(docstring):
                first_line = docstring.splitlines()[0]
                wrong.append(f"{path.relative_to(ROOT)}:{function.lineno}: {first_line}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_setting_that_a_document_names_exists(document: Path) -> None:
    for name in SETTING.findall(document.read_text()):
        assert f'"{name.removesuffix("_FILE")}"' in sources() or f'"{name}"' in sources(), (
            f"{document.name} names {name}"
        )


def test_the_index_lists_each_decision_once_by_its_title() -> None:
    index = (ROOT / "docs/decisions/index.md").read_text()
    listed = re.findall(r"(?m)^- \[(\d{3})\. (.+)\]\((.+)\)$", index)
    assert [row[2] for row in listed] == [path.name for path in DECISIONS]
    for number, (path, (listed_number, title, _)) in enumerate(
        zip(DECISIONS, listed, strict=True), 1
    ):
        assert path.name.startswith(f"{number:03}-")
        assert path.read_text().startswith(f"# {listed_number}. {title}\n")


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_context_and_its_consequences(decision: Path) -> None:
    parts = re.findall(r"(?m)^\*\*(\w+)\.\*\* ", decision.read_text())
    assert parts == ["Context", "Decision", "Consequences"]
