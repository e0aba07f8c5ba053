"""A company's own page: its UITs, fleet, authorizations, members, name and note."""

from typing import ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access, audit_log, organizations
from caraus.accounts.models import Company, Membership, Role
from caraus.core.formatting import gettext_lazy, today
from caraus.core.forms import ModelForm
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.fleet.queries import count_with_issues
from caraus.web import company_deletion, company_overview
from caraus.web.views.companies import company_sentence, name_field


class CompanyDetailsForm(ModelForm[Company]):
    """What people write about a company."""

    name = name_field()

    class Meta:
        model = Company
        fields = ("name", "note")
        labels: ClassVar = {"note": gettext_lazy("Notă")}
        help_texts: ClassVar = {
            "note": gettext_lazy("Contactul, programul, orice ajută echipa. O văd toți membrii.")
        }
        widgets: ClassVar = {"note": forms.Textarea(attrs={"rows": 3})}


@require_http_methods(["GET", "POST"])
def company_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all about one company; an administrator changes its name and note here.

    A name that is left empty is ANAF's again with the next response.
    """
    membership = access.current_membership(request)
    company = access.get_object(request, Company.objects.all(), pk)
    form = CompanyDetailsForm(request.POST if request.method == "POST" else None, instance=company)
    if request.method == "POST":
        access.require_role(request, Role.ADMIN)
        if form.is_valid():
            _save_details(request, form)
            return redirect("company", company.pk)
        company.refresh_from_db()
    vehicles = Vehicle.objects.filter(company=company, active=True)
    context = {
        "form": form,
        "company": company,
        "row": company_overview.company_row(membership, company),
        "fleet": {
            "vehicles": vehicles.filter(kind=VehicleKind.VEHICLE).count(),
            "trailers": vehicles.filter(kind=VehicleKind.TRAILER).count(),
        },
        "with_issues": count_with_issues([company.pk], today()),
        "rights": company.rights.select_related("authorization").order_by("-authorization_id"),
        "members": _members_who_see(company),
        "can_delete": not company_deletion.company_keys_with_uits([company]),
        "in_fleet": company.fleet.count(),
        "may_change": access.has_role(membership, Role.ADMIN),
        "may_link": access.has_role(membership, Role.DISPATCHER),
    }
    return render(request, "company.html", context)


def _save_details(request: HttpRequest, form: CompanyDetailsForm) -> None:
    company = form.save(commit=False)
    company.name_typed = bool(company.name)
    company.save()
    if "name" in form.changed_data:
        audit_log.record_action(
            "company",
            lambda: gettext("A schimbat denumirea firmei cu CUI {cui}: {name}.").format(
                cui=company.cui, name=company.name or gettext("de la ANAF")
            ),
            user=access.signed_in_user(request),
            organization=company.organization_id,
        )
    messages.success(request, gettext("Modificările au fost salvate."))


def _members_who_see(company: Company) -> list[Membership]:
    """Return those of the organization who see the company: all, but who is restricted to other
    companies."""
    members = company.organization.memberships.select_related("user").order_by("pk")
    return list(members.filter(Q(only_some_companies=False) | Q(companies=company)).distinct())


@require_POST
def company_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put aside, or taken back."""
    membership = access.require_role(request, Role.ADMIN)
    company = access.get_object(request, Company.objects.all(), pk)
    archived = request.POST.get("arhivata") != "nu"
    try:
        organizations.set_companies_archived(membership, [company], archived=archived)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("companies")
    sentence = (
        gettext("{firm} a fost arhivată: nu mai interogăm ANAF pentru ea; ce s-a strâns rămâne.")
        if archived
        else gettext("{firm} este din nou activă.")
    )
    messages.success(request, company_sentence(sentence, company))
    return redirect("companies")


@require_POST
def company_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Gone for good: a company that never had a UIT."""
    membership = access.require_role(request, Role.ADMIN)
    company = access.get_object(request, Company.objects.all(), pk)
    if company_deletion.delete_companies_without_uits(membership, [company], with_fleet=True):
        messages.success(request, company_sentence(gettext("{firm} a fost ștearsă."), company))
        return redirect("companies")
    sentence = gettext(
        "{firm} are transporturi, care se păstrează: nu poate fi ștearsă, numai arhivată."
    )
    messages.error(request, company_sentence(sentence, company))
    return redirect("company", company.pk)
