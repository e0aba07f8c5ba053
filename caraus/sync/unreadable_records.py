"""Records that could not be read, tried again by a newer parser."""

from django.utils import timezone

from caraus.anaf.info import PARSER_VERSION, reread
from caraus.ledger.entries import Request, recording
from caraus.sync import results
from caraus.sync.models import SyncState
from caraus.transports import store
from caraus.transports.models import UnreadableRecord


def reparse_records() -> int:
    """Read again what an older parser could not; return how many are understood now.

    What ANAF still lists comes with the next response, which no digest shortens; what it has left
    out since is kept as it was when last seen.
    """
    old = UnreadableRecord.objects.filter(understood_at=None, parser_version__lt=PARSER_VERSION)
    return sum(_reparse(record) for record in old.select_related("company").order_by("pk"))


def _reparse(record: UnreadableRecord) -> bool:
    reread_record = reread(record.raw)
    with recording(record.company.organization_id) as entries:
        state = results.lock_state(record.company, timezone.now())
        record.parser_version = PARSER_VERSION
        if reread_record is not None:
            record.understood_at = timezone.now()
            record.resolved_at = record.resolved_at or record.understood_at
            newest = state.last_good_at or record.last_seen_at
            store.store_late_records(
                record.company,
                [reread_record],
                record.last_seen_at,
                newest=newest,
                entries=entries,
                request=Request(received_at=record.last_seen_at),
            )
            # The UIT may be listed still, or missing: the next response must be read whole.
            SyncState.objects.filter(pk=state.pk).update(
                next_sync_at=timezone.now(), last_body_digest="", last_digest=""
            )
        record.save(update_fields=["parser_version", "understood_at", "resolved_at"])
    return reread_record is not None
