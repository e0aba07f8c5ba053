import caraus.transports.models.fields
import datetime
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from caraus.core.extensions import create_extensions

# A company is one organization's: without it the planner takes the two for independent.
STATISTICS = """
CREATE STATISTICS transport_owner (dependencies) ON organization_id, company_id
FROM transports_transport
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(create_extensions, migrations.RunPython.noop),
        migrations.CreateModel(
            name='ExpiryWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notified_until', models.DateTimeField()),
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
                'indexes': [
                    models.Index(fields=['company', '-first_seen_at', '-id'], name='transport_newest'),
                    models.Index(fields=['company', 'state', 'first_expired_day'], name='transport_open'),
                    models.Index(fields=['first_expired_day'], name='transport_expiring'),
                    models.Index(condition=models.Q(('unreadable_fields', {}), _negated=True), fields=['company'], name='transport_partly_unreadable'),
                    models.Index(fields=['organization', '-first_seen_at', '-id', 'transport_date'], name='list_by_newest'),
                    models.Index(fields=['organization', '-last_changed_at', '-id'], name='list_by_change'),
                    models.Index(fields=['organization', '-transport_date', '-id'], name='list_by_day'),
                    models.Index(fields=['organization', 'uit', 'id'], name='list_by_uit'),
                    models.Index(fields=['organization', 'sort_vehicle', 'id'], name='list_by_vehicle'),
                    models.Index(fields=['organization', 'sort_declarant', 'id'], name='list_by_declarant'),
                    models.Index(fields=['organization', 'sort_route', 'id'], name='list_by_route'),
                    models.Index(fields=['organization', 'sort_reference', 'id'], name='list_by_reference'),
                    models.Index(fields=['organization', 'first_expired_day', 'id', 'transport_date'], name='list_by_end'),
                    models.Index(condition=models.Q(('state__in', ['active', 'missing'])), fields=['organization', '-first_seen_at', '-id'], name='list_open'),
                    models.Index(condition=models.Q(('state', 'delisted')), fields=['organization', '-first_seen_at', '-id'], name='list_delisted'),
                    models.Index(condition=models.Q(('last_changed_at__gt', models.F('first_seen_at'))), fields=['organization', '-first_seen_at', '-id'], name='list_changed'),
                    django.contrib.postgres.indexes.GinIndex(fields=['organization', 'search_text'], name='list_search', opclasses=['int8_ops', 'gin_trgm_ops']),
                ],
                'constraints': [
                    models.UniqueConstraint(models.F('company'), models.F('uit'), name='one_row_per_uit'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('unloaded', 'descărcat'), ('fine', 'în regulă'), ('taken', 'se ocupă')], max_length=10)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transport', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mark', to='transports.transport')),
            ],
        ),
        migrations.CreateModel(
            name='TransportEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('appeared', 'apărut'), ('changed', 'modificat de declarant'), ('vehicle_changed', 'vehicul schimbat'), ('carrier_changed', 'transportator schimbat'), ('returned', 'din nou în lista ANAF'), ('expired', 'expirat'), ('delisted', 'nu mai este în lista ANAF'), ('marked', 'marcat'), ('unmarked', 'marcaj scos'), ('filing', 'depunere la ANAF'), ('requested', 'cerere către declarant')], max_length=20)),
                ('changes', models.JSONField(default=dict)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transport', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='transports.transport')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [
                    models.Index(fields=['transport', '-at'], name='event_by_transport'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TransportNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('search_text', models.TextField(db_default='', editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('edited_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='transport_notes', to=settings.AUTH_USER_MODEL)),
                ('transport', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='transports.transport')),
            ],
            options={
                'ordering': ['created_at', 'pk'],
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='note_search', opclasses=['gin_trgm_ops']),
                ],
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
                'constraints': [
                    models.UniqueConstraint(models.F('company'), models.F('digest'), name='one_row_per_unreadable'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DeclarantContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cui', models.TextField()),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('organization'), models.F('cui'), name='one_contact_per_declarant')],
            },
        ),
        migrations.RunSQL(STATISTICS, "DROP STATISTICS transport_owner"),
    ]
