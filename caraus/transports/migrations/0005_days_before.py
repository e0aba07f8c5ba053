"""The sums of the days before there were sums: apart from the trigger, whose table is locked.

From the questions that are still whole, and for the rest of a month from the UITs alone.
"""

from django.db import migrations

FORWARDS = """
INSERT INTO transports_companyday AS d (company_id, day, appeared, timed, waited, longest)
SELECT company_id, (finished_at AT TIME ZONE 'Europe/Bucharest')::date, sum(new),
    sum(CASE WHEN age IS NULL THEN 0 ELSE new END), sum(coalesce(age, 0) * new),
    max(coalesce(age, 0))
FROM transports_syncrun WHERE new > 0 GROUP BY 1, 2
ON CONFLICT (company_id, day) DO UPDATE SET
    appeared = greatest(d.appeared, excluded.appeared), timed = greatest(d.timed, excluded.timed),
    waited = greatest(d.waited, excluded.waited), longest = greatest(d.longest, excluded.longest);

INSERT INTO transports_companyday AS d (company_id, day, appeared, timed, waited, longest)
SELECT company_id, (first_seen_at AT TIME ZONE 'Europe/Bucharest')::date, count(*), 0, 0, 0
FROM transports_transport WHERE first_seen_at > now() - interval '31 days' GROUP BY 1, 2
ON CONFLICT (company_id, day) DO UPDATE SET appeared = greatest(d.appeared, excluded.appeared);
"""


class Migration(migrations.Migration):
    dependencies = [("transports", "0004_prior")]

    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
