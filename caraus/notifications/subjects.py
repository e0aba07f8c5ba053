"""Subjects as they were written.

Where Python folds a long header beside words that are not ASCII, it may lose one space and double
another: „Sector 3 (B) → Ploiești (PH)” arrives as „Sector 3 (B)  →Ploiești (PH)”.
"""

from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.policy import EmailPolicy, Policy
from typing import cast


class WholeSubject(UniqueUnstructuredHeader):
    """Encoded in one piece, spaces and all, when it is not plain ASCII."""

    name: str  # of the class that the registry makes of this one

    def fold(self, *, policy: Policy) -> str:
        text = str(self)
        charset = "us-ascii" if text.isascii() else "utf-8"
        header = Header(text, charset, header_name=self.name)
        return f"{self.name}: {header.encode(linesep=policy.linesep)}{policy.linesep}"


def keep_whole() -> None:
    """For every message of this process, whoever makes it."""
    registry = cast("HeaderRegistry", EmailPolicy.header_factory)
    registry.map_to_type("subject", cast("type[BaseHeader]", WholeSubject))
