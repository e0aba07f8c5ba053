"""A UIT's words are cut, field by field and in all.

The pieces of three are found in a time that grows with the square of the words' length: fields of
100 kB took minutes, in one transaction, each time their row changed. What stands here already is
left as it is until its UIT changes.
"""

from importlib import import_module

from django.db import migrations

before = import_module("caraus.workspace.migrations.0008_beside_words")

FUNCTION = r"""
CREATE OR REPLACE FUNCTION caraus_words(uit transports_transport) RETURNS text LANGUAGE sql STABLE AS $$
SELECT ' ' || left(replace(caraus_fold(
    translate(uit.uit, ';', '')
    || '|;|' || translate(concat_ws(
        '|', left(uit.plate, 2000), left(uit.trailer1, 2000), left(uit.trailer2, 2000),
        CASE WHEN jsonb_typeof(uit.vehicle_changes) = 'array' AND uit.vehicle_changes <> '[]' THEN left((
            SELECT string_agg(left(plates.value, 2000), '|')
            FROM jsonb_array_elements(uit.vehicle_changes) AS change,
                jsonb_each_text(change) AS plates
            WHERE plates.key IN ('plate', 'trailer1', 'trailer2')
        ), 2000) END
    ), ';', '')
    || '|;|' || translate(concat_ws('|', left(uit.declarant_cui, 2000), left(uit.declarant_name, 2000)), ';', '')
    || '|;|' || translate(left(uit.declarant_ref, 2000), ';', '')
    || '|;|' || translate(concat_ws(
        '|', left(uit.start->>'county', 2000), left(uit.start->>'locality', 2000),
        left(uit.start->>'full_address', 2000), left(uit."end"->>'county', 2000),
        left(uit."end"->>'locality', 2000), left(uit."end"->>'full_address', 2000)
    ), ';', '')
), '|', ' '), 10000) || ' ' $$;
"""

_FOLD = "CREATE OR REPLACE FUNCTION caraus_words"
BEFORE = _FOLD + before.FUNCTIONS.split(_FOLD)[1].split("-- The pieces of three")[0]


class Migration(migrations.Migration):
    dependencies = [("workspace", "0010_one_export_at_a_time")]

    operations = [migrations.RunSQL(FUNCTION, BEFORE)]
