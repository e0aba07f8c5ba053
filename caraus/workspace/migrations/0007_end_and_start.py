"""The index of the order by end knows the day of transport too: a week is then found in it alone.

Made beside the other processes; a cut-off attempt can be run again.
"""

from django.db import migrations

NAME = "list_by_end_and_start"
DROP = f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"
CREATE = (
    f"CREATE INDEX CONCURRENTLY {NAME}"
    " ON transports_transport (company_id, first_expired_day, id, transport_date)"
)
DROP_OLD = "DROP INDEX CONCURRENTLY IF EXISTS list_by_end"
CREATE_OLD = (
    "CREATE INDEX CONCURRENTLY list_by_end"
    " ON transports_transport (company_id, first_expired_day, id)"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("workspace", "0006_own_views")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(DROP_OLD, CREATE_OLD),
    ]
