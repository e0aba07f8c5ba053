import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('authorizations', '0001_initial'),
        ('transports', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FilingAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=50, unique=True)),
                ('xml', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('environment', models.CharField(max_length=10)),
                ('sent_at', models.DateTimeField()),
                ('index', models.CharField(blank=True, max_length=40)),
                ('outcome', models.CharField(blank=True, max_length=20)),
                ('authorization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='authorizations.authorization')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='FilingResponse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('upload', 'Upload'), ('status', 'Status'), ('list', 'List')], max_length=10)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('sent', models.BooleanField()),
                ('status', models.PositiveIntegerField(blank=True, null=True)),
                ('content_type', models.TextField(blank=True)),
                ('server_date', models.TextField(blank=True)),
                ('body', models.BinaryField()),
                ('complete', models.BooleanField()),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('detail', models.TextField(blank=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='responses', to='filings.filingattempt')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='FilingSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('enabled', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('company', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='filing_switch', to='accounts.company')),
            ],
        ),
        migrations.CreateModel(
            name='MemberFilingSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('enabled', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='filing_switch', to='accounts.membership')),
            ],
        ),
        migrations.CreateModel(
            name='VehicleChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uit', models.CharField(max_length=64)),
                ('plate', models.CharField(max_length=20)),
                ('trailer1', models.CharField(blank=True, max_length=20)),
                ('trailer2', models.CharField(blank=True, max_length=20)),
                ('moment', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('own_reference', models.CharField(blank=True, max_length=50)),
                ('post_outage', models.BooleanField(default=False)),
                ('rehearsal', models.BooleanField(default=False)),
                ('before_plate', models.TextField(blank=True)),
                ('before_trailer1', models.TextField(blank=True)),
                ('before_trailer2', models.TextField(blank=True)),
                ('changes_before', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('draft', 'de confirmat'), ('queued', 'în așteptare'), ('sending', 'se trimite'), ('processing', 'în prelucrare la ANAF'), ('accepted', 'acceptată, încă nu apare'), ('done', 'apare la ANAF'), ('refused', 'refuzată de ANAF'), ('unknown', 'nu se știe'), ('not_found', 'negăsită la ANAF'), ('held', 'oprită, decizi tu'), ('cancelled', 'anulată'), ('closed', 'închisă, rezultat necunoscut')], default='draft', max_length=20)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('message', models.TextField(blank=True)),
                ('state_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_step_at', models.DateTimeField(blank=True, null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('created_by_name', models.CharField(blank=True, max_length=407)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('batch', models.UUIDField(db_index=True, default=uuid.uuid4)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='vehicle_changes', to='accounts.company')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transport', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='filed_changes', to='transports.transport')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'indexes': [
                    models.Index(fields=['company', '-created_at', '-id'], name='change_newest'),
                    models.Index(condition=models.Q(('next_step_at', None), _negated=True), fields=['next_step_at'], name='change_due'),
                ],
                'constraints': [
                    models.UniqueConstraint(models.F('company'), models.F('uit'), models.F('rehearsal'), condition=models.Q(('state__in', ['accepted', 'held', 'not_found', 'processing', 'queued', 'sending', 'unknown'])), name='one_open_change_per_uit'),
                ],
            },
        ),
        migrations.AddField(
            model_name='filingattempt',
            name='change',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='filings.vehiclechange'),
        ),
    ]
