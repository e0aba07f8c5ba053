"""An index for each order of the list, and for its changed rows: see `keyset.ORDERS`.

The newest first has its own in `transports`. They stand here because only the list walks them.
Made beside the other processes, outside a transaction; a cut-off attempt can be run again.
"""

from django.db import migrations

INDEXES = {
    "list_by_change": "(company_id, last_changed_at DESC, id DESC)",
    "list_by_day": "(company_id, transport_date DESC, id DESC)",
    "list_by_end": "(company_id, first_expired_day, id)",
    "list_changed": "(company_id, first_seen_at DESC, id DESC)"
    " WHERE last_changed_at > first_seen_at",
    "list_withdrawn": "(company_id, first_seen_at DESC, id DESC) WHERE state = 'withdrawn'",
}


def _operations():
    for name, columns in INDEXES.items():
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
        yield migrations.RunSQL(drop, migrations.RunSQL.noop)
        create = f"CREATE INDEX CONCURRENTLY {name} ON transports_transport {columns}"
        yield migrations.RunSQL(create, drop)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("workspace", "0002_search")]

    operations = [*_operations()]
