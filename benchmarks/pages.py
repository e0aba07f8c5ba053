"""The pages of a tenant with 100,000 UITs within a million, beside a bare page with the same frame.

    uv run python -m benchmarks.pages [--rows N] [--rounds N] [--keep FOLDER] [--only WORD …]

Each round asks for the bare page („Datele mele”: the frame and a few sentences) and for every
other page once, through the whole of Django but no socket. Prints the number of queries, the median
and the 95th percentile in milliseconds, and both over the bare page's (goal: at most 4).
A database in the kept folder is filled once and queried again by the next run.
"""

import argparse
import logging
import os
import statistics
import time
from datetime import timedelta
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("--rows", type=int, default=1_000_000)
arguments.add_argument("--rounds", type=int, default=40)
arguments.add_argument("--keep", type=Path)
arguments.add_argument("--only", nargs="+", default=[], help="pages whose name holds one of these")
OPTIONS = arguments.parse_args()
if OPTIONS.keep:
    os.environ["KEPT_DATABASE_FOLDER"] = str(OPTIONS.keep.absolute())

from benchmarks import transports_list  # an empty PostgreSQL of its own

from django.db import connection  # isort: skip
from django.core.management import call_command
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, User
from caraus.core.formatting import today
from caraus.sync.models import SyncState
from caraus.transports.models import Transport, TransportEvent
from caraus.wsgi import preload
from tests import factories

PANEL = "/o/tenant/"
LIST = f"{PANEL}transporturi/"
BARE = "/cont/date/"


def main() -> None:
    call_command("migrate", verbosity=0)
    if not Transport.objects.exists():
        transports_list.fill(OPTIONS.rows)
    logging.disable(logging.INFO)
    companies = list(Company.objects.filter(organization__name="Tenant").order_by("pk"))
    client = signed_in(companies)
    pages = addresses(companies[0])
    if OPTIONS.only:
        pages = {
            name: address
            for name, address in pages.items()
            if address == BARE or any(word in name for word in OPTIONS.only)
        }
    for address in pages.values():
        ask(client, address)
    preload()  # as each web process does
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(OPTIONS.rounds):
        for name, address in pages.items():
            started = time.perf_counter()
            ask(client, address)
            times[name].append((time.perf_counter() - started) * 1000)
    bare, middle = percentile(times["bare page"]), statistics.median(times["bare page"])
    rows = Transport.objects.count()
    load = os.getloadavg()[0]
    print(f"\n{rows:,} UITs, {OPTIONS.rounds} rounds, {timezone.now():%Y-%m-%d}, load {load:.1f}\n")
    print("| page | queries | median, ms | 95 %, ms | median / bare | 95 % / bare |")
    print("|---|---|---|---|---|---|")
    for name, taken in times.items():
        with CaptureQueriesContext(connection) as queries:
            ask(client, pages[name])
        print(
            f"| {name} | {len(queries)} | {statistics.median(taken):.1f} | {percentile(taken):.1f}"
            f" | {statistics.median(taken) / middle:.2f} | {percentile(taken) / bare:.2f} |"
        )


def addresses(company: Company) -> dict[str, str]:
    uit = Transport.objects.filter(company=company).order_by("-first_seen_at").first()
    assert uit is not None
    since, until = today() - timedelta(days=420), today() - timedelta(days=400)
    queries = {
        "list": "",
        "list of all": "arata=toate",
        "company": f"firma={uit.company.cui}",
        "new": "arata=noi",
        "lapsing": "arata=expira",
        "expired": "arata=expirate",
        "delisted": "arata=delistate",
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
    pages = {"bare page": BARE} | {name: f"{LIST}?{query}" for name, query in queries.items()}
    others = {"week": "saptamana/", "old week": f"saptamana/?saptamana={since}", "map": "harta/"}
    pages |= {name: f"{LIST}{path}" for name, path in others.items()}
    return pages | {"a UIT's page": f"{LIST}{uit.pk}/", "panel": PANEL}


def signed_in(companies: list[Company]) -> Client:
    """Return the owner's client, with one authorization and companies polled just now: made anew
    each time."""
    organization = companies[0].organization
    User.objects.filter(email="owner@example.ro").delete()
    owner = User.objects.create_user("owner@example.ro", None)
    Membership.objects.create(user=owner, organization=organization, role="owner")
    organization.authorizations.all().delete()
    factories.authorization(organization, authorized_by=owner)
    now = timezone.now()
    SyncState.objects.filter(company__in=companies).delete()
    SyncState.objects.bulk_create(
        SyncState(
            company=company,
            next_sync_at=now + timedelta(hours=1),
            last_attempt_at=now,
            last_good_at=now,
        )
        for company in companies
    )
    newest = Transport.objects.filter(company=companies[0]).order_by("-first_seen_at")[:1]
    TransportEvent.objects.all().delete()
    TransportEvent.objects.bulk_create(
        TransportEvent(transport=transport, at=now, kind="appeared") for transport in newest
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    return client


def ask(client: Client, address: str) -> None:
    response = client.get(address, follow=True)
    assert response.status_code == 200, (address, response.status_code)


def percentile(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


if __name__ == "__main__":
    main()
