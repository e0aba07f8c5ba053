"""The list and the search among a million UITs: a tenant of 100,000 in five companies.

    uv run python -m benchmarks.transports_list [rows]

Keyset pages stand beside the pages by OFFSET that they replaced, in the same run and database.
Prints the median and 95th percentile of each, in milliseconds.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from tests import environment

import django  # isort: skip

SERVER = environment.start()
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from caraus.accounts.models import Company, Organization  # noqa: E402
from caraus.core.formatting import today  # noqa: E402
from caraus.core.queries import count_each  # noqa: E402
from caraus.transports.models import Transport  # noqa: E402
from caraus.workspace import listing, pagination  # noqa: E402
from caraus.workspace.filters import ListFilters  # noqa: E402

ROWS = 1_000_000
REPEATS = 15

# `search_text` as `caraus.transports.search_text` writes it.
FILL = """
INSERT INTO transports_transport (
    company_id, organization_id, search_text, sort_vehicle, sort_declarant, sort_route,
    sort_reference, uit, state, declarant_cui, declarant_name,
    declarant_ref, transport_date, first_expired_day, expiry_computed, carrier_cui, carrier_name,
    plate, trailer1, trailer2, vehicle_changes, start, "end", documents, extra, raw,
    first_seen_at, last_seen_at, last_changed_at)
SELECT company, organization,
    lower(format(E' %%s %%s \n %%s %%s \n %%s %%s \n cmd%%s \n ar nadlac nadlacjudarad cj clujnapoca str%%s ',
        code, translate(code, 'OIZSGB', '012568'), plate, trailer, cui,
        regexp_replace(translate(declarant, 'ĂȚȘ', 'ATS'), '[^A-Z0-9]', '', 'g'),
        n % 300000, n % 900)),
    lower(plate), lower(regexp_replace(translate(declarant, 'ĂȚȘ', 'ATS'), '[^A-Z0-9]', '', 'g')),
    'ar nadlac cj clujnapoca', 'cmd' || n % 300000, code, CASE WHEN age < 4 THEN 'active' WHEN n % 40 = 0 THEN 'delisted' ELSE 'expired' END,
    cui, declarant, 'CMD-' || n % 300000, day, day + 5, false, '', '', plate, trailer, '', '[]',
    jsonb_build_object('county', 'AR', 'locality', 'Nădlac', 'full_address', 'Nădlac, Jud. Arad'),
    jsonb_build_object('county', 'CJ', 'locality', 'Cluj-Napoca', 'full_address', 'Str. ' || n % 900),
    '[]', '{}', '{}', seen, seen, seen + CASE WHEN n % 10 = 0 THEN interval '1 hour' ELSE interval '0' END
FROM (
    SELECT n,
        CASE WHEN n % 10 = 0 THEN %(first)s + n / 10 % 5
             ELSE %(first)s + 5 + n % %(others)s END AS company,
        CASE WHEN n % 10 = 0 THEN %(mine)s ELSE %(theirs)s END AS organization,
        upper(substr(md5('u' || n), 1, 16)) AS code,
        (900000000 + n % 5000)::text AS cui,
        (ARRAY['AGRO BĂRĂGAN', 'OȚEL ȘI LEMN', 'FRUCTE DIN DOBROGEA', 'MOBILĂ NĂSĂUD'])[1 + n % 4]
            || ' ' || n % 5000 || ' SRL' AS declarant,
        'B' || lpad((n % 97)::text, 2, '0') || chr(65 + n % 26) || chr(65 + n / 26 % 26)
            || chr(65 + n / 676 % 26) AS plate,
        CASE WHEN n % 3 > 0 THEN 'CT' || lpad((n % 89)::text, 2, '0') || 'REM' ELSE '' END AS trailer,
        n / (%(rows)s / 1000.0) AS age,
        %(today)s::date - (n / (%(rows)s / 1000.0))::int AS day,
        now() - n * (interval '1000 days' / %(rows)s) AS seen
    FROM generate_series(0, %(rows)s - 1) AS n
) AS rows
"""  # noqa: E501
_SEARCH_INDEX = next(index for index in Transport._meta.indexes if index.name == "list_search")


def main() -> None:
    call_command("migrate", verbosity=0)
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    companies, biggest = fill(rows)
    print(f"{rows} UITs, of which {rows // 10} are the tenant's, in {len(companies)} companies")
    pages(companies, "five companies")
    pages([biggest], "one company")
    for typed in (
        "B07",
        "b 07 hab",
        "agro baragan",
        "fructe 1234",
        "srl",
        "CT",
        "zzzqqq",
        "CMD-1230",
    ):
        for show in ("current", "all"):
            view(companies, ListFilters(query=typed, show=show))
    for filters in (
        ListFilters(show="expiring"),
        ListFilters(show="all", only_changed=True),
        ListFilters(show="all", declarant="agro baragan 1230"),
        ListFilters(show="all", vehicle="B07"),
        ListFilters(show="all", place="nadlac"),
        ListFilters(show="delisted"),
        ListFilters(
            show="all", from_day=today() - timedelta(days=420), to_day=today() - timedelta(400)
        ),
        ListFilters(show="all", sort="expiry"),
        ListFilters(show="all", sort="transport_date"),
        ListFilters(show="all", sort="last_changed"),
    ):
        view(companies, filters)


def fill(rows: int) -> tuple[list[int], int]:
    """Into an empty database; the tenant's companies, and the one of them with most UITs."""
    others = 900
    tenant = Organization.objects.create(name="Tenant")
    other_tenant = Organization.objects.create(name="Others")
    created = Company.objects.bulk_create(
        Company(organization=tenant if n < 5 else other_tenant, cui=str(900000000 + n))
        for n in range(5 + others)
    )
    first = created[0].pk
    with connection.schema_editor() as editor:
        editor.remove_index(Transport, _SEARCH_INDEX)
    with connection.cursor() as cursor:
        values = {"first": first, "others": others, "rows": rows, "today": today()}
        values |= {"mine": tenant.pk, "theirs": other_tenant.pk}
        cursor.execute("SET maintenance_work_mem = '256MB'; SET statement_timeout = 0")
        cursor.execute(FILL.replace(" % ", " %% ").replace("%% %(", "%% %("), values)
        started = time.monotonic()
        with connection.schema_editor() as editor:
            editor.add_index(Transport, _SEARCH_INDEX)
        print(f"search index in {time.monotonic() - started:.0f} s", end=", ")
        cursor.execute("SELECT pg_size_pretty(pg_relation_size('list_search'))")
        print(*cursor.fetchone())
        cursor.execute("VACUUM ANALYZE transports_transport")
    return [company.pk for company in created[:5]], first


def visible_transports(companies: list[int]) -> QuerySet[Transport]:
    """Return what the tenant's owner sees."""
    organization = Company.objects.get(pk=companies[0]).organization_id
    return Transport.objects.filter(organization=organization)


def pages(companies: list[int], title: str) -> None:
    """Measure the same page by OFFSET and by its place, at growing depths."""
    everything = ListFilters(show="all")
    rows = listing.filter_transports(
        everything, visible_transports(companies), companies, today=today()
    )
    in_order = rows.defer("raw", "extra").order_by("-first_seen_at", "-pk")
    for number in (1, 20, 200, 300):
        offset = (number - 1) * pagination.TRANSPORTS_PER_PAGE
        before = list(in_order[max(offset - 1, 0) : offset])
        cursor = pagination.ORDERS["newest"].cursor(before[0]) if before else ""
        report(f"{title}, page {number}, OFFSET", lambda: list(in_order[offset : offset + 50]))  # noqa: B023
        report(
            f"{title}, page {number}, cursor",
            lambda: pagination.paginate(rows, after=cursor),  # noqa: B023
        )


def view(companies: list[int], filters: ListFilters) -> None:
    """Measure the queries of the list: the page and the count."""

    visible = visible_transports(companies)

    def both() -> int:
        rows, page = listing.list_page(filters, visible, None, today=today())
        to_count = listing.rows_to_count(rows, page, sort=filters.sort)
        number = None if to_count is None else count_each(to_count)[0]
        return len(page.rows) + listing.total(page, number).number

    report(filters.address() or "the list", both)


def report(name: str, work: Callable[[], object]) -> None:
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    percentile = statistics.quantiles(times, n=20)[-1]
    print(f"{name:<52}{statistics.median(times):9.1f} ms{percentile:9.1f} ms (95 %)", flush=True)


if __name__ == "__main__":
    main()
