"""Who may file: the switches that an owner turns."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.filings import permission


@require_POST
def company_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a company's vehicle changes be filed, or not: an owner's switch."""
    membership = access.require_role(request, Role.OWNER)
    company = access.get_object(request, Company.objects.all(), pk)
    enabled = request.POST.get("depuneri") == "da"
    permission.set_filing_enabled(membership, company, enabled=enabled)
    messages.success(
        request,
        gettext("Pentru {company} se poate depune la ANAF.").format(company=company)
        if enabled
        else gettext("Pentru {company} nu se mai depune la ANAF de aici.").format(company=company),
    )
    return redirect("filings:list")


@require_POST
def member_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a member whose role may file do so, or not: an owner's switch."""
    membership = access.require_role(request, Role.OWNER)
    members = Membership.objects.filter(role__in=permission.SWITCHED_ROLES)
    member = access.get_object(request, members.select_related("user"), pk)
    enabled = request.POST.get("depuneri") == "da"
    permission.set_member_filing_enabled(membership, member, enabled=enabled)
    messages.success(
        request,
        gettext("{member} poate depune la ANAF.").format(member=member.user)
        if enabled
        else gettext("{member} nu mai poate depune la ANAF de aici.").format(member=member.user),
    )
    return redirect("filings:list")
