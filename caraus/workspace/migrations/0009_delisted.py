"""The list of delisted UITs: its index, and its word in the addresses of saved views.

Made beside the other processes, outside a transaction; a cut-off attempt can be run again.
"""

from django.db import migrations

COLUMNS = "ON transports_transport (company_id, first_seen_at DESC, id DESC) WHERE state = '{}'"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS {}"
CREATE = "CREATE INDEX CONCURRENTLY {} " + COLUMNS
VIEWS = "UPDATE workspace_savedview SET query = replace(query, 'arata={}', 'arata={}')"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("workspace", "0008_beside_words"),
        ("transports", "0007_delisted"),
    ]

    operations = [
        migrations.RunSQL(DROP.format("list_delisted"), migrations.RunSQL.noop),
        migrations.RunSQL(
            CREATE.format("list_delisted", "delisted"), DROP.format("list_delisted")
        ),
        migrations.RunSQL(
            DROP.format("list_withdrawn"), CREATE.format("list_withdrawn", "withdrawn")
        ),
        migrations.RunSQL(migrations.RunSQL.noop, DROP.format("list_withdrawn")),
        migrations.RunSQL(
            VIEWS.format("retrase", "delistate"), VIEWS.format("delistate", "retrase")
        ),
    ]
