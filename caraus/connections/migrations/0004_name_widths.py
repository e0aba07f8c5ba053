
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0003_token_life'),
    ]

    operations = [
        migrations.AlterField(
            model_name='connection',
            name='person_name',
            field=models.CharField(max_length=254),
        ),
        migrations.AlterField(
            model_name='consentrequest',
            name='person_name',
            field=models.CharField(db_default='', default='', max_length=254),
        ),
        migrations.AlterField(
            model_name='externallink',
            name='sender_name',
            field=models.CharField(max_length=254),
        ),
    ]
