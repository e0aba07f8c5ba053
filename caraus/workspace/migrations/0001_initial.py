import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


# Whether a UIT has the form and the check digits of ANAF's XSD, as `caraus.anaf.records.uit_is_valid`.
UIT_IS_VALID = """
CREATE FUNCTION caraus_uit_is_valid(uit text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT COST 200
RETURN CASE WHEN uit ~ '^[0-9ACDEFHJKLMNPQRTUVWXY]{14}[0-9]{2}$' THEN (
    SELECT sum(ascii(substr(uit, at, 1))) % 100 FROM generate_series(1, 14) AS at
) = right(uit, 2)::int ELSE false END;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ListExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('query', models.TextField(blank=True)),
                ('companies', models.JSONField(default=list)),
                ('transports', models.JSONField(db_default=[], default=list)),
                ('fingerprint', models.CharField(blank=True, db_default='', max_length=64)),
                ('requested_at', models.DateTimeField(db_index=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('failed', models.BooleanField(default=False)),
                ('total', models.PositiveIntegerField(blank=True, null=True)),
                ('done', models.PositiveIntegerField(default=0)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='list_exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(models.F('user'), models.F('organization'), condition=models.Q(('finished_at', None)), name='one_export_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ListExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='workspace.listexport')),
            ],
        ),
        migrations.CreateModel(
            name='ListSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('columns', models.JSONField(default=list)),
                ('density', models.CharField(choices=[('compact', 'Compacte'), ('airy', 'Aerisite')], default='compact', max_length=10)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='list_settings', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.TextField(blank=True)),
                ('is_default', models.BooleanField(default=False)),
                ('is_shared', models.BooleanField(db_default=False, default=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(models.F('user'), models.F('organization'), django.db.models.functions.text.Lower('name'), name='one_view_of_a_name'),
                ],
            },
        ),
        migrations.RunSQL(UIT_IS_VALID, "DROP FUNCTION caraus_uit_is_valid(text)"),
    ]
