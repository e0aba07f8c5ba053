
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_news'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailedNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('last_at', models.DateTimeField()),
            ],
        ),
    ]
