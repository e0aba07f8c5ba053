"""A list of companies: read, shown, taken, and for an hour undone."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access, organizations
from caraus.accounts.models import Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.accounts.uploads import is_upload_too_large
from caraus.core.formatting import join_first, plural
from caraus.lists import drafts
from caraus.lists.forms import ListForm
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import UnreadableFileError
from caraus.lists.views import Unclear, change_draft, preview_context, warn_of_rows_left
from caraus.web import company_import
from caraus.web.company_import import COMPANIES
from caraus.web.views.companies import is_authorized

_NAMED = 20


class CompaniesForm(ListForm):
    """Many companies at once, as copied from a spreadsheet, or as a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = gettext(
            "Așa cum o copiezi din Excel, cu tot cu capul de tabel. Citim numai CUI-ul și "
            "denumirea; celelalte coloane nu se păstrează."
        )


def _drafts() -> QuerySet[Draft]:
    return Draft.objects.filter(company=None)


@require_http_methods(["GET", "POST"])
@rate_limited("companies_import", posts_only=True)
def company_import_start(request: HttpRequest) -> HttpResponse:
    """Read a pasted list or a file and keep it, to be shown before any company is added."""
    membership = access.require_role(request, Role.ADMIN)
    is_post = request.method == "POST"
    form = CompaniesForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        is_too_large=is_upload_too_large(request),
    )
    if is_post and form.is_valid():
        try:
            sheet, name = form.read()
            draft = drafts.create_list_draft(membership, sheet, COMPANIES, name=name)
        except UnreadableFileError as error:
            form.add_error(form.source, str(error))
        else:
            return redirect("companies_preview", draft.pk)
    return render(request, "companies_import.html", {"form": form})


@require_http_methods(["GET", "POST"])
@never_cache
def company_import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would come of the list, row by row; POST takes the good rows or changes the
    reading."""
    membership = access.require_role(request, Role.ADMIN)
    draft = access.get_object(request, drafts.waiting(_drafts()), pk)
    rows = company_import.checked_company_rows(draft)
    file_error, text = "", None
    if request.method == "POST":
        unclear = {row.number for row in rows if row.error}
        changed = change_draft(request, draft, COMPANIES, unclear)
        if changed is None:
            return _take(request, membership, draft)
        if not changed:
            return redirect("companies_preview", draft.pk)
        file_error, text = changed, request.POST.get("gresite")
    context = preview_context(
        draft,
        COMPANIES,
        checked=rows,
        verdicts=("new", "back", "repeated", "same"),
        wrong=[Unclear(row.number, row.error) for row in rows if row.error],
        unconfirmed=[],
        file_error=file_error,
        text=text,
    )
    return render(request, "companies_preview.html", context)


def _take(request: HttpRequest, membership: Membership, draft: Draft) -> HttpResponse:
    taken = company_import.import_companies(
        membership, draft, ask_anaf=is_authorized(membership.organization)
    )
    if taken.added:
        added = plural(len(taken.added), "firmă", "firme")
        messages.success(request, gettext("Am adăugat {added}.").format(added=added))
    if taken.known:
        there = plural(taken.known, "era deja în listă", "erau deja în listă")
        messages.info(request, f"{there}.")
    if taken.left_out:
        messages.warning(request, _left_out(taken.left_out))
    if taken.left:
        warn_of_rows_left(request, taken.left)
        return redirect("companies_preview", draft.pk)
    return redirect("companies")


def _left_out(cuis: list[str]) -> str:
    shown, more = join_first(cuis, _NAMED)
    left = plural(len(cuis), "firmă nu a mai încăput", "firme nu au mai încăput")
    return f"{left} ({shown}{' …' if more else ''}). {organizations.company_limit_message()}"


@require_POST
def company_import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away the rows that wait; the companies stay as they are."""
    access.require_role(request, Role.ADMIN)
    drafts.drop_rows(access.get_object(request, drafts.waiting(_drafts()), pk))
    return redirect("companies")


@require_POST
def company_import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove what the list added within the hour, where nothing has come of it since."""
    membership = access.require_role(request, Role.ADMIN)
    draft = access.get_object(request, drafts.can_be_undone(_drafts()), pk)
    deleted, left = company_import.undo_company_import(membership, draft)
    what = plural(deleted, "firmă a fost scoasă", "firme au fost scoase")
    messages.success(request, gettext("Importul este anulat: %(what)s din listă.") % {"what": what})
    if left:
        stay = plural(
            left,
            "firmă are deja transporturi sau a fost schimbată",
            "firme au deja transporturi sau au fost schimbate",
        )
        messages.info(request, gettext("Rămân în listă: %(stay)s.") % {"stay": stay})
    return redirect("companies")
