"""Transporturi: the list, one UIT with its history, and „Sincronizează acum”."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.connections import rights
from caraus.transports.apply import last_seen
from caraus.transports.models import SyncState, Transport, UnreadableRecord
from caraus.transports.situation import situation
from caraus.transports.tasks import SOON, enqueue
from caraus.words import today

PAGE_SIZE = 50


@require_GET
@never_cache
def transport_list(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its changing part for htmx."""
    membership = access.current_membership(request)
    organization = membership.organization
    companies = list(access.visible_companies(membership))
    query = request.GET.get("q", "").replace("\0", "").strip()
    company = _chosen(companies, request.GET.get("firma", ""))
    everything = request.GET.get("arata") == "toate"
    found = _found(membership, query=query, company=company, everything=everything)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina"))
    filters = {"q": query, "firma": company.cui if company else "", "arata": ""}
    context = {
        "page": page,
        "companies": companies,
        "company": company,
        "query": query,
        "everything": everything,
        "may_sync": access.may(membership, Role.DISPATCHER),
        "today": today(),
        "situation": situation(organization, companies if company is None else [company]),
        "unreadable": access.visible(
            UnreadableRecord.objects.filter(resolved_at=None, company__archived_at=None),
            membership,
        ).select_related("company"),
        "address": _address(filters | {"arata": "toate" if everything else ""}),
        "address_active": _address(filters),
        "address_all": _address(filters | {"arata": "toate"}),
    }
    name = "transports/_list.html" if request.htmx else "transports/list.html"  # type: ignore[attr-defined]
    return render(request, name, context)


def _chosen(companies: list[Company], cui: str) -> Company | None:
    return next((company for company in companies if company.cui == cui), None)


def _address(filters: dict[str, str]) -> str:
    return urlencode({name: value for name, value in filters.items() if value})


def _found(
    membership: Membership, *, query: str, company: Company | None, everything: bool
) -> QuerySet[Transport]:
    found = access.visible(
        Transport.objects.filter(company__archived_at=None), membership
    ).select_related("company")
    if company is not None:
        found = found.filter(company=company)
    if not everything:
        found = found.filter(
            state__in=[Transport.State.ACTIVE, Transport.State.MISSING],
            first_expired_day__gt=today(),
        )
    if not query:
        return found
    return found.annotate(changes=Cast("vehicle_changes", TextField())).filter(_matching(query))


def _matching(query: str) -> Q:
    """A part of the UIT or plate (spaces and dashes aside), of the declarant or the reference."""
    compact = query.replace(" ", "").replace("-", "").upper()
    plates = Q(plate__icontains=compact) | Q(trailer1__icontains=compact)
    # In the JSON text plates are in capitals; its own words („plate”, „null”) are not.
    plates |= Q(trailer2__icontains=compact) | Q(changes__contains=compact)
    words = Q(declarant_name__icontains=query) | Q(declarant_ref__icontains=query)
    return Q(uit__icontains=compact) | plates | words | Q(declarant_cui__startswith=compact)


@require_GET
def transport_detail(request: HttpRequest, pk: int) -> HttpResponse:
    transport = access.get_object(
        request, Transport.objects.select_related("company").prefetch_related("events"), pk
    )
    state = SyncState.objects.filter(company=transport.company, last_good_at__isnull=False).first()
    good = {state.company_id: state.last_good_at} if state and state.last_good_at else {}
    context = {
        "transport": transport,
        "today": today(),
        "last_seen": last_seen(transport, good),
        "situation": situation(transport.company.organization, [transport.company]),
    }
    return render(request, "transports/detail.html", context)


@require_GET
def unreadable(request: HttpRequest, pk: int) -> HttpResponse:
    record = access.get_object(request, UnreadableRecord.objects.select_related("company"), pk)
    return render(request, "transports/unreadable.html", {"record": record})


@require_POST
def sync_now(request: HttpRequest) -> HttpResponse:
    """A person waits: the company (or all of them) goes to the front of the queue."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = list(access.visible_companies(membership))
    if cui := request.POST.get("firma"):
        companies = [company for company in companies if company.cui == cui]
    for company in companies:
        rights.forget_refusals(company)
        enqueue(company.pk, priority=SOON)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.info(request, "Întrebăm ANAF acum. Lista se actualizează singură.")
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    address = request.POST.get("inapoi", "")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if safe and address.startswith("/") else reverse("transports:list")
