from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transports", "0008_sync_now")]

    operations = [
        migrations.AddField(
            model_name='gate',
            name='failing_cuis',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
    ]
