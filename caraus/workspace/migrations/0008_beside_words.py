"""A UIT's words in sections, and beside them what the list is narrowed and put in order by.

The sections are kept apart by „ ; ”: the code; plate, trailers and those of vehicle changes;
declarant's CUI and name; reference; places. `caraus/workspace/search.py` speaks with them.

Not one transaction: other processes go on writing meanwhile, through the trigger. An attempt that
was cut off can be run again. The search index is made anew, over another function; processes of
before, and all until the index stands, read all words in a search, which takes a second or two for
a million UITs. By a filter for declarant or place those of before find nothing until they are
restarted.
"""

from importlib import import_module

from django.db import migrations, models

before = import_module("caraus.workspace.migrations.0002_search")

TABLE = "workspace_searchwords"
FIELDS = {
    "state": (models.CharField(max_length=20), "varchar(20)"),
    "transport_date": (models.DateField(), "date"),
    "first_expired_day": (models.DateField(), "date"),
    "first_seen_at": (models.DateTimeField(), "timestamptz"),
    "last_changed_at": (models.DateTimeField(), "timestamptz"),
}

ADD = "; ".join(
    f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS {name} {kind}"
    for name, (_, kind) in FIELDS.items()
)
DROP = "; ".join(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS {name}" for name in FIELDS)
REQUIRE = "; ".join(f"ALTER TABLE {TABLE} ALTER COLUMN {name} SET NOT NULL" for name in FIELDS)
RELEASE = "; ".join(f"ALTER TABLE {TABLE} ALTER COLUMN {name} DROP NOT NULL" for name in FIELDS)

# A change of state leaves the words as they are: with some room in a page, the index need not hear
# of it.
ROOM = f"ALTER TABLE {TABLE} SET (fillfactor = 90)"
NO_ROOM = f"ALTER TABLE {TABLE} RESET (fillfactor)"

FUNCTIONS = r"""
-- As `caraus.words.folded`; „|” and „;” stay.
CREATE OR REPLACE FUNCTION caraus_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
COST 500
RETURN regexp_replace(
    lower(translate(
        replace(replace(normalize(given, NFKD), 'ß', 'ss'), 'ẞ', 'ss'), 'łŁđĐøØı', 'llddooi'
    )),
    '[^a-z0-9|;]+', '', 'g'
);

-- A quoted body binds late, so that a column may change its type without it. One field is kept
-- from the next by „|” while all are folded at once, by a space in the end.
CREATE OR REPLACE FUNCTION caraus_words(uit transports_transport) RETURNS text LANGUAGE sql STABLE AS $$
SELECT ' ' || replace(caraus_fold(
    translate(uit.uit, ';', '')
    || '|;|' || translate(concat_ws(
        '|', uit.plate, uit.trailer1, uit.trailer2,
        CASE WHEN jsonb_typeof(uit.vehicle_changes) = 'array' AND uit.vehicle_changes <> '[]' THEN (
            SELECT string_agg(plates.value, '|')
            FROM jsonb_array_elements(uit.vehicle_changes) AS change,
                jsonb_each_text(change) AS plates
            WHERE plates.key IN ('plate', 'trailer1', 'trailer2')
        ) END
    ), ';', '')
    || '|;|' || translate(concat_ws('|', uit.declarant_cui, uit.declarant_name), ';', '')
    || '|;|' || translate(uit.declarant_ref, ';', '')
    || '|;|' || translate(concat_ws(
        '|', uit.start->>'county', uit.start->>'locality', uit.start->>'full_address',
        uit."end"->>'county', uit."end"->>'locality', uit."end"->>'full_address'
    ), ';', '')
), '|', ' ') || ' ' $$;

-- The pieces of three, of „ b12 ” they are „ b1”, „b12”, „12 ”, each with one of 64 marks of the
-- company, „b127”: a carrier's are looked for among its own and few others.
CREATE OR REPLACE FUNCTION caraus_marked_pieces(company bigint, words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000
RETURN (
    SELECT array_agg(substr(plain, at, 3) || mark)
    FROM replace(words, ' ;', '') AS plain, to_hex(company & 63) AS mark,
        generate_series(1, length(plain) - 2) AS at
);
"""

INDEX = f"""
CREATE INDEX CONCURRENTLY transport_search
ON {TABLE} USING gin (caraus_marked_pieces(company_id, words))
"""

WATCHED = """company_id, uit, plate, trailer1, trailer2, vehicle_changes,
    declarant_cui, declarant_name, declarant_ref, start, "end\""""


def _trigger():
    """The trigger first: what it fires for more often finds the function of before, which leaves the
    columns to `fill`; the other way round a change of state alone could be missed."""
    names = "".join(f", {name}" for name in FIELDS)
    new = "".join(f", NEW.{name}" for name in FIELDS)
    kept = "".join(f", kept.{name}" for name in FIELDS)
    given = "".join(f", EXCLUDED.{name}" for name in FIELDS)
    changed = "".join(f", {name} = EXCLUDED.{name}" for name in FIELDS)
    return f"""
CREATE OR REPLACE TRIGGER transport_words
AFTER INSERT OR UPDATE OF {WATCHED}{names}
ON transports_transport FOR EACH ROW EXECUTE FUNCTION caraus_keep_words();

CREATE OR REPLACE FUNCTION caraus_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {TABLE} AS kept (transport_id, company_id, words{names})
    VALUES (NEW.id, NEW.company_id, caraus_words(NEW){new})
    ON CONFLICT (transport_id) DO UPDATE
        SET company_id = EXCLUDED.company_id, words = EXCLUDED.words{changed}
        WHERE (kept.company_id, kept.words{kept})
            IS DISTINCT FROM (EXCLUDED.company_id, EXCLUDED.words{given});
    RETURN NULL;
END $$;
"""  # nosec B608


def _write(schema_editor, values, which):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM transports_transport")
        (last,) = cursor.fetchone()
        for first in range(0, last + 1, before.BATCH):
            cursor.execute(
                f"UPDATE {TABLE} AS kept SET words = caraus_words(each){values}"  # nosec B608
                f" FROM transports_transport AS each WHERE each.id = kept.transport_id{which}"
                " AND kept.transport_id >= %s AND kept.transport_id < %s",
                [first, first + before.BATCH],
            )


def fill(apps, schema_editor):
    """Those that stood here before the trigger knew; one that it has written meanwhile is newer."""
    values = "".join(f", {name} = each.{name}" for name in FIELDS)
    _write(schema_editor, values, " AND kept.first_seen_at IS NULL")


def write_as_before(apps, schema_editor):
    _write(schema_editor, "", "")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("workspace", "0007_end_and_start")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS transport_search", before.INDEX.strip()
        ),
        migrations.RunPython(migrations.RunPython.noop, write_as_before),
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField("searchwords", name, field, preserve_default=False)
                for name, (field, _) in FIELDS.items()
            ],
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RunSQL(
            FUNCTIONS + _trigger(),
            before.FUNCTIONS + "; DROP FUNCTION caraus_marked_pieces(bigint, text)",
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS transport_search"),
        migrations.RunSQL(REQUIRE, RELEASE),
    ]
