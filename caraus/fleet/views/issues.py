"""Dealing with an issue of a UIT, from the UIT's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.fleet.issue_marks import end_first_trip, mark_issue
from caraus.fleet.models import Issue
from caraus.transports.display import grouped_uit
from caraus.transports.models import Mark

# By the words of the form; "" takes a mark back.
KINDS = {"in-regula": Mark.Kind.FINE.value, "ma-ocup": Mark.Kind.TAKEN.value, "scoate": ""}


@require_POST
def change_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an issue, take its mark back, or say that the first of the two trips is over."""
    membership = access.require_role(request, Role.DISPATCHER)
    issue = access.get_object(request, Issue.objects.select_related("transport", "other"), pk)
    word = request.POST.get("ce", "")
    if word in KINDS:
        mark_issue(issue, KINDS[word], membership.user)
    elif word == "cursa-incheiata":
        first = end_first_trip(issue, membership.user)
        if first is not None:
            messages.success(
                request,
                gettext("UIT-ul {uit} este descărcat; problema nu mai este.").format(
                    uit=grouped_uit(first.uit)
                ),
            )
    return HttpResponseRedirect(issue.transport.get_absolute_url())
