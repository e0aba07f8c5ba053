"""The rows of this room: UITs with their history, and the synchronization with its memory."""

from caraus.transports.models.days import CompanyDay
from caraus.transports.models.notes import TransportNote
from caraus.transports.models.syncs import (
    AuthorizationLimit,
    Gate,
    OutcomeTotal,
    Plan,
    SyncHour,
    SyncRun,
    SyncState,
)
from caraus.transports.models.uits import LapseWatch, Transport, TransportEvent, UnreadableRecord

__all__ = [
    "AuthorizationLimit",
    "CompanyDay",
    "Gate",
    "LapseWatch",
    "OutcomeTotal",
    "Plan",
    "SyncHour",
    "SyncRun",
    "SyncState",
    "Transport",
    "TransportEvent",
    "TransportNote",
    "UnreadableRecord",
]
