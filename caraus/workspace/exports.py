"""Files made by the worker (a view of the list, the journal, all of an organization), kept for a
day for who asked.

The file lies in the database in pieces, because the worker and the web server need not share a
disk; it is written and read piece by piece, so that a large one needs no large memory.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import access, audit_log
from caraus.accounts.models import Company, Membership, Role
from caraus.accounts.spreadsheets import write_csv
from caraus.accounts.views.audit_log import filter_entries
from caraus.core.formatting import BUCHAREST, in_language_of, today
from caraus.fleet.models import Issue
from caraus.transports.models import Transport
from caraus.workspace import export_files, listing, organization_archive, pagination
from caraus.workspace.filters import Asked
from caraus.workspace.models import ListExport, ListExportPart

KEEP = timedelta(hours=24)
# The same view asked for again so soon, with nothing changed, is the same file.
SAME_FOR = timedelta(minutes=10)
# The kinds beside those of a list (`files.KINDS`), and the role that each wants.
ARCHIVE, JOURNAL = "arhiva", "jurnal"
NEEDED = {ARCHIVE: Role.OWNER, JOURNAL: Role.ADMIN}
PART_BYTES = 1024 * 1024
# Nothing came of it for so long: its worker is gone, or none runs.
GIVE_UP_AFTER = timedelta(hours=1)
TELL_EVERY = 1000


class Outcome(StrEnum):
    """What came of asking for a file."""

    NEW = "new"
    # One of the person's is unfinished: it is that one.
    UNDER_WAY = "under_way"
    # The same view of some minutes ago, and nothing has changed since.
    SAME = "same"


def request_export(membership: Membership, *, kind: str, query: str) -> tuple[ListExport, Outcome]:
    """The file that is to be made; one at a time for each person, and none twice. The caller
    queues the work of a new one."""
    now = timezone.now()
    own = ListExport.objects.filter(user=membership.user, organization=membership.organization)
    given_up = own.filter(finished_at=None, asked_at__lte=now - GIVE_UP_AFTER)
    given_up.update(failed=True, finished_at=now)
    if unfinished := own.filter(finished_at=None).first():
        return unfinished, Outcome.UNDER_WAY
    companies = (
        []
        if kind in NEEDED
        else sorted(access.visible_companies(membership).values_list("pk", flat=True))
    )
    fingerprint = "" if kind in NEEDED else _fingerprint(companies)
    done = own.filter(failed=False).exclude(finished_at=None)
    recent = done.filter(kind=kind, query=query, asked_at__gt=now - SAME_FOR)
    if fingerprint and (same := recent.filter(fingerprint=fingerprint).first()):
        return same, Outcome.SAME
    try:
        with transaction.atomic():
            export = ListExport.objects.create(
                organization=membership.organization,
                user=membership.user,
                kind=kind,
                query=query,
                companies=companies,
                fingerprint=fingerprint,
                asked_at=now,
            )
    except IntegrityError:  # pressed twice in one moment
        return own.get(finished_at=None), Outcome.UNDER_WAY
    if kind not in NEEDED:
        audit_log.record_action(
            "export",
            lambda: gettext("A exportat lista de transporturi ({kind}).").format(
                kind=export_files.KINDS[kind].extension.upper()
            ),
            user=membership.user,
            organization=membership.organization,
            view=query,
        )
    return export, Outcome.NEW


def _fingerprint(companies: list[int]) -> str:
    """Other than before when anything that a file of these companies shows has changed."""
    states = Transport.objects.filter(company__in=companies).values_list("state").order_by("state")
    problems = Issue.objects.filter(company__in=companies)
    seen = [
        today(),
        companies,
        list(Company.objects.filter(pk__in=companies).order_by("pk").values_list("name", "cui")),
        list(states.annotate(Count("pk"), Max("pk"), Max("last_changed_at"))),
        problems.aggregate(Count("pk"), Max("pk")),
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def record_download(export: ListExport, membership: Membership) -> None:
    """What holds more than a view is told when it is taken; a deletion wants the whole first."""
    sentence, details = {
        ARCHIVE: (gettext_noop("A descărcat exportul complet al organizației."), {"whole": True}),
        JOURNAL: (gettext_noop("A descărcat jurnalul."), {}),
    }.get(export.kind, ("", {}))
    if sentence:
        audit_log.record_action(
            "export",
            sentence,
            user=membership.user,
            organization=membership.organization,
            **details,
        )


def mine(membership: Membership) -> QuerySet[ListExport]:
    """The person's own exports that are kept still; those of companies no longer seen, and those
    that want a role that was lost, left out."""
    seen = set(access.visible_companies(membership, archived=True).values_list("pk", flat=True))
    fresh = ListExport.objects.filter(
        user=membership.user, asked_at__gt=timezone.now() - KEEP
    ).order_by("-asked_at", "-pk")
    kept = [
        pk
        for pk, kind, companies in fresh.values_list("pk", "kind", "companies")
        if seen >= set(companies) and _may(membership, kind)
    ]
    return fresh.filter(pk__in=kept)


def _may(membership: Membership, kind: str) -> bool:
    return kind not in NEEDED or access.has_role(membership, NEEDED[kind])


def run_export(*, export_id: int) -> None:
    """Make the file; one that a killed worker left is begun anew. What fails is told as failed."""
    export = ListExport.objects.filter(pk=export_id, finished_at=None).first()
    if export is None:
        return
    members = Membership.objects.filter(user=export.user_id, organization=export.organization_id)
    membership = members.select_related("user", "organization").first()
    if membership is None or not _may(membership, export.kind):
        export.delete()
        return
    try:
        with in_language_of(membership.user):
            _make(export, membership)
    except Exception:
        ListExport.objects.filter(pk=export.pk).update(failed=True, finished_at=timezone.now())
        raise


def _make(export: ListExport, membership: Membership) -> None:
    export.started_at, export.done = timezone.now(), 0
    with TemporaryDirectory(prefix="caraus-export-") as folder:
        path = Path(folder) / "export"
        if export.kind == ARCHIVE:
            export.save(update_fields=["started_at", "done"])
            with path.open("wb") as file:
                at = f"{export.started_at:%Y-%m-%d %H:%M} UTC"
                organization_archive.write(membership.organization, file, at=at)
        elif export.kind == JOURNAL:
            export.save(update_fields=["started_at", "done"])
            entries = filter_entries(QueryDict(export.query).dict(), membership)
            with path.open("w", encoding="utf-8-sig", newline="") as text:
                write_csv(text, audit_log.csv_rows(entries.iterator(chunk_size=1000)))
        else:
            _make_list(export, membership, path)
        _keep(export, path)


def _make_list(export: ListExport, membership: Membership, path: Path) -> None:
    found = _rows(export, membership)
    export.total = min(found.count(), export_files.MOST_ROWS)
    export.save(update_fields=["started_at", "done", "total"])
    in_order = found.order_by(*_order(export)).prefetch_related("issues")
    rows = _counted(export, in_order.defer("raw", "extra", "search_text"))
    export_files.write(path, export.kind, rows, today=today(), folder=str(path.parent))


def _asked(export: ListExport) -> Asked:
    return Asked.of(QueryDict(export.query).dict())


def _order(export: ListExport) -> list[str]:
    return pagination.ORDERS[_asked(export).sortare].by(backwards=False)


def _rows(export: ListExport, membership: Membership) -> QuerySet[Transport]:
    """Those of the view that the person may see now, of the companies seen when asking."""
    asked = _asked(export)
    companies = access.visible_companies(membership).filter(pk__in=export.companies)
    if asked.firma:
        companies = companies.filter(cui=asked.firma)
    keys = [one.pk for one in companies]
    rows = access.visible(Transport.objects.select_related("company"), membership)
    return listing.filtered(asked, rows, keys, today=today())


def _counted(export: ListExport, found: QuerySet[Transport]) -> Iterator[Transport]:
    """The rows one by one; how far it is is written down for the page."""
    wanted = found[: export_files.MOST_ROWS].iterator(chunk_size=TELL_EVERY)
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
    _make_room(export)


def _make_room(newest: ListExport) -> None:
    """The oldest files of the organization go when all are too large together."""
    others = ListExport.objects.filter(organization=newest.organization_id).exclude(pk=newest.pk)
    kept = newest.size
    for pk, size in (
        others.filter(size__gt=0).order_by("-asked_at", "-pk").values_list("pk", "size")
    ):
        kept += size
        if kept > settings.EXPORT_MEGABYTES * 1_000_000:
            ListExport.objects.filter(pk=pk).delete()


def content(export: ListExport) -> Iterator[bytes]:
    """The file, piece by piece."""
    numbers = export.parts.order_by("number").values_list("pk", flat=True)
    for pk in list(numbers):
        yield bytes(ListExportPart.objects.values_list("content", flat=True).get(pk=pk))


def filename(export: ListExport) -> str:
    """„transporturi-2026-11-25-1042.xlsx”, in Romania's time."""
    at = export.asked_at.astimezone(BUCHAREST)
    name, extension = {
        ARCHIVE: ("caraus-export", "zip"),
        JOURNAL: ("jurnal", "csv"),
    }.get(export.kind) or ("transporturi", export_files.KINDS[export.kind].extension)
    return f"{name}-{at:%Y-%m-%d-%H%M}.{extension}"


def content_type(export: ListExport) -> str:
    if export.kind == ARCHIVE:
        return "application/zip"
    return (
        export_files.CSV if export.kind == JOURNAL else export_files.KINDS[export.kind].content_type
    )


def title(export: ListExport) -> str:
    """What the file is, for the page: its kind and what it holds."""
    if export.kind == ARCHIVE:
        return gettext("Exportul complet al organizației")
    if export.kind == JOURNAL:
        return gettext("Jurnalul, CSV (;)")
    asked = _asked(export)
    what = asked.in_words() or gettext("toate cele active")
    return f"{export_files.KINDS[export.kind].label} · {what}"


def back(export: ListExport) -> tuple[str, str]:
    """The address of the page where it was asked for, and its name."""
    if export.kind == ARCHIVE:
        return reverse("organization"), gettext("Organizația")
    query = urlencode(QueryDict(export.query).dict())
    if export.kind == JOURNAL:
        return f"{reverse('audit_log')}?{query}", gettext("Jurnal")
    return f"{reverse('workspace:list')}?{query}", gettext("Transporturi")


def is_stuck(export: ListExport, *, now: datetime | None = None) -> bool:
    late = (now or timezone.now()) - export.asked_at > GIVE_UP_AFTER
    return late and export.finished_at is None


def forget_old() -> int:
    """Delete what is older than a day; returns how many files went."""
    old = ListExport.objects.filter(asked_at__lte=timezone.now() - KEEP)
    number = old.count()
    old.delete()
    return number
