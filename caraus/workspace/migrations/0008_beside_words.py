"""What the list is narrowed and put in order by stands beside a UIT's words too.

Not one transaction: other processes go on writing meanwhile, through the trigger. An attempt that
was cut off can be run again.
"""

from django.db import migrations, models

TABLE = "workspace_searchwords"
FIELDS = {
    "state": models.CharField(max_length=20),
    "transport_date": models.DateField(),
    "first_expired_day": models.DateField(),
    "first_seen_at": models.DateTimeField(),
    "last_changed_at": models.DateTimeField(),
}
COLUMNS = ", ".join(FIELDS)
TYPES = {
    "state": "varchar(20)",
    "transport_date": "date",
    "first_expired_day": "date",
    "first_seen_at": "timestamptz",
    "last_changed_at": "timestamptz",
}

ADD = "; ".join(
    f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS {name} {kind}" for name, kind in TYPES.items()
)
DROP = "; ".join(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS {name}" for name in FIELDS)
REQUIRE = "; ".join(f"ALTER TABLE {TABLE} ALTER COLUMN {name} SET NOT NULL" for name in FIELDS)

# A change of state leaves the words as they are: with some room in a page, the index need not hear
# of it.
ROOM = f"ALTER TABLE {TABLE} SET (fillfactor = 90)"
NO_ROOM = f"ALTER TABLE {TABLE} RESET (fillfactor)"

WATCHED = """company_id, uit, plate, trailer1, trailer2, vehicle_changes,
    declarant_cui, declarant_name, declarant_ref, start, "end\""""


def _trigger(columns, watched):
    new = "".join(f", NEW.{name}" for name in columns)
    names = "".join(f", {name}" for name in columns)
    kept = "".join(f", kept.{name}" for name in columns)
    given = "".join(f", EXCLUDED.{name}" for name in columns)
    changed = "".join(f", {name} = EXCLUDED.{name}" for name in columns)
    return f"""
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

CREATE OR REPLACE TRIGGER transport_words
AFTER INSERT OR UPDATE OF {watched}
ON transports_transport FOR EACH ROW EXECUTE FUNCTION caraus_keep_words();
"""


BATCH = 20_000


def fill(apps, schema_editor):
    """Those that stood here before the trigger knew; one that it has written meanwhile is newer."""
    values = ", ".join(f"{name} = uit.{name}" for name in FIELDS)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM transports_transport")
        (last,) = cursor.fetchone()
        for first in range(0, last + 1, BATCH):
            cursor.execute(
                f"UPDATE {TABLE} AS kept SET {values} FROM transports_transport AS uit"
                " WHERE uit.id = kept.transport_id AND kept.first_seen_at IS NULL"
                " AND kept.transport_id >= %s AND kept.transport_id < %s",
                [first, first + BATCH],
            )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("workspace", "0007_end_and_start")]

    operations = [
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField("searchwords", name, field, preserve_default=False)
                for name, field in FIELDS.items()
            ],
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RunSQL(_trigger(FIELDS, f"{WATCHED}, {COLUMNS}"), _trigger((), WATCHED)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(REQUIRE, migrations.RunSQL.noop),
    ]
