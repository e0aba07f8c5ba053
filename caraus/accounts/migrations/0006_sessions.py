from django.db import migrations, models

# Before, a row's key was the cookie itself. The tables stay for processes of the previous release
# until they are restarted; what they write there opens nothing here.
EMPTY = """
DO $$ DECLARE found text; BEGIN
  FOREACH found IN ARRAY ARRAY['django_session', 'usersessions_usersession'] LOOP
    IF to_regclass(found) IS NOT NULL THEN EXECUTE format('TRUNCATE %I', found); END IF;
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_rate_limits")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("key_digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("sealed", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("user_id", models.BigIntegerField(blank=True, db_index=True, null=True)),
            ],
        ),
        migrations.RunSQL(EMPTY, migrations.RunSQL.noop),
    ]
