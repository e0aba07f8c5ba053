"""The organization and the search text stand with a UIT, and the list's indexes over them."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from caraus.extensions import create_extensions
from caraus.transports.search_text import build_search_text, build_sort_keys

BATCH = 1000
TEXTS = ("search_text", "sort_vehicle", "sort_declarant", "sort_route", "sort_reference")


def fill(apps, schema_editor):
    """Write both for the UITs that stand here."""
    model = apps.get_model("transports", "Transport")
    transports = model.objects.select_related("company").defer("raw", "extra").order_by("pk")
    last = 0
    while rows := list(transports.filter(pk__gt=last)[:BATCH]):
        for transport in rows:
            transport.organization_id = transport.company.organization_id
            transport.search_text = build_search_text(transport)
            for field, text in build_sort_keys(transport).items():
                setattr(transport, field, text)
        model.objects.bulk_update(rows, ["organization", *TEXTS])
        last = rows[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("accounts", "0004_journal_whole"),
        ("transports", "0011_counted_to"),
        ("workspace", "0012_no_words"),
    ]

    operations = [
        migrations.RunPython(create_extensions, migrations.RunPython.noop),
        migrations.AddField(
            "transport",
            "organization",
            models.ForeignKey(
                to="accounts.organization",
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
            ),
        ),
        *(
            migrations.AddField(
                "transport", field, models.TextField(blank=True, editable=False, default="")
            )
            for field in TEXTS
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "transport",
            "organization",
            models.ForeignKey(
                to="accounts.organization",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
            ),
        ),
        *(
            migrations.AlterField("transport", field, models.TextField(blank=True, editable=False))
            for field in TEXTS
        ),
        # A company is one organization's: without it the planner takes the two for independent.
        migrations.RunSQL(
            "CREATE STATISTICS transport_owner (dependencies) ON organization_id, company_id"
            " FROM transports_transport",
            "DROP STATISTICS transport_owner",
        ),
        *(
            migrations.AddIndex("transport", index)
            for index in (
                models.Index(fields=["organization", "-first_seen_at", "-id"], name="list_by_newest"),
                models.Index(fields=["organization", "-last_changed_at", "-id"], name="list_by_change"),
                models.Index(fields=["organization", "-transport_date", "-id"], name="list_by_day"),
                models.Index(fields=["organization", "uit", "id"], name="list_by_uit"),
                models.Index(fields=["organization", "sort_vehicle", "id"], name="list_by_vehicle"),
                models.Index(fields=["organization", "sort_declarant", "id"], name="list_by_declarant"),
                models.Index(fields=["organization", "sort_route", "id"], name="list_by_route"),
                models.Index(fields=["organization", "sort_reference", "id"], name="list_by_reference"),
                models.Index(
                    fields=["organization", "first_expired_day", "id", "transport_date"],
                    name="list_by_end",
                ),
                models.Index(
                    fields=["organization", "-first_seen_at", "-id"],
                    condition=models.Q(state__in=["active", "missing"]),
                    name="list_open",
                ),
                models.Index(
                    fields=["organization", "-first_seen_at", "-id"],
                    condition=models.Q(state="delisted"),
                    name="list_delisted",
                ),
                models.Index(
                    fields=["organization", "-first_seen_at", "-id"],
                    condition=models.Q(last_changed_at__gt=models.F("first_seen_at")),
                    name="list_changed",
                ),
                django.contrib.postgres.indexes.GinIndex(
                    fields=["organization", "search_text"],
                    opclasses=["int8_ops", "gin_trgm_ops"],
                    name="list_search",
                ),
            )
        ),
    ]
