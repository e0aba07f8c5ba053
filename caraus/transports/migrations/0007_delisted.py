"""`withdrawn` claimed what nobody had said: such UITs are delisted, also in saved views."""

from django.db import migrations, models

RENAME = """
UPDATE transports_transport SET state = '{new}' WHERE state = '{old}';
UPDATE transports_transportevent SET kind = '{new}' WHERE kind = '{old}';
"""


class Migration(migrations.Migration):
    dependencies = [("transports", "0006_lapses")]

    operations = [
        migrations.AddField(
            model_name="transport",
            name="delist_not_before",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="transport",
            name="state",
            field=models.CharField(
                choices=[
                    ("active", "activ"),
                    ("missing", "lipsă la ANAF"),
                    ("expired", "expirat"),
                    ("delisted", "nu mai este în lista ANAF"),
                ],
                default="active",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="transportevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("appeared", "apărut"),
                    ("changed", "modificat de declarant"),
                    ("vehicle_changed", "vehicul schimbat"),
                    ("carrier_changed", "transportator schimbat"),
                    ("returned", "din nou în lista ANAF"),
                    ("expired", "expirat"),
                    ("delisted", "nu mai este în lista ANAF"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(
            RENAME.format(old="withdrawn", new="delisted"),
            RENAME.format(old="delisted", new="withdrawn"),
        ),
    ]
