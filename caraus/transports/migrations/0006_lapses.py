"""Who is told that a UIT lapses: the memory of it, and an index by the day of its end.

The index is made beside the other processes, outside a transaction; a cut-off attempt can be run
again.
"""

from django.db import migrations, models

DROP = "DROP INDEX CONCURRENTLY IF EXISTS transport_lapsing"
CREATE = (
    "CREATE INDEX CONCURRENTLY transport_lapsing ON transports_transport (first_expired_day)"
)
INDEX = models.Index(
    fields=["first_expired_day"],
    name="transport_lapsing",
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("transports", "0005_days_before"),
    ]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunSQL(
            CREATE, DROP, state_operations=[migrations.AddIndex("transport", INDEX)]
        ),
        migrations.CreateModel(
            name="LapseWatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("looked_until", models.DateTimeField()),
            ],
        ),
    ]
