"""ANAF's own rules for a declaration, run as they stand: the XSD and the Schematron.

`elementpath` evaluates the Schematron's XPath 2; the Schematron of lxml knows XPath 1 only.
"""

from functools import cache
from pathlib import Path
from typing import Any

from elementpath import DocumentNode, XPath2Parser, XPathContext, get_node_tree
from lxml import etree

_FOLDER = Path(__file__).parent
_SCHEMA = _FOLDER.parents[1] / "anaf_simulator" / "schema" / "schema_ETR_v2_20230126.xsd"
_SCHEMATRON = _FOLDER / "eTransport-validation_v.2.0.2_12082024.sch"
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_PARSER = XPath2Parser(
    namespaces={
        "xx": "mfp:anaf:dgti:eTransport:declaratie:v2",
        "xs": "http://www.w3.org/2001/XMLSchema",
    }
)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMA))


@cache
def _schematron() -> "etree._Element":
    return etree.parse(_SCHEMATRON).getroot()


def schematron_text() -> str:
    """Return the whole Schematron as text, each run of blanks as one."""
    return " ".join(_SCHEMATRON.read_text("utf-8").split())


def schema_errors(xml: bytes) -> list[str]:
    """Return what ANAF's XSD says against a file."""
    schema = _schema()
    schema.validate(etree.fromstring(xml))
    log: Any = schema.error_log
    return [str(error.message) for error in log]


def schematron_errors(xml: bytes) -> list[str]:
    """Return the numbers of the rules that a file breaks, in the order of the Schematron. Every
    rule is tried, also those that a Schematron processor leaves out because an earlier rule of
    the pattern has the same context (BR-003 after BR-019)."""
    document = get_node_tree(etree.ElementTree(etree.fromstring(xml)))
    assert isinstance(document, DocumentNode)
    return [
        str(check.get("id"))
        for pattern in _schematron().iterfind(f"{_SCH}pattern")
        for check in _failed(pattern, document)
    ]


def _failed(pattern: "etree._Element", document: DocumentNode) -> "list[etree._Element]":
    common = _variables(pattern, document, document, {})
    failed = []
    for rule in pattern.iterfind(f"{_SCH}rule"):
        for node in _evaluate(_anywhere(str(rule.get("context"))), document, document, common):
            variables = common | _variables(rule, document, node, common)
            failed += [
                check
                for check in rule.iterfind(f"{_SCH}assert")
                if not _evaluate(f"boolean({check.get('test')})", document, node, variables)
            ]
    return failed


def _anywhere(context: str) -> str:
    """Turn the pattern of a rule into a path to all nodes that it matches."""
    parts = (part.strip() for part in context.split("|"))
    return " | ".join(part if part.startswith("/") else f"//{part}" for part in parts)


def _variables(
    parent: "etree._Element", document: DocumentNode, node: Any, known: dict[str, Any]
) -> dict[str, Any]:
    variables = dict(known)
    for let in parent.iterfind(f"{_SCH}let"):
        value = _evaluate(str(let.get("value")), document, node, variables)
        variables[str(let.get("name"))] = value
    return variables


def _evaluate(expression: str, document: DocumentNode, node: Any, variables: dict[str, Any]) -> Any:
    context = XPathContext(document, item=node, variables=variables)
    token = _PARSER.parse(expression)
    if expression.startswith("//"):
        return list(token.select(context))
    return token.get_results(context)
