"""Exports: files (a view of the list, the audit log, all of an organization), stored for a day for
the person who requested them. The worker makes them; the web server itself a short list.

A file is stored in the database in parts, because the worker and the web server need not share a
disk; it is written and read part by part, so that a large one needs no large memory.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from caraus.core.formatting import BUCHAREST, in_language_of, plural, today
from caraus.fleet.models import Issue
from caraus.transports.models import Transport
from caraus.workspace import (
    export_files,
    listing,
    organization_archive,
    pagination,
    urgency,
)
from caraus.workspace.filters import ListFilters
from caraus.workspace.models import ListExport, ListExportPart
from caraus.workspace.search_beside import find_beside

EXPORT_RETENTION = timedelta(hours=24)
# The same view requested again within this time, with nothing changed, is the same file.
REUSE_FOR = timedelta(minutes=10)
# The kinds beside the file formats of a list, and the role that each requires.
ARCHIVE, AUDIT_LOG = "arhiva", "jurnal"
REQUIRED_ROLES = {ARCHIVE: Role.OWNER, AUDIT_LOG: Role.ADMIN}
PART_BYTES = 1024 * 1024
# A list of so many rows at most is made while its requester waits: 1.7 s of a core as XLSX.
MAX_DIRECT_ROWS = 3_000
# An export without a result after this time has lost its worker, or none runs.
STUCK_AFTER = timedelta(hours=1)
PROGRESS_EVERY = 1000


class RequestOutcome(StrEnum):
    """What a request for an export led to."""

    NEW = "new"
    # The member has an unfinished export: it is returned.
    UNDER_WAY = "under_way"
    # The same view of some minutes ago, with nothing changed since.
    SAME = "same"


def request_export(
    membership: Membership, *, kind: str, query: str, transports: Sequence[int] = ()
) -> tuple[ListExport, RequestOutcome]:
    """Return the export to be made, one at a time for each member: of the view, or of these UITs of
    it (by key). The caller queues a new one."""
    now = timezone.now()
    own = ListExport.objects.filter(user=membership.user, organization=membership.organization)
    stuck = own.filter(finished_at=None, requested_at__lte=now - STUCK_AFTER)
    stuck.update(failed=True, finished_at=now)
    if unfinished := own.filter(finished_at=None).first():
        return unfinished, RequestOutcome.UNDER_WAY
    companies = (
        []
        if kind in REQUIRED_ROLES
        else sorted(access.visible_companies(membership).values_list("pk", flat=True))
    )
    fingerprint = "" if kind in REQUIRED_ROLES else _fingerprint(companies)
    done = own.filter(failed=False).exclude(finished_at=None)
    recent = done.filter(
        kind=kind,
        query=query,
        transports=list(transports),
        requested_at__gt=now - REUSE_FOR,
    )
    if fingerprint and (same := recent.filter(fingerprint=fingerprint).first()):
        return same, RequestOutcome.SAME
    try:
        with transaction.atomic():
            export = ListExport.objects.create(
                organization=membership.organization,
                user=membership.user,
                kind=kind,
                query=query,
                companies=companies,
                transports=list(transports),
                fingerprint=fingerprint,
                requested_at=now,
            )
    except IntegrityError:  # pressed twice in one moment
        return own.get(finished_at=None), RequestOutcome.UNDER_WAY
    if kind not in REQUIRED_ROLES:
        audit_log.record_action(
            "export",
            lambda: gettext("A exportat lista de transporturi ({kind}).").format(
                kind=export_files.FILE_FORMATS[kind].extension.upper()
            ),
            user=membership.user,
            organization=membership.organization,
            view=query,
            **({"uits": len(transports)} if transports else {}),
        )
    return export, RequestOutcome.NEW


def _fingerprint(companies: list[int]) -> str:
    """Return a digest of all data of these companies that a file shows."""
    states = Transport.objects.filter(company__in=companies).values_list("state").order_by("state")
    issues = Issue.objects.filter(company__in=companies)
    state = [
        today(),
        companies,
        list(Company.objects.filter(pk__in=companies).order_by("pk").values_list("name", "cui")),
        list(states.annotate(Count("pk"), Max("pk"), Max("last_changed_at"))),
        issues.aggregate(Count("pk"), Max("pk")),
    ]
    return hashlib.sha256(repr(state).encode()).hexdigest()


def record_download(export: ListExport, membership: Membership) -> None:
    """Log the download of more than a view; deleting an organization requires the archive first."""
    sentence, details = {
        ARCHIVE: (gettext_noop("A descărcat exportul complet al organizației."), {"whole": True}),
        AUDIT_LOG: (gettext_noop("A descărcat jurnalul."), {}),
    }.get(export.kind, ("", {}))
    if sentence:
        audit_log.record_action(
            "export",
            sentence,
            user=membership.user,
            organization=membership.organization,
            **details,
        )


def visible_exports(membership: Membership) -> QuerySet[ListExport]:
    """Return the member's own stored exports, without those of companies no longer visible, and
    those that require a role that the member lost."""
    visible = set(access.visible_companies(membership, archived=True).values_list("pk", flat=True))
    fresh = ListExport.objects.filter(
        user=membership.user, requested_at__gt=timezone.now() - EXPORT_RETENTION
    ).order_by("-requested_at", "-pk")
    allowed = [
        pk
        for pk, kind, companies in fresh.values_list("pk", "kind", "companies")
        if visible >= set(companies) and _may(membership, kind)
    ]
    return fresh.filter(pk__in=allowed)


def _may(membership: Membership, kind: str) -> bool:
    return kind not in REQUIRED_ROLES or access.has_role(membership, REQUIRED_ROLES[kind])


def make_short_list(export: ListExport, membership: Membership) -> bool:
    """Make the file of a short list now; False where it is left to the worker.

    Within the transaction that created the export: nothing stays of what a killed process began.
    """
    if export.kind in REQUIRED_ROLES:
        return False
    if _rows(export, membership)[: MAX_DIRECT_ROWS + 1].count() > MAX_DIRECT_ROWS:
        return False
    with in_language_of(membership.user):
        _make_file(export, membership)
    return True


def is_short_list(export: ListExport) -> bool:
    """Return whether a file is there that answers the press by itself."""
    is_list = export.kind not in REQUIRED_ROLES
    return is_list and export.finished_at is not None and (export.total or 0) <= MAX_DIRECT_ROWS


def run_export(*, export_id: int) -> None:
    """Make the file, anew where a killed worker left it; mark it as failed on an error."""
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
            _make_file(export, membership)
    except Exception:
        ListExport.objects.filter(pk=export.pk).update(failed=True, finished_at=timezone.now())
        raise


def _make_file(export: ListExport, membership: Membership) -> None:
    export.started_at, export.done = timezone.now(), 0
    with TemporaryDirectory(prefix="caraus-export-") as folder:
        path = Path(folder) / "export"
        if export.kind == ARCHIVE:
            export.save(update_fields=["started_at", "done"])
            with path.open("wb") as file:
                at = f"{export.started_at:%Y-%m-%d %H:%M} UTC"
                organization_archive.write_archive(membership.organization, file, at=at)
        elif export.kind == AUDIT_LOG:
            export.save(update_fields=["started_at", "done"])
            entries = filter_entries(QueryDict(export.query).dict(), membership)
            with path.open("w", encoding="utf-8-sig", newline="") as text:
                write_csv(text, audit_log.csv_rows(entries.iterator(chunk_size=1000)))
        else:
            _make_list(export, membership, path)
        _store_file(export, path)


def _make_list(export: ListExport, membership: Membership, path: Path) -> None:
    rows = _rows(export, membership)
    export.total = min(rows.count(), export_files.MAX_EXPORT_ROWS)
    export.save(update_fields=["started_at", "done", "total"])
    in_order = rows.order_by(*_order(export)).prefetch_related("issues")
    transports = _with_progress(export, in_order.defer("raw", "extra", "search_text"))
    export_files.write_export(path, export.kind, transports, today=today(), folder=str(path.parent))


def _filters(export: ListExport) -> ListFilters:
    return ListFilters.from_query(QueryDict(export.query).dict())


def _order(export: ListExport) -> list[str]:
    return pagination.ORDERS[_filters(export).order].order_by(backwards=False)


def _rows(export: ListExport, membership: Membership) -> QuerySet[Transport]:
    """Return the rows of the view that the member may see now, of the companies of the request."""
    filters = _filters(export)
    is_urgent = filters.order == "urgent"
    companies = access.visible_companies(membership).filter(pk__in=export.companies)
    if filters.company:
        companies = companies.filter(cui=filters.company)
    selected = list(companies)
    company_ids = [company.pk for company in selected]
    beside = find_beside([filters.query], selected)
    rows = access.visible(Transport.objects.select_related("company"), membership)
    if export.transports:
        rows = rows.filter(pk__in=export.transports)
        filters = replace(filters, show="all")  # one of them may have expired meanwhile
    rows = listing.filter_transports(filters, rows, company_ids, today=today(), beside=beside)
    return urgency.with_urgency(rows, today=today()) if is_urgent else rows


def _with_progress(export: ListExport, rows: QuerySet[Transport]) -> Iterator[Transport]:
    """Yield the rows, and store the progress for the page."""
    limited = rows[: export_files.MAX_EXPORT_ROWS].iterator(chunk_size=PROGRESS_EVERY)
    for number, row in enumerate(limited, start=1):
        yield row
        if number % PROGRESS_EVERY == 0:
            ListExport.objects.filter(pk=export.pk).update(done=number)


@transaction.atomic
def _store_file(export: ListExport, path: Path) -> None:
    export.parts.all().delete()
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(PART_BYTES), b"")
        for number, chunk in enumerate(chunks):
            ListExportPart.objects.create(export=export, number=number, content=chunk)
    export.size = path.stat().st_size
    export.done = export.total or 0
    export.finished_at = timezone.now()
    export.save(update_fields=["size", "done", "finished_at"])
    _delete_oldest(export)


def _delete_oldest(newest: ListExport) -> None:
    """Delete the oldest files of the organization while all are too large together."""
    others = ListExport.objects.filter(organization=newest.organization_id).exclude(pk=newest.pk)
    total_size = newest.size
    for pk, size in (
        others.filter(size__gt=0).order_by("-requested_at", "-pk").values_list("pk", "size")
    ):
        total_size += size
        if total_size > settings.EXPORT_MEGABYTES * 1_000_000:
            ListExport.objects.filter(pk=pk).delete()


def stream_content(export: ListExport) -> Iterator[bytes]:
    """Yield the file part by part."""
    part_ids = export.parts.order_by("number").values_list("pk", flat=True)
    for pk in list(part_ids):
        yield bytes(ListExportPart.objects.values_list("content", flat=True).get(pk=pk))


def filename(export: ListExport) -> str:
    """Return „transporturi-2026-11-25-1042.xlsx”, in Romania's time."""
    at = export.requested_at.astimezone(BUCHAREST)
    name, extension = {
        ARCHIVE: ("caraus-export", "zip"),
        AUDIT_LOG: ("jurnal", "csv"),
    }.get(export.kind) or ("transporturi", export_files.FILE_FORMATS[export.kind].extension)
    return f"{name}-{at:%Y-%m-%d-%H%M}.{extension}"


def content_type(export: ListExport) -> str:
    """Return the media type of the file."""
    if export.kind == ARCHIVE:
        return "application/zip"
    return (
        export_files.CSV
        if export.kind == AUDIT_LOG
        else export_files.FILE_FORMATS[export.kind].content_type
    )


def export_title(export: ListExport) -> str:
    """Return the title of the page: the kind of the file and what it holds."""
    if export.kind == ARCHIVE:
        return gettext("Exportul complet al organizației")
    if export.kind == AUDIT_LOG:
        return gettext("Jurnalul, CSV (;)")
    filters = _filters(export)
    if export.transports:
        description = plural(len(export.transports), "UIT ales", "UIT-uri alese")
    else:
        description = filters.description() or gettext("toate cele active")
    return f"{export_files.FILE_FORMATS[export.kind].label} · {description}"


def origin_link(export: ListExport) -> tuple[str, str]:
    """Return the address and the name of the page of the request."""
    if export.kind == ARCHIVE:
        return reverse("organization"), gettext("Organizația")
    query = urlencode(QueryDict(export.query).dict())
    if export.kind == AUDIT_LOG:
        return f"{reverse('audit_log')}?{query}", gettext("Jurnal")
    return f"{reverse('workspace:list')}?{query}", gettext("Transporturi")


def is_stuck(export: ListExport, *, now: datetime | None = None) -> bool:
    """Return whether the export has not ended for so long that it may be requested again."""
    late = (now or timezone.now()) - export.requested_at > STUCK_AFTER
    return late and export.finished_at is None


def delete_expired_exports() -> int:
    """Delete exports older than a day; return their number."""
    old = ListExport.objects.filter(requested_at__lte=timezone.now() - EXPORT_RETENTION)
    number = old.count()
    old.delete()
    return number
