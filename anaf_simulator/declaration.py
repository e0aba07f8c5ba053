"""The XML of a declaration: validated against the official schema, and read."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from anaf_simulator.places import SCHEMA_PATH

NAMESPACE = "mfp:anaf:dgti:eTransport:declaratie:v2"
_PREFIX = f"{{{NAMESPACE}}}"
_KINDS = {"notificare": "NOT", "stergere": "DEL", "confirmare": "CON", "modifVehicul": "MVH"}
"""Element of the XSD → type that lista shows (API text of 29.07.2024)."""


class InvalidXmlError(Exception):
    """The file is no valid declaration; the message is the one of the answer."""


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element by its local name, detached from lxml."""

    name: str
    attributes: dict[str, str]
    children: tuple["Element", ...] = ()

    def all(self, name: str) -> list["Element"]:
        """Return the children with this name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Element | None":
        """Return the first child with this name, None without one."""
        return next(iter(self.all(name)), None)

    def get(self, name: str) -> str | None:
        """Return an attribute without spaces around it, None without it."""
        value = self.attributes.get(name)
        return value.strip() if value is not None else None

    def need(self, name: str) -> str:
        """Return an attribute that the schema demands."""
        return self.attributes[name].strip()


@dataclass(frozen=True, slots=True)
class Declaration:
    """A valid declaration. ``kind``: NOT, COR, DEL, CON or MVH; ``uit``: the one it is about."""

    kind: str
    declarant: str
    reference: str | None
    uit: str | None
    body: Element
    post_outage: bool


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA_PATH))


def read_declaration(content: bytes) -> Declaration:
    """Validate and read a file. Raises InvalidXmlError for what is no XML or not of the schema."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise InvalidXmlError(_sax_message(line, column, error.msg or "")) from error
    schema = _schema()
    if not schema.validate(root):
        log: Any = schema.error_log
        first = log[0]
        raise InvalidXmlError(_sax_message(first.line, first.column, _said(first.message, root)))
    return _interpret(_detached(root))


def _sax_message(line: int | None, column: int | None, text: str) -> str:
    """Word an error as swagger-upload.json does; the validator's own words differ from Xerces'."""
    return (
        "Fisierul transmis nu este valid. org.xml.sax.SAXParseException; "
        f"lineNumber: {line or 0}; columnNumber: {column or 0}; {text}"
    )


def _said(message: str, root: "etree._Element") -> str:
    if "No matching global declaration" in message:
        name = etree.QName(root).localname
        return f"cvc-elt.1.a: Cannot find the declaration of element '{name}'."
    return message.replace(_PREFIX, "")


def _detached(node: "etree._Element") -> Element:
    return Element(
        etree.QName(node).localname,
        {str(name): str(value) for name, value in node.attrib.items()},
        tuple(_detached(child) for child in node.iterchildren(tag=etree.Element)),
    )


def _interpret(root: Element) -> Declaration:
    body = next(child for child in root.children if child.name in _KINDS)
    correction = body.first("corectie")
    kind = "COR" if correction else _KINDS[body.name]
    return Declaration(
        kind,
        root.need("codDeclarant"),
        root.get("refDeclarant"),
        correction.need("uit") if correction else body.get("uit"),
        body,
        root.get("declPostAvarie") == "D",
    )
