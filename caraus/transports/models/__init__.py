"""The rows of this package: UITs with their history and notes, and records that cannot be read."""

from caraus.transports.models.notes import TransportNote
from caraus.transports.models.uits import LapseWatch, Transport, TransportEvent, UnreadableRecord

__all__ = ["LapseWatch", "Transport", "TransportEvent", "TransportNote", "UnreadableRecord"]
