"""The rows of this package: UITs with their history, marks and notes, and unreadable records."""

from caraus.transports.models.marks import DEALT_WITH, DEALT_WITH_KINDS, Mark
from caraus.transports.models.notes import TransportNote
from caraus.transports.models.uits import ExpiryWatch, Transport, TransportEvent, UnreadableRecord

__all__ = [
    "DEALT_WITH",
    "DEALT_WITH_KINDS",
    "ExpiryWatch",
    "Mark",
    "Transport",
    "TransportEvent",
    "TransportNote",
    "UnreadableRecord",
]
