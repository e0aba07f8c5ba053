from django.db import migrations, models


# Entries are added, never changed (see docs/decisions/067-ledger.md). Two things are allowed: the
# content of an entry goes when the organization keeps its UITs no longer (its hash stays), and a
# chain goes when its organization is gone. A TRUNCATE fires no trigger of rows: refused as a whole.
LEDGER = """
CREATE FUNCTION caraus_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  same ledger_ledgerentry;
BEGIN
  IF TG_OP = 'DELETE' AND OLD.organization_id <> 0 AND NOT EXISTS (
      SELECT FROM accounts_organization WHERE id = OLD.organization_id) THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.content IS NULL THEN
    same := NEW;
    same.content := OLD.content;
    IF same IS NOT DISTINCT FROM OLD
        AND OLD.kind IN ('record', 'unreadable', 'delisted', 'expired') AND EXISTS (
        SELECT FROM accounts_organization WHERE id = OLD.organization_id
        AND OLD.written_at < now() - (keep_transports_months + 2) * interval '1 month') THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION caraus_ledger_append_only();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_ledgerentry
  FOR EACH STATEMENT EXECUTE FUNCTION caraus_ledger_append_only();
"""
DROP_LEDGER = """
DROP TRIGGER ledger_no_truncate ON ledger_ledgerentry;
DROP TRIGGER ledger_append_only ON ledger_ledgerentry;
DROP FUNCTION caraus_ledger_append_only();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('organization_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organization_id', models.BigIntegerField()),
                ('number', models.BigIntegerField()),
                ('written_at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('record', 'Record'), ('unreadable', 'Unreadable'), ('delisted', 'Delisted'), ('expired', 'Expired'), ('filing', 'Filing'), ('filing_response', 'Filing Response'), ('no_response', 'No Response'), ('responding_again', 'Responding Again'), ('outage', 'Outage'), ('outage_over', 'Outage Over'), ('contents_deleted', 'Contents Deleted')], max_length=20)),
                ('cui', models.TextField(blank=True)),
                ('uit', models.TextField(blank=True)),
                ('requested_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('server_date', models.TextField(blank=True)),
                ('trace_id', models.TextField(blank=True)),
                ('content', models.TextField(null=True)),
                ('content_sha256', models.BinaryField()),
                ('previous_hash', models.BinaryField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'ordering': ['organization_id', 'number'],
            },
        ),
        migrations.RunSQL(LEDGER, DROP_LEDGER),
    ]
