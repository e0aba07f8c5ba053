"""Whether a UIT has the form and the check digits of ANAF's XSD: `caraus.anaf.records.uit_is_valid`."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION caraus_uit_is_valid(uit text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT COST 200
RETURN CASE WHEN uit ~ '^[0-9ACDEFHJKLMNPQRTUVWXY]{14}[0-9]{2}$' THEN (
    SELECT sum(ascii(substr(uit, at, 1))) % 100 FROM generate_series(1, 14) AS at
) = right(uit, 2)::int ELSE false END;
"""


class Migration(migrations.Migration):
    dependencies = [("workspace", "0003_orders")]

    operations = [migrations.RunSQL(FORWARDS, "DROP FUNCTION caraus_uit_is_valid(text)")]
