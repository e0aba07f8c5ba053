"""The rows of this package: UITs with their history and notes, and records that cannot be read."""

from caraus.transports.models.notes import TransportNote
from caraus.transports.models.uits import ExpiryWatch, Transport, TransportEvent, UnreadableRecord

__all__ = ["ExpiryWatch", "Transport", "TransportEvent", "TransportNote", "UnreadableRecord"]
