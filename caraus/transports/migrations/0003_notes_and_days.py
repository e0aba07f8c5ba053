"""Notes of the team, and the sums of each day's new UITs, kept by a trigger of the questions.

The trigger is one for each statement: a write of many unchanged answers adds nothing.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION caraus_add_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO transports_companyday AS d (company_id, day, appeared, timed, waited, longest)
    SELECT r.company_id, (r.finished_at AT TIME ZONE 'Europe/Bucharest')::date, sum(r.new),
        sum(CASE WHEN r.age IS NULL THEN 0 ELSE r.new END), sum(coalesce(r.age, 0) * r.new),
        max(coalesce(r.age, 0))
    FROM fresh AS r WHERE r.new > 0 GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (company_id, day) DO UPDATE SET
        appeared = d.appeared + excluded.appeared, timed = d.timed + excluded.timed,
        waited = d.waited + excluded.waited, longest = greatest(d.longest, excluded.longest);
    RETURN NULL;
END $$;

CREATE TRIGGER syncrun_days AFTER INSERT ON transports_syncrun
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION caraus_add_days();
"""
BACKWARDS = """
DROP TRIGGER syncrun_days ON transports_syncrun;
DROP FUNCTION caraus_add_days();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_people"),
        ("transports", "0002_sync_engine"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CompanyDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("appeared", models.PositiveIntegerField(default=0)),
                ("timed", models.PositiveIntegerField(default=0)),
                ("waited", models.FloatField(default=0)),
                ("longest", models.FloatField(default=0)),
                ("company", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="days", to="accounts.company")),
            ],
        ),
        migrations.CreateModel(
            name="TransportNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                ("author", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="transport_notes", to=settings.AUTH_USER_MODEL)),
                ("transport", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="transports.transport")),
            ],
            options={"ordering": ["created_at", "pk"]},
        ),
        migrations.AddConstraint(
            model_name="companyday",
            constraint=models.UniqueConstraint(models.F("company"), models.F("day"), name="one_row_per_company_day"),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
