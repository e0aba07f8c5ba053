"""The pages of a tenant with 100,000 UITs within a million, beside a bare page with the same frame.

    uv run python -m benchmarks.pages [rows]

Each round asks for the bare page („Datele mele”: the frame and a few sentences) and for every
other page once, through the whole of Django but no socket. Prints the number of queries, the median
and the 95th percentile in milliseconds, and that percentile over the bare page's (goal: at most 3).
"""

import logging
import statistics
import time
from datetime import timedelta

from benchmarks import transports_list  # an empty PostgreSQL of its own

from django.db import connection  # isort: skip
from django.core.management import call_command
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, User
from caraus.transports.models import SyncState, Transport, TransportEvent
from caraus.words import today
from tests import factories

ROUNDS = 40
LIST = "/transporturi/"
BARE = "/cont/date/"


def main() -> None:
    call_command("migrate", verbosity=0)
    companies, biggest = transports_list.fill()
    logging.disable(logging.INFO)
    client = signed_in(companies)
    pages = addresses(biggest)
    for address in pages.values():
        ask(client, address)
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, address in pages.items():
            started = time.perf_counter()
            ask(client, address)
            times[name].append((time.perf_counter() - started) * 1000)
    bare = percentile(times["bare page"])
    print(f"\n{transports_list.ROWS:,} UITs, {ROUNDS} rounds, on {timezone.now():%Y-%m-%d}\n")
    print("| page | queries | median, ms | 95 %, ms | 95 % / bare |\n|---|---|---|---|---|")
    for name, taken in times.items():
        with CaptureQueriesContext(connection) as queries:
            ask(client, pages[name])
        print(
            f"| {name} | {len(queries)} | {statistics.median(taken):.1f} | {percentile(taken):.1f}"
            f" | {percentile(taken) / bare:.2f} |"
        )


def addresses(company: int) -> dict[str, str]:
    uit = Transport.objects.filter(company=company).order_by("-first_seen_at").first()
    assert uit is not None
    since, until = today() - timedelta(days=420), today() - timedelta(days=400)
    asked = {
        "list": "",
        "list of all": "arata=toate",
        "company": f"firma={uit.company.cui}",
        "new": "arata=noi",
        "lapsing": "arata=expira",
        "expired": "arata=expirate",
        "withdrawn": "arata=retrase",
        "carrier changed": "arata=schimbate",
        "not validated": "arata=nevalidate",
        "changed only": "arata=toate&modificate=1",
        "period": f"arata=toate&de_la={since}&pana_la={until}",
        "declarant": "arata=toate&declarant=agro+baragan+1230",
        "common vehicle": "arata=toate&vehicul=B07",
        "common place": "arata=toate&loc=nadlac",
        "county": "arata=toate&loc=cj",
        "by end": "arata=toate&sortare=expira",
        "search: plate": "q=b+07+hab&arata=toate",
        "search: piece": "q=b07&arata=toate",
        "search: common": "q=srl&arata=toate",
        "search: nothing": "q=zzzqqq&arata=toate",
    }
    pages = {"bare page": BARE} | {name: f"{LIST}?{query}" for name, query in asked.items()}
    others = {"week": "saptamana/", "old week": f"saptamana/?saptamana={since}", "map": "harta/"}
    pages |= {name: f"{LIST}{path}" for name, path in others.items()}
    return pages | {"a UIT's page": f"{LIST}{uit.pk}/", "panel": "/"}


def signed_in(companies: list[int]) -> Client:
    organization = Company.objects.get(pk=companies[0]).organization
    owner = User.objects.create_user("owner@example.ro", None)
    Membership.objects.create(user=owner, organization=organization, role="owner")
    factories.connection(organization, authorized_by=owner)
    now = timezone.now()
    SyncState.objects.bulk_create(
        SyncState(
            company_id=pk,
            next_sync_at=now + timedelta(hours=1),
            last_attempt_at=now,
            last_good_at=now,
        )
        for pk in companies
    )
    newest = Transport.objects.filter(company=companies[0]).order_by("-first_seen_at")[:1]
    TransportEvent.objects.bulk_create(
        TransportEvent(transport=one, at=now, kind="appeared") for one in newest
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    return client


def ask(client: Client, address: str) -> None:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, (address, answer.status_code)


def percentile(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


if __name__ == "__main__":
    main()
