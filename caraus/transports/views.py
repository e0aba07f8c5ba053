"""One UIT with its history, and „Sincronizează acum”."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from caraus.accounts import access
from caraus.accounts.limits import limited
from caraus.accounts.models import Membership, Role
from caraus.anaf.info import uit_is_valid
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization
from caraus.transports import driver, sooner
from caraus.transports.apply import last_seen
from caraus.transports.models import Transport, UnreadableRecord
from caraus.transports.notes import NoteForm
from caraus.transports.situation import situation
from caraus.transports.timeline import timeline
from caraus.words import plural, today


@require_GET
@never_cache
def transport_detail(request: HttpRequest, pk: int) -> HttpResponse:
    membership = access.current_membership(request)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    return show(request, membership, transport, NoteForm())


def show(
    request: HttpRequest,
    membership: Membership,
    transport: Transport,
    form: NoteForm,
) -> HttpResponse:
    """The page of a UIT; `form` is the note that is being written."""
    company = transport.company
    state = situation(membership.organization, [company])
    good = {company.pk: state.last_good_at} if state.last_good_at else {}
    context = {
        "transport": transport,
        "code_is_valid": uit_is_valid(transport.uit),
        "today": today(),
        "now": timezone.now(),
        "last_seen": last_seen(transport, good),
        "situation": state,
        "timeline": timeline(transport, list(transport.events.all())),
        "driver_text": driver.text(transport, today=today()),
        "driver_warning": driver.warning(transport, today=today()),
        "notes": transport.notes.select_related("author"),
        "may_write": access.may(membership, Role.DISPATCHER),
        "form": form,
    }
    return render(request, "transports/detail.html", context)


@require_GET
@never_cache
def driver_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The text for the driver as it is now, for a page that may have stood open for hours."""
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    return HttpResponse(
        driver.text(transport, today=today()), content_type="text/plain; charset=utf-8"
    )


@require_GET
def unreadable(request: HttpRequest, pk: int) -> HttpResponse:
    record = access.get_object(request, UnreadableRecord.objects.select_related("company"), pk)
    return render(request, "transports/unreadable.html", {"record": record})


@require_POST
@limited("sync")
def sync_now(request: HttpRequest) -> HttpResponse:
    """A person waits: the company (or all of them) is due now, and goes before the timer's."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = access.visible_companies(membership)
    if not membership.organization.authorizations.filter(
        status=Authorization.Status.ACTIVE
    ).exists():
        messages.warning(
            request,
            gettext(
                "Nu avem cu ce întreba ANAF: nu există nicio autorizare activă. "
                "Autorizează pe pagina Integrări."
            ),
        )
        whole = request.htmx  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(_back(request)) if whole else redirect(_back(request))
    if cui := request.POST.get("firma"):
        companies = companies.filter(cui=cui.replace("\0", ""))
    result = sooner.sync_now(list(companies.values_list("pk", flat=True)))
    rights.lift_refusals(result.requested)
    for sentence in _of_sync(result):
        messages.info(request, sentence)
    if not request.htmx and result.requested:  # type: ignore[attr-defined]
        messages.info(request, gettext("Întrebăm ANAF acum. Lista se actualizează singură."))
    return redirect(_back(request))


def _of_sync(result: sooner.SyncNow) -> Iterator[str]:
    """Which companies are not asked about now, and why."""
    if result.under_way:
        yield gettext("{companies}: ANAF este întrebat chiar acum.").format(
            companies=plural(result.under_way, "firmă", "firme")
        )
    if result.just_asked:
        yield gettext(
            "{companies}: ANAF a fost întrebat cu mai puțin de un minut în urmă. Întrebăm din nou "
            "de îndată ce trece minutul."
        ).format(companies=plural(result.just_asked, "firmă", "firme"))
    if result.limited:
        yield gettext(
            "{companies}: din limita zilnică au rămas numai interogările sincronizării automate, "
            "care continuă singură până la miezul nopții. La cerere întrebăm din nou mâine."
        ).format(companies=plural(result.limited, "firmă", "firme"))


def _back(request: HttpRequest) -> str:
    address = request.POST.get("inapoi", "")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if safe and address.startswith("/") else reverse("transports:list")
