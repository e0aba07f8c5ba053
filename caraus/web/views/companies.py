"""Firme: the carriers' CUIs whose UITs are collected."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
from caraus.core.formatting import gettext_lazy
from caraus.lists import drafts
from caraus.lists.models import Draft
from caraus.sync.requests import request_sync
from caraus.web import company_deletion, company_overview

# In the session of who has added a company, until the next page.
_JUST_ADDED = "company_added"


def _name_field() -> NameFormField:
    return NameFormField(
        label=gettext_lazy("Denumire"),
        max_length=COMPANY_NAME_LENGTH,
        required=False,
        help_text=gettext_lazy("Lasă gol: o luăm de la ANAF."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CompanyForm(forms.ModelForm[Company]):
    """A CUI as people write it; the name may be left for ANAF to give."""

    cui = forms.CharField(
        label="CUI",
        max_length=20,
        help_text=gettext_lazy("Cu sau fără RO, de exemplu RO 14399840."),
        error_messages={"required": gettext_lazy("Scrie CUI-ul firmei.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = _name_field()

    class Meta:
        model = Company
        fields = ("cui", "name")

    def clean_cui(self) -> str:
        cui = normalize_cui(self.cleaned_data["cui"])
        organization: Organization = self.instance.organization
        known = organization.companies.filter(cui=cui).exclude(pk=self.instance.pk).first()
        if known is not None and known.archived_at:
            raise ValidationError(
                gettext("Firma cu CUI {cui} este arhivată. O scoți din „Arhivate”.").format(cui=cui)
            )
        if known is not None:
            raise ValidationError(gettext("Firma cu CUI {cui} este deja în listă.").format(cui=cui))
        return cui


class CompanyNameForm(forms.ModelForm[Company]):
    name = _name_field()

    class Meta:
        model = Company
        fields = ("name",)


@require_http_methods(["GET", "POST"])
def company_list(request: HttpRequest) -> HttpResponse:
    """The table, and the form that adds one company by its CUI."""
    membership = access.current_membership(request)
    form = CompanyForm(
        request.POST if request.method == "POST" else None,
        instance=Company(organization=membership.organization),
    )
    if request.method == "POST":
        access.require_role(request, Role.ADMIN)
        if form.is_valid() and (company := _add(form, membership)):
            messages.success(
                request, _company_sentence(gettext("{firm} a fost adăugată."), company)
            )
            request.session[_JUST_ADDED] = True
            return redirect("companies")
    return render(request, "companies.html", _table(request, membership) | {"form": form})


def _table(request: HttpRequest, membership: Membership) -> dict[str, object]:
    words = request.GET.get("q", "").replace("\0", "").strip()
    order = request.GET.get("ordine", "")
    order = order if order in company_overview.ORDERS else company_overview.ORDERS[0]
    state = request.GET.get("stare", "")
    state = state if state in company_overview.STATES else company_overview.STATES[0]
    every = company_overview.company_rows(membership, archived=state == "arhivate")
    shown = company_overview.sort_rows(
        company_overview.filter_rows(every, words=words, state=state), order
    )
    return {
        "rows": shown,
        "in_all": len(every),
        "with_issues": sum(bool(row.issues) for row in every),
        "query": words,
        "order": order,
        "state": state,
        "kept": urlencode({"q": words, "stare": state}),
        "may_add": access.has_role(membership, Role.ADMIN),
        "progresses": _progresses(membership),
        "imports": drafts.can_be_undone(
            access.visible(Draft.objects.filter(company=None), membership)
        ),
        "may_authorize": request.session.pop(_JUST_ADDED, None)
        and not is_authorized(membership.organization),
    }


def _progresses(membership: Membership) -> list[tuple[Authorization, RightsProgress]]:
    """Of the young authorizations, those about whose companies ANAF has not answered yet."""
    visible = access.visible_companies(membership)
    watched = [
        (authorization, rights_progress.rights_progress(authorization, among=visible))
        for authorization in authorization_cards.recent_authorizations(membership)
    ]
    return [(authorization, progress) for authorization, progress in watched if progress.is_running]


def is_authorized(organization: Organization) -> bool:
    """Whether anybody has given it an authorization that is good."""
    return organization.authorizations.filter(status=Authorization.Status.ACTIVE).exists()


@require_POST
def company_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put aside, or taken back."""
    membership = access.require_role(request, Role.ADMIN)
    company = access.get_object(request, Company.objects.all(), pk)
    archived = request.POST.get("arhivata") != "nu"
    try:
        organizations.set_company_archived(membership, company, archived=archived)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("companies")
    sentence = (
        gettext("{firm} a fost arhivată: nu mai interogăm ANAF pentru ea; ce s-a strâns rămâne.")
        if archived
        else gettext("{firm} este din nou activă.")
    )
    messages.success(request, _company_sentence(sentence, company))
    return redirect("companies")


@require_POST
def company_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Gone for good: a company that never had a UIT."""
    membership = access.require_role(request, Role.ADMIN)
    company = access.get_object(request, Company.objects.all(), pk)
    if company_deletion.delete_companies_without_uits(membership, [company], with_fleet=True):
        messages.success(request, _company_sentence(gettext("{firm} a fost ștearsă."), company))
        return redirect("companies")
    sentence = gettext(
        "{firm} are transporturi, care se păstrează: nu poate fi ștearsă, numai arhivată."
    )
    messages.error(request, _company_sentence(sentence, company))
    return redirect("company", company.pk)


def _company_sentence(sentence: str, company: Company) -> str:
    """The sentence about a firm, which is feminine in Romanian, as a bare CUI is not."""
    firm = (
        gettext("Firma {name}").format(name=company.name)
        if company.name
        else gettext("Firma cu CUI {cui}").format(cui=company.cui)
    )
    return sentence.format(firm=firm)


def _add(form: CompanyForm, membership: Membership) -> Company | None:
    """None, with the form's error, when there is no room for one more, or the same CUI was added in
    the same moment."""
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


@require_http_methods(["GET", "POST"])
def company_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The name as typed by a person; left empty, ANAF's name comes back with the next answer."""
    access.require_role(request, Role.ADMIN)
    company = access.get_object(request, Company.objects.all(), pk)
    form = CompanyNameForm(request.POST if request.method == "POST" else None, instance=company)
    if request.method == "POST" and form.is_valid():
        company = form.save(commit=False)
        company.name_typed = bool(company.name)
        company.save()
        audit_log.record_action(
            "company",
            lambda: gettext("A schimbat denumirea firmei cu CUI {cui}: {name}.").format(
                cui=company.cui, name=company.name or gettext("de la ANAF")
            ),
            user=access.signed_in_user(request),
            organization=company.organization_id,
        )
        messages.success(request, gettext("Denumirea a fost păstrată."))
        return redirect("companies")
    context = {
        "form": form,
        "company": company,
        "can_delete": not company_deletion.has_uits([company]),
        "in_fleet": company.fleet.count(),
    }
    return render(request, "company_edit.html", context)
