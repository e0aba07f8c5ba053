"""„Exportă”: the rows of a view as a file, made by the worker, kept for a day for who asked.

The file lies in the database in pieces, because the worker and the web server need not share a
disk; it is written and read piece by piece, so that a large one needs no large memory.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from caraus.accounts import access, journal
from caraus.accounts.models import Membership
from caraus.transports.models import Transport
from caraus.words import BUCHAREST, in_language_of, today
from caraus.workspace import files, keyset, listing
from caraus.workspace.asked import Asked
from caraus.workspace.models import ListExport, ListExportPart

KEEP = timedelta(hours=24)
PART_BYTES = 1024 * 1024
# Nothing came of it for so long: its worker is gone, or none runs.
GIVE_UP_AFTER = timedelta(hours=1)
TELL_EVERY = 1000


def request_export(membership: Membership, *, kind: str, query: str) -> ListExport:
    """Note what is wanted, and in the journal; the caller queues the work."""
    companies = access.visible_companies(membership).values_list("pk", flat=True)
    export = ListExport.objects.create(
        organization=membership.organization,
        user=membership.user,
        kind=kind,
        query=query,
        companies=list(companies),
        asked_at=timezone.now(),
    )
    journal.record(
        "export",
        lambda: _("A exportat lista de transporturi ({kind}).").format(
            kind=files.KINDS[kind].extension.upper()
        ),
        user=membership.user,
        organization=membership.organization,
        view=query,
    )
    return export


def mine(membership: Membership) -> QuerySet[ListExport]:
    """The person's own exports that are kept still, those of companies no longer seen left out."""
    seen = set(access.visible_companies(membership, archived=True).values_list("pk", flat=True))
    fresh = ListExport.objects.filter(
        user=membership.user, asked_at__gt=timezone.now() - KEEP
    ).order_by("-asked_at", "-pk")
    kept = [pk for pk, companies in fresh.values_list("pk", "companies") if seen >= set(companies)]
    return fresh.filter(pk__in=kept)


def run_export(*, export_id: int) -> None:
    """Make the file; one that a killed worker left is begun anew. What fails is told as failed."""
    export = ListExport.objects.filter(pk=export_id, finished_at=None).first()
    if export is None:
        return
    members = Membership.objects.filter(user=export.user_id, organization=export.organization_id)
    membership = members.select_related("user", "organization").first()
    if membership is None:
        export.delete()
        return
    try:
        with in_language_of(membership.user):
            _make(export, membership)
    except Exception:
        ListExport.objects.filter(pk=export.pk).update(failed=True, finished_at=timezone.now())
        raise


def _make(export: ListExport, membership: Membership) -> None:
    found = _rows(export, membership)
    export.started_at, export.done = timezone.now(), 0
    export.total = min(found.count(), files.MOST_ROWS)
    export.save(update_fields=["started_at", "done", "total"])
    with TemporaryDirectory(prefix="caraus-export-") as folder:
        path = Path(folder) / "transporturi"
        in_order = found.order_by(*_order(export)).prefetch_related("problems")
        rows = _counted(export, in_order.defer("raw", "extra"))
        files.write(path, export.kind, rows, today=today(), folder=folder)
        _keep(export, path)


def _asked(export: ListExport) -> Asked:
    return Asked.of(QueryDict(export.query).dict())


def _order(export: ListExport) -> list[str]:
    return keyset.ORDERS[_asked(export).sortare].by(backwards=False)


def _rows(export: ListExport, membership: Membership) -> QuerySet[Transport]:
    """Those of the view that the person may see now, of the companies seen when asking."""
    asked = _asked(export)
    companies = access.visible_companies(membership).filter(pk__in=export.companies)
    if asked.firma:
        companies = companies.filter(cui=asked.firma)
    keys = [one.pk for one in companies]
    rows = access.visible(Transport.objects.select_related("company"), membership)
    return listing.found_by(asked, rows, keys, today=today()).rows


def _counted(export: ListExport, found: QuerySet[Transport]) -> Iterator[Transport]:
    """The rows one by one; how far it is is written down for the page."""
    wanted = found[: files.MOST_ROWS].iterator(chunk_size=TELL_EVERY)
    for number, row in enumerate(wanted, start=1):
        yield row
        if number % TELL_EVERY == 0:
            ListExport.objects.filter(pk=export.pk).update(done=number)


@transaction.atomic
def _keep(export: ListExport, path: Path) -> None:
    export.parts.all().delete()
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(PART_BYTES), b"")
        for number, piece in enumerate(pieces):
            ListExportPart.objects.create(export=export, number=number, content=piece)
    export.size = path.stat().st_size
    export.done = export.total or 0
    export.finished_at = timezone.now()
    export.save(update_fields=["size", "done", "finished_at"])


def content(export: ListExport) -> Iterator[bytes]:
    """The file, piece by piece."""
    numbers = export.parts.order_by("number").values_list("pk", flat=True)
    for pk in list(numbers):
        yield bytes(ListExportPart.objects.values_list("content", flat=True).get(pk=pk))


def filename(export: ListExport) -> str:
    """„transporturi-2026-11-25-1042.xlsx”, in Romania's time."""
    at = export.asked_at.astimezone(BUCHAREST)
    return f"transporturi-{at:%Y-%m-%d-%H%M}.{files.KINDS[export.kind].extension}"


def title(export: ListExport) -> str:
    """What the file is, for the page: its kind and what it holds."""
    asked = _asked(export)
    return f"{files.KINDS[export.kind].word} · {asked.in_words() or _('toate cele active')}"


def back(export: ListExport) -> str:
    """The query string of the view that was exported."""
    return urlencode(QueryDict(export.query).dict())


def is_stuck(export: ListExport, *, now: datetime | None = None) -> bool:
    late = (now or timezone.now()) - export.asked_at > GIVE_UP_AFTER
    return late and export.finished_at is None


def forget_old() -> int:
    """Delete what is older than a day; returns how many files went."""
    old = ListExport.objects.filter(asked_at__lte=timezone.now() - KEEP)
    number = old.count()
    old.delete()
    return number
