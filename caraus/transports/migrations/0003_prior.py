from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transports', '0002_sync_engine'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='plan',
            name='typical_rate',
        ),
        migrations.AddField(
            model_name='plan',
            name='prior',
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
