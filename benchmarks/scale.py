"""What a tick, a sync and a page cost as the installation grows.

    uv run python benchmarks/scale.py [--companies 1000 10000 100000] [--transports 50]

A database of its own is filled in SQL; each figure is the median of several runs in milliseconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.database import migrated_database


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--transports", type=int, default=50)
    wanted = parser.parse_args()
    with migrated_database("scale"):
        print(
            f"{'companies':>10} {'transports':>11} {'claim 30':>9} {'plan':>8} {'upkeep':>8}"
            f" {'30 quiet':>9} {'page':>8}   (ms)",
            flush=True,
        )
        for number in sorted(wanted.companies):
            fill(number, wanted.transports)
            print(f"{number:>10} {number * wanted.transports:>11} {row()}", flush=True)


def row() -> str:
    from django.utils import timezone

    from caraus.accounts.models import Company
    from caraus.sync import claims, maintenance, unchanged
    from caraus.sync.schedule import plan
    from caraus.sync.unchanged import UnchangedResponse
    from caraus.transports.models import Transport

    def claim() -> None:
        taken.extend(claims.claim_due(30))

    def keep() -> None:
        if not taken:
            claim()
        now = timezone.now()
        unchanged.record_unchanged(
            [
                UnchangedResponse(
                    taken_claim.state,
                    taken_claim.credentials.authorization.pk,
                    now,
                    now,
                    taken_claim.state.last_body_digest,
                )
                for taken_claim in taken[:30]
                if taken_claim.credentials
            ]
        )

    def page() -> None:
        list(Transport.objects.filter(company__organization_id=middle.organization_id)[:50])

    def let_go() -> None:
        claims.unlock_companies([claim.company_id for claim in taken])
        claims.release_claims([claim.company_id for claim in taken])
        taken.clear()

    taken: list[Any] = []
    middle = Company.objects.order_by("pk")[Company.objects.count() // 2]
    figures = [
        median(claim, undo=let_go),
        median(plan.update_plan, 3),
        median(maintenance.repair_due_times, 3),
        median(keep),
        median(page),
    ]
    let_go()
    return " ".join(f"{figure:>8.1f}" for figure in figures)


def median(
    work: Callable[[], object], times: int = 7, undo: Callable[[], object] | None = None
) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
        if undo is not None:
            undo()
    return statistics.median(took)


def fill(number: int, transports: int) -> None:
    """Grow to so many companies, one to an organization, each authorized, one in ten due."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from caraus.accounts.models import Company, Organization
    from caraus.authorizations.models import Authorization, CompanyRight
    from caraus.core.crypto import encrypt
    from caraus.sync.models import SyncState

    now, token = timezone.now(), encrypt("x" * 1500)
    far = now + timedelta(days=90)
    for first in range(Company.objects.count() + 1, number + 1, 1000):
        numbers = range(first, min(first + 1000, number + 1))
        organizations = Organization.objects.bulk_create(
            Organization(name=f"O{number}", slug=f"o{number}") for number in numbers
        )
        companies = Company.objects.bulk_create(
            Company(
                organization=organization, cui=f"9{organization.pk:08d}", name=organization.name
            )
            for organization in organizations
        )
        given = Authorization.objects.bulk_create(
            Authorization(
                organization=organization,
                person_name="Ana Pop",
                access_token_sealed=token,
                refresh_token_sealed=token,
                access_expires_at=far,
                refresh_expires_at=far,
            )
            for organization in organizations
        )
        CompanyRight.objects.bulk_create(
            CompanyRight(
                authorization=authorization, company=company, state="covered", checked_at=now
            )
            for authorization, company in zip(given, companies, strict=True)
        )
        SyncState.objects.bulk_create(
            SyncState(
                company=company,
                rate=200 / (company.pk + 1),
                last_body_digest=f"1:{company.pk}",
                last_good_at=now,
                next_sync_at=now + timedelta(minutes=-5 if company.pk % 10 == 0 else 30),
            )
            for company in companies
        )
        with connection.cursor() as cursor:
            cursor.execute(TRANSPORTS, [transports, companies[0].pk, companies[-1].pk])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


TRANSPORTS = """
INSERT INTO transports_transport (company_id, organization_id, search_text, sort_vehicle,
    sort_declarant, sort_route, sort_reference, uit, state, declarant_cui, declarant_name,
    declarant_ref, transport_date, first_expired_day, expiry_computed, carrier_cui, carrier_name,
    plate, trailer1, trailer2, vehicle_changes, start, "end", documents, extra, raw,
    first_seen_at, last_seen_at, last_changed_at)
SELECT c.id, c.organization_id, 'u' || c.id || '-' || n || ' b12abc agro', 'b12abc',
    'agro', 'ar nadlac b bucuresti', 'r', 'U' || c.id || '-' || n,
    CASE WHEN n <= 3 THEN 'active' ELSE 'expired' END,
    '1', 'AGRO',
    'R', current_date - n, current_date - n + 5,
    false, c.cui, c.name, 'B12ABC', '', '', '[]',
    '{"county": "AR", "locality": "Nădlac"}', '{"county": "B", "locality": "București"}',
    '[]', '{}',
    '{"uit": "x"}', now() - n * interval '1 day', now(), now()
FROM accounts_company c, generate_series(1, %s) n WHERE c.id BETWEEN %s AND %s
"""


if __name__ == "__main__":
    main()
