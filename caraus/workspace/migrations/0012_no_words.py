"""The list searches and orders by columns of the UITs themselves (transports 0012)."""

from django.db import migrations

DROP = """
DROP TRIGGER IF EXISTS transport_words ON transports_transport;
DROP FUNCTION IF EXISTS caraus_keep_words();
DROP INDEX IF EXISTS transport_search, list_by_change, list_by_day, list_by_end_and_start,
    list_changed, list_delisted;
DROP FUNCTION IF EXISTS caraus_marked_pieces(bigint, text);
DROP FUNCTION IF EXISTS caraus_pieces(bigint, text);
DROP FUNCTION IF EXISTS caraus_words(transports_transport);
DROP FUNCTION IF EXISTS caraus_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("workspace", "0011_bounded_words")]

    operations = [
        migrations.RunSQL(DROP),
        migrations.DeleteModel("SearchWords"),
    ]
