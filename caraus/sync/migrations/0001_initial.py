import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


# The sums of each day's new UITs, kept by a trigger of the sync runs: one for each statement, so
# that a write of many unchanged responses adds nothing.
ADD_DAYS = """
CREATE FUNCTION caraus_add_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sync_companyday AS d (company_id, day, appeared, timed, waited, longest)
    SELECT r.company_id, (r.finished_at AT TIME ZONE 'Europe/Bucharest')::date, sum(r.new),
        sum(CASE WHEN r.age IS NULL THEN 0 ELSE r.new END), sum(coalesce(r.age, 0) * r.new),
        max(coalesce(r.age, 0))
    FROM fresh AS r WHERE r.new > 0 GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (company_id, day) DO UPDATE SET
        appeared = d.appeared + excluded.appeared, timed = d.timed + excluded.timed,
        waited = d.waited + excluded.waited, longest = greatest(d.longest, excluded.longest);
    RETURN NULL;
END $$;
CREATE TRIGGER syncrun_days AFTER INSERT ON sync_syncrun
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION caraus_add_days();
"""
DROP_ADD_DAYS = """
DROP TRIGGER syncrun_days ON sync_syncrun;
DROP FUNCTION caraus_add_days();
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('authorizations', '0001_initial'),
    ]

    operations = [
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
                ('limited_intervals', models.JSONField(default=dict)),
                ('prior', models.JSONField(db_default=[], default=list)),
                ('new_uits_by_hour', models.JSONField(default=list)),
                ('counted_until', models.DateTimeField(blank=True, null=True)),
                ('notified_outage_since', models.DateTimeField(blank=True, null=True)),
                ('notified_pause_since', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RateLimiter',
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
                ('error_cuis', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('error_since', models.DateTimeField(blank=True, null=True)),
                ('open_since', models.DateTimeField(blank=True, null=True)),
                ('probes', models.PositiveIntegerField(default=0)),
                ('probe_at', models.DateTimeField(blank=True, null=True)),
                ('probing_until', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('last_code', models.CharField(blank=True, max_length=40)),
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
                ('requested_at', models.DateTimeField(blank=True, null=True)),
                ('request_id', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('viewed_at', models.DateTimeField(blank=True, null=True)),
                ('last_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('last_good_at', models.DateTimeField(blank=True, null=True)),
                ('last_outcome', models.CharField(blank=True, max_length=20)),
                ('last_code', models.CharField(blank=True, max_length=40)),
                ('last_digest', models.CharField(blank=True, max_length=64)),
                ('last_body_digest', models.CharField(blank=True, db_default='', default='', max_length=80)),
                ('last_seen_count', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_missing', models.PositiveIntegerField(db_default=0, default=0)),
                ('last_unreadable', models.PositiveIntegerField(db_default=0, default=0)),
                ('error_since', models.DateTimeField(blank=True, null=True)),
                ('failures_in_a_row', models.PositiveIntegerField(default=0)),
                ('new_uits', models.FloatField(db_default=0, default=0)),
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
        migrations.RunSQL(ADD_DAYS, DROP_ADD_DAYS),
    ]
