import caraus.transports.models.fields
import datetime
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from caraus.extensions import create_extensions

# A company is one organization's: without it the planner takes the two for independent.
STATISTICS = """
CREATE STATISTICS transport_owner (dependencies) ON organization_id, company_id
FROM transports_transport
"""
# The sums of each day's new UITs, kept by a trigger of the sync runs: one for each statement, so
# that a write of many unchanged responses adds nothing.
ADD_DAYS = """
CREATE FUNCTION caraus_add_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transports_companyday AS d (company_id, day, appeared, timed, waited, longest)
    SELECT r.company_id, (r.finished_at AT TIME ZONE 'Europe/Bucharest')::date, sum(r.new),
        sum(CASE WHEN r.age IS NULL THEN 0 ELSE r.new END), sum(coalesce(r.age, 0) * r.new),
        max(coalesce(r.age, 0))
    FROM fresh AS r WHERE r.new > 0 GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (company_id, day) DO UPDATE SET
        appeared = d.appeared + excluded.appeared, timed = d.timed + excluded.timed,
        waited = d.waited + excluded.waited, longest = greatest(d.longest, excluded.longest);
    RETURN NULL;
END $$;
CREATE TRIGGER syncrun_days AFTER INSERT ON transports_syncrun
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION caraus_add_days();
"""
DROP_ADD_DAYS = """
DROP TRIGGER syncrun_days ON transports_syncrun;
DROP FUNCTION caraus_add_days();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('authorizations', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(create_extensions, migrations.RunPython.noop),
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255, unique=True)),
                ('next_of_all', models.DateTimeField()),
                ('next_of_timer', models.DateTimeField()),
                ('next_of_person', models.DateTimeField(blank=True, null=True)),
                ('granted', models.PositiveBigIntegerField(default=0)),
                ('paused_until', models.DateTimeField(blank=True, null=True)),
                ('paused_since', models.DateTimeField(blank=True, null=True)),
                ('pauses', models.PositiveIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_cuis', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('open_since', models.DateTimeField(blank=True, null=True)),
                ('probes', models.PositiveIntegerField(default=0)),
                ('probe_at', models.DateTimeField(blank=True, null=True)),
                ('probing_until', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('last_code', models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name='LapseWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('looked_until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='OutcomeTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(max_length=20, unique=True)),
                ('calls', models.PositiveBigIntegerField(default=0)),
                ('counted_to', models.PositiveBigIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('companies', models.PositiveIntegerField(default=0)),
                ('budget', models.FloatField()),
                ('multiplier', models.FloatField()),
                ('fastest', models.FloatField()),
                ('slowest', models.FloatField()),
                ('stretched', models.BooleanField(default=False)),
                ('limited', models.JSONField(default=dict)),
                ('prior', models.JSONField(db_default=[], default=list)),
                ('found_by_hour', models.JSONField(default=list)),
                ('counted_until', models.DateTimeField(blank=True, null=True)),
                ('told_outage', models.DateTimeField(blank=True, null=True)),
                ('told_pause', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AuthorizationLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('daily_limit', models.PositiveIntegerField(blank=True, null=True)),
                ('learnt_at', models.DateTimeField(blank=True, null=True)),
                ('paused_until', models.DateTimeField(blank=True, null=True)),
                ('calls_day', models.DateField(blank=True, null=True)),
                ('calls_today', models.PositiveIntegerField(default=0)),
                ('authorization', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='learnt_limit', to='authorizations.authorization')),
            ],
        ),
        migrations.CreateModel(
            name='SyncState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_sync_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('wanted_at', models.DateTimeField(blank=True, null=True)),
                ('wanted_request', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('looked_at', models.DateTimeField(blank=True, null=True)),
                ('last_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('last_good_at', models.DateTimeField(blank=True, null=True)),
                ('last_outcome', models.CharField(blank=True, max_length=20)),
                ('last_code', models.CharField(blank=True, max_length=40)),
                ('last_digest', models.CharField(blank=True, max_length=64)),
                ('last_body_digest', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('last_seen_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_missing', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_unreadable', models.PositiveIntegerField(db_default=0, default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('failures_in_a_row', models.PositiveIntegerField(default=0)),
                ('found', models.FloatField(db_default=0, default=0)),
                ('exposure', models.FloatField(db_default=0, default=0)),
                ('rate', models.FloatField(db_default=1, default=1)),
                ('start_days', models.JSONField(db_default=[], default=list)),
                ('calls_day', models.DateField(blank=True, null=True)),
                ('calls_today', models.PositiveIntegerField(db_default=0, default=0)),
                ('daily_limit', models.PositiveIntegerField(blank=True, null=True)),
                ('paused_until', models.DateTimeField(blank=True, null=True)),
                ('company', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sync_state', to='accounts.company')),
            ],
        ),
        migrations.CreateModel(
            name='Transport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uit', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('active', 'activ'), ('missing', 'lipsă la ANAF'), ('expired', 'expirat'), ('delisted', 'nu mai este în lista ANAF')], default='active', max_length=20)),
                ('declarant_cui', models.TextField(blank=True)),
                ('declarant_name', models.TextField(blank=True)),
                ('declarant_ref', models.TextField(blank=True)),
                ('transport_date', caraus.transports.models.fields.DayOrUnknown(unknown=datetime.date(1, 1, 1))),
                ('first_expired_day', caraus.transports.models.fields.DayOrUnknown(unknown=datetime.date(9999, 12, 31))),
                ('expiry_computed', models.BooleanField(default=False)),
                ('carrier_cui', models.TextField(blank=True)),
                ('carrier_name', models.TextField(blank=True)),
                ('plate', models.TextField(blank=True)),
                ('trailer1', models.TextField(blank=True)),
                ('trailer2', models.TextField(blank=True)),
                ('vehicle_changes', models.JSONField(default=list)),
                ('start', models.JSONField(default=dict)),
                ('end', models.JSONField(default=dict)),
                ('documents', models.JSONField(default=list)),
                ('extra', models.JSONField(default=dict)),
                ('raw', models.JSONField(default=dict)),
                ('unreadable_fields', models.JSONField(db_default={}, default=dict)),
                ('search_text', models.TextField(blank=True, editable=False)),
                ('sort_vehicle', models.TextField(blank=True, editable=False)),
                ('sort_declarant', models.TextField(blank=True, editable=False)),
                ('sort_route', models.TextField(blank=True, editable=False)),
                ('sort_reference', models.TextField(blank=True, editable=False)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('last_changed_at', models.DateTimeField()),
                ('missing_since', models.DateTimeField(blank=True, null=True)),
                ('missing_again_at', models.DateTimeField(blank=True, null=True)),
                ('delist_not_before', models.DateTimeField(blank=True, null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transports', to='accounts.company')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'ordering': ['-first_seen_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='TransportEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('appeared', 'apărut'), ('changed', 'modificat de declarant'), ('vehicle_changed', 'vehicul schimbat'), ('carrier_changed', 'transportator schimbat'), ('returned', 'din nou în lista ANAF'), ('expired', 'expirat'), ('delisted', 'nu mai este în lista ANAF')], max_length=20)),
                ('changes', models.JSONField(default=dict)),
                ('transport', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='transports.transport')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='TransportNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('edited_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='transport_notes', to=settings.AUTH_USER_MODEL)),
                ('transport', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='transports.transport')),
            ],
            options={
                'ordering': ['created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='UnreadableRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('raw', models.TextField()),
                ('reason', models.TextField()),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('parser_version', models.PositiveIntegerField(db_default=1, default=1)),
                ('understood_at', models.DateTimeField(blank=True, null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unreadable', to='accounts.company')),
            ],
            options={
                'ordering': ['-last_seen_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='CompanyDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('appeared', models.PositiveIntegerField(default=0)),
                ('timed', models.PositiveIntegerField(default=0)),
                ('waited', models.FloatField(default=0)),
                ('longest', models.FloatField(default=0)),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('company'), models.F('day'), name='one_row_per_company_day')],
            },
        ),
        migrations.CreateModel(
            name='SyncHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('outcome', models.CharField(max_length=20)),
                ('calls', models.PositiveIntegerField()),
                ('new', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('age_sum', models.FloatField(default=0)),
                ('age_max', models.FloatField(default=0)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_hours', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('company'), models.F('hour'), models.F('outcome'), name='one_row_per_hour')],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('outcome', models.CharField(max_length=20)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('http_status', models.PositiveIntegerField(blank=True, null=True)),
                ('detail', models.TextField(blank=True)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('new', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('missing', models.PositiveIntegerField(default=0)),
                ('unreadable', models.PositiveIntegerField(default=0)),
                ('age', models.FloatField(blank=True, null=True)),
                ('authorization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sync_runs', to='authorizations.authorization')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_runs', to='accounts.company')),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
                'indexes': [models.Index(fields=['company', '-started_at'], name='run_by_company'), models.Index(fields=['authorization', 'started_at'], name='run_by_authorization'), models.Index(fields=['started_at'], name='run_by_time')],
            },
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['company', '-first_seen_at', '-id'], name='transport_newest'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['company', 'state', 'first_expired_day'], name='transport_open'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['first_expired_day'], name='transport_lapsing'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(condition=models.Q(('unreadable_fields', {}), _negated=True), fields=['company'], name='transport_partly_unreadable'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', '-first_seen_at', '-id', 'transport_date'], name='list_by_newest'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', '-last_changed_at', '-id'], name='list_by_change'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', '-transport_date', '-id'], name='list_by_day'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'uit', 'id'], name='list_by_uit'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'sort_vehicle', 'id'], name='list_by_vehicle'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'sort_declarant', 'id'], name='list_by_declarant'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'sort_route', 'id'], name='list_by_route'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'sort_reference', 'id'], name='list_by_reference'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(fields=['organization', 'first_expired_day', 'id', 'transport_date'], name='list_by_end'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(condition=models.Q(('state__in', ['active', 'missing'])), fields=['organization', '-first_seen_at', '-id'], name='list_open'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(condition=models.Q(('state', 'delisted')), fields=['organization', '-first_seen_at', '-id'], name='list_delisted'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=models.Index(condition=models.Q(('last_changed_at__gt', models.F('first_seen_at'))), fields=['organization', '-first_seen_at', '-id'], name='list_changed'),
        ),
        migrations.AddIndex(
            model_name='transport',
            index=django.contrib.postgres.indexes.GinIndex(fields=['organization', 'search_text'], name='list_search', opclasses=['int8_ops', 'gin_trgm_ops']),
        ),
        migrations.AddConstraint(
            model_name='transport',
            constraint=models.UniqueConstraint(models.F('company'), models.F('uit'), name='one_row_per_uit'),
        ),
        migrations.AddIndex(
            model_name='transportevent',
            index=models.Index(fields=['transport', '-at'], name='event_by_transport'),
        ),
        migrations.AddConstraint(
            model_name='unreadablerecord',
            constraint=models.UniqueConstraint(models.F('company'), models.F('digest'), name='one_row_per_unreadable'),
        ),
        migrations.RunSQL(STATISTICS, "DROP STATISTICS transport_owner"),
        migrations.RunSQL(ADD_DAYS, DROP_ADD_DAYS),
    ]
