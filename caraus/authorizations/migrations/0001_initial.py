import datetime
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Authorization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_name', models.CharField(max_length=254)),
                ('authorized_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('certificate_serial', models.CharField(blank=True, max_length=100)),
                ('certificate_holder', models.CharField(blank=True, db_default='', default='', max_length=254)),
                ('status', models.CharField(choices=[('active', 'activă'), ('reauthorize', 'trebuie refăcută'), ('replaced', 'înlocuită'), ('disconnected', 'deconectată')], default='active', max_length=20)),
                ('access_token_sealed', models.TextField()),
                ('refresh_token_sealed', models.TextField()),
                ('access_expires_at', models.DateTimeField()),
                ('access_life', models.DurationField(db_default=datetime.timedelta(days=90), default=datetime.timedelta(days=90))),
                ('access_expiry_estimated', models.BooleanField(default=False)),
                ('refresh_expires_at', models.DateTimeField()),
                ('refresh_expiry_estimated', models.BooleanField(default=False)),
                ('last_refreshed_at', models.DateTimeField(blank=True, null=True)),
                ('last_refresh_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('refresh_failures', models.PositiveIntegerField(db_default=0, default=0)),
                ('refresh_not_before', models.DateTimeField(blank=True, null=True)),
                ('last_good_call_at', models.DateTimeField(blank=True, null=True)),
                ('last_failure_at', models.DateTimeField(blank=True, null=True)),
                ('last_failure_code', models.CharField(blank=True, max_length=40)),
                ('last_failure_detail', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('authorized_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='authorizations', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='authorizations', to='accounts.organization')),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='predecessors', to='authorizations.authorization')),
            ],
            options={
                'ordering': ['-authorized_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ExternalLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender_name', models.CharField(max_length=254)),
                ('for_all', models.BooleanField(default=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('reminders', models.BooleanField(db_default=True, default=True)),
                ('first_reminder_at', models.DateTimeField(blank=True, null=True)),
                ('last_reminder_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('no_right_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('companies', models.ManyToManyField(blank=True, related_name='external_links', to='accounts.company')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='external_links', to='accounts.organization')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ConsentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state_digest', models.CharField(max_length=64, unique=True)),
                ('browser_digest', models.CharField(db_default='', default='', max_length=64)),
                ('person_name', models.CharField(db_default='', default='', max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.CharField(blank=True, max_length=40)),
                ('authorization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='consents', to='authorizations.authorization')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='accounts.organization')),
                ('replaces', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='authorizations.authorization')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='authorizations.externallink')),
            ],
        ),
        migrations.AddField(
            model_name='authorization',
            name='link',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='authorizations', to='authorizations.externallink'),
        ),
        migrations.CreateModel(
            name='LinkSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret_digest', models.CharField(max_length=64, unique=True)),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='authorizations.externallink')),
            ],
        ),
        migrations.CreateModel(
            name='AuthorizationCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('hello_code', models.CharField(blank=True, max_length=40)),
                ('hello_at', models.DateTimeField(blank=True, null=True)),
                ('responses', models.JSONField(default=list)),
                ('authorization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='authorizations.authorization')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-requested_at', '-pk'],
                'constraints': [models.UniqueConstraint(models.F('authorization'), condition=models.Q(('finished_at', None)), name='one_check_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='CompanyRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('unknown', 'necunoscut'), ('covered', 'autorizată'), ('no_right', 'fără drept în SPV')], default='unknown', max_length=20)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('covered_at', models.DateTimeField(blank=True, null=True)),
                ('refusals', models.PositiveIntegerField(db_default=0, default=0)),
                ('retry_at', models.DateTimeField(blank=True, null=True)),
                ('authorization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights', to='authorizations.authorization')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights', to='accounts.company')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('authorization'), models.F('company'), name='one_right_per_company')],
            },
        ),
    ]
