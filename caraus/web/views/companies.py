"""Firme: the carriers' CUIs whose UITs are collected, and what is done to many of them."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access, audit_log, organizations
from caraus.accounts.cui import normalize_cui
from caraus.accounts.models import Company, Membership, Organization, Role
from caraus.accounts.name_fields import NameFormField
from caraus.authorizations import authorization_cards, rights_progress
from caraus.authorizations.models import Authorization
from caraus.authorizations.rights_progress import RightsProgress
from caraus.core.fields import COMPANY_NAME_LENGTH
from caraus.core.formatting import gettext_lazy, plural
from caraus.core.forms import ModelForm
from caraus.core.queries import parse_keys
from caraus.lists import drafts
from caraus.lists.models import Draft
from caraus.sync.requests import request_sync
from caraus.web import company_overview

# In the session of who has added a company, until the next page.
_JUST_ADDED = "company_added"
# Companies on a page of the table.
COMPANIES_PER_PAGE = 25
# Of a selection; the page holds fewer.
MAX_SELECTED_COMPANIES = 500

# What the buttons of a selection lead to.
LINK_PAGES = {
    "link": "authorizations:new_link",
    "linkuri": "authorizations:links_per_company",
}

TAB_LABELS: dict[company_overview.Tab, object] = {
    "all": gettext_lazy("Toate"),
    "with_warnings": gettext_lazy("Cu probleme"),
    "no_right": gettext_lazy("Fără drept în SPV"),
    "no_uits": gettext_lazy("Fără UIT"),
    "archived": gettext_lazy("Arhivate"),
}
ORDER_LABELS: dict[company_overview.CompanyOrder, object] = {
    "severity": gettext_lazy("Întâi problemele"),
    "name": gettext_lazy("După denumire"),
    "last_sync": gettext_lazy("După sincronizare"),
    "open_uits": gettext_lazy("După UIT-uri active"),
    "authorization": gettext_lazy("După autorizare"),
}


def name_field() -> NameFormField:
    """Return the field of a company's name: what mail programs would make a link of is refused."""
    return NameFormField(
        label=gettext_lazy("Denumire"),
        max_length=COMPANY_NAME_LENGTH,
        required=False,
        help_text=gettext_lazy("Lasă gol: o luăm de la ANAF."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CompanyForm(ModelForm[Company]):
    """A CUI as people write it; the name may be left for ANAF to give."""

    cui = forms.CharField(
        label="CUI",
        max_length=20,
        help_text=gettext_lazy("Cu sau fără RO, de exemplu RO 14399840."),
        error_messages={"required": gettext_lazy("Scrie CUI-ul firmei.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = name_field()

    class Meta:
        model = Company
        fields = ("cui", "name")

    def clean_cui(self) -> str:
        cui = normalize_cui(self.cleaned_data["cui"])
        organization: Organization = self.instance.organization
        existing = organization.companies.filter(cui=cui).exclude(pk=self.instance.pk).first()
        if existing is not None and existing.archived_at:
            raise ValidationError(
                gettext("Firma cu CUI {cui} este arhivată. O scoți din „Arhivate”.").format(cui=cui)
            )
        if existing is not None:
            raise ValidationError(gettext("Firma cu CUI {cui} este deja în listă.").format(cui=cui))
        return cui


@require_http_methods(["GET", "POST"])
def company_list(request: HttpRequest) -> HttpResponse:
    """Show the table, and the form that adds one company by its CUI."""
    membership = access.current_membership(request)
    form = CompanyForm(
        request.POST if request.method == "POST" else None,
        instance=Company(organization=membership.organization),
    )
    if request.method == "POST":
        access.require_role(request, Role.ADMIN)
        if form.is_valid() and (company := _add(form, membership)):
            sentence = company_sentence(gettext("{firm} a fost adăugată."), company)
            messages.success(request, sentence)
            request.session[_JUST_ADDED] = True
            return redirect("companies")
    return render(request, "companies.html", _table(request, membership) | {"form": form})


def _table(request: HttpRequest, membership: Membership) -> dict[str, object]:
    query = request.GET.get("q", "").replace("\0", "").strip()
    order_param = request.GET.get("ordine", "")
    order = company_overview.COMPANY_ORDERS.get(order_param, "severity")
    tab_param = request.GET.get("stare", "")
    tab = company_overview.TABS.get(tab_param, "all")
    is_archive = tab == "archived"
    all_rows = company_overview.company_rows(membership, archived=is_archive)
    of_archive = access.visible_companies(membership, archived=True).exclude(archived_at=None)
    current = company_overview.company_rows(membership) if is_archive else all_rows
    numbers = company_overview.count_tabs(current, archived=of_archive.count())
    rows = company_overview.search_rows(company_overview.rows_of_tab(all_rows, tab), query)
    page = Paginator(company_overview.sort_rows(rows, order), COMPANIES_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    parameters = {"q": query, "stare": tab_param if tab != "all" else "", "ordine": order_param}
    return {
        "page": page,
        "tabs": [
            (param, TAB_LABELS[each], numbers[each], each == tab)
            for param, each in company_overview.TABS.items()
            if numbers[each] or each in {"all", tab}
        ],
        "query": query,
        "order": order,
        "orders": [
            (param, ORDER_LABELS[each], each == order)
            for param, each in company_overview.COMPANY_ORDERS.items()
        ],
        "tab": tab,
        "tab_param": parameters["stare"],
        "filter_query": urlencode({name: parameters[name] for name in ("q", "stare")}),
        "page_query": urlencode(parameters),
        "may_add": access.has_role(membership, Role.ADMIN),
        "may_link": access.has_role(membership, Role.DISPATCHER),
        "progresses": _progresses(membership),
        "imports": drafts.can_be_undone(
            access.visible(Draft.objects.filter(company=None), membership)
        ),
        "may_authorize": request.session.pop(_JUST_ADDED, None)
        and not is_authorized(membership.organization),
    }


def _progresses(membership: Membership) -> list[tuple[Authorization, RightsProgress]]:
    """Return, of the young authorizations, those about whose companies ANAF has said nothing
    yet."""
    visible = access.visible_companies(membership)
    watched = [
        (authorization, rights_progress.rights_progress(authorization, among=visible))
        for authorization in authorization_cards.recent_authorizations(membership)
    ]
    return [(authorization, progress) for authorization, progress in watched if progress.is_running]


def is_authorized(organization: Organization) -> bool:
    """Return whether anybody has given it an authorization that is good."""
    return organization.authorizations.filter(status=Authorization.Status.ACTIVE).exists()


@require_POST
def companies_selected(request: HttpRequest) -> HttpResponse:
    """Do to all companies that are ticked: a link, to the archive, or back."""
    membership = access.require_role(request, Role.DISPATCHER)
    keys = parse_keys(request.POST.getlist("firma"), limit=MAX_SELECTED_COMPANIES)
    if "toate" in request.POST:
        keys = _all_of_tab(request, membership)
    companies = access.visible_companies(membership, archived=True).filter(pk__in=keys)
    if not companies:
        messages.warning(request, gettext("Bifează întâi firmele din tabel."))
        return redirect("companies")
    page = LINK_PAGES.get(request.POST.get("ce", ""))
    if page is not None:
        chosen = urlencode([("firma", company.pk) for company in companies])
        return redirect(f"{reverse(page)}?{chosen}")
    access.require_role(request, Role.ADMIN)
    archived = request.POST.get("ce") != "restaureaza"
    try:
        changed = organizations.set_companies_archived(
            membership, list(companies), archived=archived
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("companies")
    firms = plural(len(changed), "firmă", "firme")
    messages.success(
        request,
        gettext("Am arhivat {firms}: ce s-a strâns rămâne.").format(firms=firms)
        if archived
        else gettext("Am scos din arhivă {firms}.").format(firms=firms),
    )
    return redirect("companies")


def _all_of_tab(request: HttpRequest, membership: Membership) -> list[int]:
    """Return the keys of all companies under the tab and the search of the page, in its order."""
    tab = company_overview.TABS.get(request.POST.get("stare", ""), "all")
    rows = company_overview.company_rows(membership, archived=tab == "archived")
    rows = company_overview.search_rows(
        company_overview.rows_of_tab(rows, tab), request.POST.get("q", "").strip()
    )
    return [row.company.pk for row in rows][:MAX_SELECTED_COMPANIES]


def company_sentence(sentence: str, company: Company) -> str:
    """Return the sentence about a firm, which is feminine in Romanian, as a bare CUI is not."""
    firm = (
        gettext("Firma {name}").format(name=company.name)
        if company.name
        else gettext("Firma cu CUI {cui}").format(cui=company.cui)
    )
    return sentence.format(firm=firm)


def _add(form: CompanyForm, membership: Membership) -> Company | None:
    """Add the company of the form. None, with the form's error, when the limit allows no more, or
    the same CUI was added in the same moment."""
    company = form.save(commit=False)
    company.name_typed = bool(company.name)
    try:
        with transaction.atomic():
            if organizations.remaining_companies(company.organization) == 0:
                form.add_error("cui", organizations.company_limit_message())
                return None
            company.save()
            audit_log.record_action(
                "company",
                lambda: gettext("A adăugat firma {name}.").format(
                    name=f"{company.name} (CUI {company.cui})".strip()
                ),
                user=membership.user,
                organization=membership.organization,
                cuis=[company.cui],
            )
            if is_authorized(company.organization):
                request_sync([company.pk])
    except IntegrityError:
        form.add_error(
            "cui", gettext("Firma cu CUI {cui} este deja în listă.").format(cui=company.cui)
        )
        return None
    return company
