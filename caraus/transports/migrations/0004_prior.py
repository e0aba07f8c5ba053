from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transports', '0003_notes_and_days'),
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
