from django.db import migrations

# A TRUNCATE fires no trigger of rows: it is refused as a whole.
GUARD = """
CREATE FUNCTION caraus_journal_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER journal_whole BEFORE TRUNCATE ON accounts_journalentry
  FOR EACH STATEMENT EXECUTE FUNCTION caraus_journal_whole();
"""
NO_LONGER = """
DROP TRIGGER journal_whole ON accounts_journalentry;
DROP FUNCTION caraus_journal_whole();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_language")]

    operations = [migrations.RunSQL(GUARD, NO_LONGER)]
