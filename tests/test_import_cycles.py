"""No module imports itself through others: neither at import time nor inside functions."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

pytestmark = pytest.mark.lint
ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("caraus", "scripts", "anaf_simulator")


def _modules() -> dict[str, Path]:
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
        if "migrations" not in path.parts
    }


def _imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, in functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                yield str(node.module)


@cache
def _graph() -> dict[str, set[str]]:
    """Map each module to the modules it imports; `from package import module` is no import of the
    package's own names."""
    modules = _modules()
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        imported = list(_imported(path))
        targets = {module for module in imported if module in modules and module != name}
        # `from a.b import c` names `a.b` too: only when `c` is no module is it imported from there.
        submodules = {module.rpartition(".")[0] for module in imported if module in modules}
        packages = {module for module in targets if modules[module].name == "__init__.py"}
        graph[name] = targets - (packages & submodules)
    return graph


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(_graph()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_the_graph_holds_the_imports_inside_functions() -> None:
    graph = _graph()
    assert "caraus.accounts.sessions" in graph["caraus.accounts.personal_data"]
    assert "caraus.accounts.signal_handlers" in graph["caraus.accounts.apps"]
