"""An index for each order of the list, and for its changed rows: see `keyset.ORDERS`.

The newest first has its own in `transports`. They stand here because only the list walks them.
"""

from django.db import migrations

FORWARDS = """
CREATE INDEX list_by_change ON transports_transport (company_id, last_changed_at DESC, id DESC);
CREATE INDEX list_by_day ON transports_transport (company_id, transport_date DESC, id DESC);
CREATE INDEX list_by_end ON transports_transport (company_id, first_expired_day, id);
CREATE INDEX list_changed ON transports_transport (company_id, first_seen_at DESC, id DESC)
    WHERE last_changed_at > first_seen_at;
CREATE INDEX list_withdrawn ON transports_transport (company_id, first_seen_at DESC, id DESC)
    WHERE state = 'withdrawn';
"""
BACKWARDS = """
DROP INDEX list_by_change, list_by_day, list_by_end, list_changed, list_withdrawn;
"""


class Migration(migrations.Migration):
    dependencies = [("workspace", "0002_search")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
