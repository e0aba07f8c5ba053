
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_sessions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='journalentry',
            name='actor',
            field=models.CharField(max_length=407),
        ),
    ]
