"""Search by any part of a UIT, plate, declarant, reference or place, without extensions.

The embedded PostgreSQL has neither pg_trgm nor unaccent, so the three-letter pieces are made here
and kept in a GIN index of arrays, which every PostgreSQL has. A change of `caraus_pieces` needs a
migration that makes the index anew; of `caraus_words`, one that writes the words anew.
`caraus/workspace/search.py` speaks with them.
"""

from django.db import migrations

# Each may run again after a migration that was cut off.
FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION caraus_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
COST 500
RETURN regexp_replace(
    translate(
        given,
        'ABCDEFGHIJKLMNOPQRSTUVWXYZăâîșşțţĂÂÎȘŞȚŢáàäãåéèëêíïóòöőôúùüűûçñýÁÀÄÃÅÉÈËÊÍÏÓÒÖŐÔÚÙÜŰÛÇÑÝ',
        'abcdefghijklmnopqrstuvwxyzaaissttaaissttaaaaaeeeeiiooooouuuuucnyaaaaaeeeeiiooooouuuuucny'
    ),
    '[^a-z0-9|]+', '', 'g'
);

-- A quoted body binds late, so that a column may change its type without it. One field is kept
-- from the next by „|” while all are folded at once, by a space in the end.
CREATE OR REPLACE FUNCTION caraus_words(uit transports_transport) RETURNS text LANGUAGE sql STABLE AS $$
SELECT ' ' || replace(caraus_fold(concat_ws(
    '|', uit.uit, uit.plate, uit.trailer1, uit.trailer2, uit.declarant_cui, uit.declarant_name,
    uit.declarant_ref, uit.start->>'county', uit.start->>'locality', uit.start->>'full_address',
    uit."end"->>'county', uit."end"->>'locality', uit."end"->>'full_address',
    CASE WHEN jsonb_typeof(uit.vehicle_changes) = 'array' AND uit.vehicle_changes <> '[]' THEN (
        SELECT string_agg(plates.value, '|')
        FROM jsonb_array_elements(uit.vehicle_changes) AS change, jsonb_each_text(change) AS plates
        WHERE plates.key IN ('plate', 'trailer1', 'trailer2')
    ) END
)), '|', ' ') || ' ' $$;

-- Whose it is („@7”) and the pieces of three: of „ b12 ” they are „ b1”, „b12”, „12 ”.
CREATE OR REPLACE FUNCTION caraus_pieces(company bigint, words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000
RETURN (SELECT array_agg(substr(words, at, 3)) FROM generate_series(1, length(words) - 2) AS at)
    || ('@' || company);

CREATE OR REPLACE FUNCTION caraus_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workspace_searchwords AS kept (transport_id, company_id, words)
    VALUES (NEW.id, NEW.company_id, caraus_words(NEW))
    ON CONFLICT (transport_id) DO UPDATE
        SET company_id = EXCLUDED.company_id, words = EXCLUDED.words
        WHERE (kept.company_id, kept.words) <> (EXCLUDED.company_id, EXCLUDED.words);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER transport_words
AFTER INSERT OR UPDATE OF company_id, uit, plate, trailer1, trailer2, vehicle_changes,
    declarant_cui, declarant_name, declarant_ref, start, "end"
ON transports_transport FOR EACH ROW EXECUTE FUNCTION caraus_keep_words();
"""

BACKWARDS = """
DROP TRIGGER transport_words ON transports_transport;
DROP FUNCTION caraus_keep_words();
DROP INDEX IF EXISTS transport_search;
DROP FUNCTION caraus_pieces(bigint, text);
DROP FUNCTION caraus_words(transports_transport);
DROP FUNCTION caraus_fold(text);
"""


BATCH = 20_000
INDEX = """
CREATE INDEX CONCURRENTLY transport_search
ON workspace_searchwords USING gin (caraus_pieces(company_id, words))
"""


def fill(apps, schema_editor):
    """The words of the UITs that stood here before the trigger, batch by batch."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM transports_transport")
        (last,) = cursor.fetchone()
        for first in range(0, last + 1, BATCH):
            cursor.execute(
                "INSERT INTO workspace_searchwords (transport_id, company_id, words)"
                " SELECT id, company_id, caraus_words(each) FROM transports_transport AS each"
                " WHERE id >= %s AND id < %s ON CONFLICT (transport_id) DO NOTHING",
                [first, first + BATCH],
            )


class Migration(migrations.Migration):
    """Not one transaction: other processes go on writing while the words and the index are made."""

    atomic = False
    dependencies = [("workspace", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, BACKWARDS),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # What a cut-off attempt left is not valid and is made anew.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS transport_search", migrations.RunSQL.noop
        ),
        migrations.RunSQL(INDEX, migrations.RunSQL.noop),
    ]
