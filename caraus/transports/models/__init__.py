"""The rows of this package: UITs with their history, marks and notes, the contacts of declarants,
and unreadable records."""

from caraus.transports.models.contacts import DeclarantContact
from caraus.transports.models.marks import DEALT_WITH, DEALT_WITH_KINDS, Mark
from caraus.transports.models.notes import TransportNote
from caraus.transports.models.uits import ExpiryWatch, Transport, TransportEvent, UnreadableRecord

__all__ = [
    "DEALT_WITH",
    "DEALT_WITH_KINDS",
    "DeclarantContact",
    "ExpiryWatch",
    "Mark",
    "Transport",
    "TransportEvent",
    "TransportNote",
    "UnreadableRecord",
]
