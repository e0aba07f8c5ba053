"""How long a list is kept."""

from datetime import timedelta

from django.utils import timezone

from caraus.accounts.models import Membership, Organization, User
from caraus.lists import tasks
from caraus.lists.drafts import create_list_draft
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import read_text
from caraus.web.company_import import COMPANIES


def test_a_list_is_kept_for_a_day_and_while_it_can_be_undone(
    owner: User, organization: Organization
) -> None:
    actor = Membership.objects.get(user=owner)
    now = timezone.now()
    ages = {
        "young": (timedelta(hours=23), None),
        "old": (timedelta(hours=25), None),
        "just taken": (timedelta(hours=25), timedelta(minutes=10)),
        "taken long ago": (timedelta(hours=25), timedelta(hours=2)),
    }
    for name, (created, taken) in ages.items():
        draft = create_list_draft(actor, read_text("14399840"), COMPANIES, name=name)
        taken_at = now - taken if taken else None
        Draft.objects.filter(pk=draft.pk).update(created_at=now - created, taken_at=taken_at)
    tasks.delete_outdated_drafts_task(timestamp=0)
    assert {draft.name for draft in Draft.objects.all()} == {"young", "just taken"}
