"""Who is notified of alarms, one after the other."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.notifications import escalation
from caraus.notifications.escalation_texts import turns_of
from caraus.notifications.forms import EscalationForm
from caraus.notifications.kinds import push_kinds
from caraus.notifications.models import Escalation, EscalationStep

# Of the history.
LAST_ALARMS = 20


@require_http_methods(["GET", "POST"])
@never_cache
def escalation_list(request: HttpRequest) -> HttpResponse:
    """Show and save the list, with the turns of the last alarms."""
    membership = access.require_role(request, Role.ADMIN)
    organization = membership.organization
    people = escalation.people_on_list(organization)
    minutes = escalation.waiting_minutes(organization)
    form = EscalationForm(
        request.POST if request.method == "POST" else None,
        organization=organization,
        people=people,
        minutes=minutes,
    )
    if request.method == "POST" and form.is_valid():
        escalation.save_list(membership, form.people(), form.cleaned_data["minutes"])
        messages.success(request, gettext("Lista a fost salvată."))
        return redirect("notifications:escalation")
    alarms = access.visible(Escalation.objects.all(), membership).filter(steps__isnull=False)
    steps = Prefetch("steps", queryset=EscalationStep.objects.select_related("user"))
    last = alarms.distinct().select_related("answered_by", "company").prefetch_related(steps)
    context = {
        "form": form,
        "people": people,
        "kinds": push_kinds(),
        "alarms": [(alarm, turns_of([alarm])) for alarm in last[:LAST_ALARMS]],
    }
    return render(request, "notifications/escalation.html", context)


@require_POST
def leave_escalation(request: HttpRequest) -> HttpResponse:
    """Take the person off the list of the organization."""
    if escalation.leave_list(access.current_membership(request)):
        messages.success(request, gettext("Nu mai ești pe lista celor anunțați pe rând."))
    return redirect("notifications:preferences")
