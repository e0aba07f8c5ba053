import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('transports', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=30)),
                ('plate_field', models.CharField(max_length=10)),
                ('plate', models.TextField()),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mark', models.CharField(blank=True, choices=[('unloaded', 'descărcat'), ('fine', 'în regulă'), ('taken', 'se ocupă')], max_length=10)),
                ('marked_at', models.DateTimeField(blank=True, null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.company')),
                ('marked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('other', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transports.transport')),
                ('transport', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='transports.transport')),
            ],
            options={
                'ordering': ['transport', 'pk'],
                'constraints': [models.UniqueConstraint(models.F('transport'), models.F('code'), models.F('plate_field'), name='one_row_per_issue')],
            },
        ),
        migrations.CreateModel(
            name='Vehicle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plate', models.CharField(max_length=20)),
                ('kind', models.CharField(choices=[('vehicle', 'vehicul'), ('trailer', 'remorcă')], default='vehicle', max_length=10)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('driver', models.CharField(blank=True, max_length=150)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('search_text', models.TextField(db_default='', editable=False)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fleet', to='accounts.company')),
            ],
            options={
                'ordering': ['-active', '-kind', 'plate', 'pk'],
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='vehicle_search', opclasses=['gin_trgm_ops'])],
                'constraints': [models.UniqueConstraint(models.F('company'), models.F('plate'), name='one_row_per_plate')],
            },
        ),
    ]
