"""Firme: the carriers' CUIs whose UITs are collected."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.cui import normalize_cui
from caraus.accounts.models import Company, Organization, Role
from caraus.connections.models import CompanyRight, Connection
from caraus.transports.tasks import SOON, enqueue


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Denumire",
        max_length=200,
        required=False,
        help_text="Lasă gol: o luăm de la ANAF.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CompanyForm(forms.ModelForm[Company]):
    """A CUI as people write it; the name may be left for ANAF to give."""

    cui = forms.CharField(
        label="CUI",
        max_length=20,
        help_text="Cu sau fără RO, de exemplu RO 14399840.",
        error_messages={"required": "Scrie CUI-ul firmei."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = _name_field()

    class Meta:
        model = Company
        fields = ("cui", "name")

    def clean_cui(self) -> str:
        cui = normalize_cui(self.cleaned_data["cui"])
        organization: Organization = self.instance.organization
        if organization.companies.filter(cui=cui).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"Firma cu CUI {cui} este deja în listă.")
        return cui


class CompanyNameForm(forms.ModelForm[Company]):
    name = _name_field()

    class Meta:
        model = Company
        fields = ("name",)


@require_http_methods(["GET", "POST"])
def company_list(request: HttpRequest) -> HttpResponse:
    """The list, and the form that adds one by its CUI."""
    membership = access.current_membership(request)
    organization = membership.organization
    form = CompanyForm(
        request.POST if request.method == "POST" else None,
        instance=Company(organization=organization),
    )
    if request.method == "POST":
        access.require_role(request, Role.ADMIN)
        if form.is_valid() and (company := _add(form)):
            messages.success(request, f"{company} a fost adăugată.")
            return redirect("companies")
    context = {
        "form": form,
        "rows": [(company, _right(company)) for company in _companies(organization)],
        "may_add": access.may(membership, Role.ADMIN),
    }
    return render(request, "companies.html", context)


def _companies(organization: Organization) -> list[Company]:
    return list(
        organization.companies.select_related("sync_state").prefetch_related("rights__connection")
    )


def _right(company: Company) -> str:
    """The best that any living authorization has for the company."""
    states = {
        right.state
        for right in company.rights.all()
        if right.connection.status == Connection.Status.ACTIVE
    }
    best = (CompanyRight.State.COVERED, CompanyRight.State.NO_RIGHT)
    return next((state for state in best if state in states), CompanyRight.State.UNKNOWN)


def _add(form: CompanyForm) -> Company | None:
    """None, with the form's error, when the same CUI was added in the same moment."""
    company = form.save(commit=False)
    company.name_typed = bool(company.name)
    try:
        with transaction.atomic():
            company.save()
            if company.organization.connections.filter(status=Connection.Status.ACTIVE).exists():
                enqueue(company.pk, priority=SOON)
    except IntegrityError:
        form.add_error("cui", f"Firma cu CUI {company.cui} este deja în listă.")
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
        messages.success(request, "Denumirea a fost păstrată.")
        return redirect("companies")
    return render(request, "company_edit.html", {"form": form, "company": company})
