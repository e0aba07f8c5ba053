"""Who is notified of what by which channel. What is essential can't be switched off for all."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.notifications.kinds import NotificationKind, registered_kinds
from caraus.notifications.models import ChannelPreference


class LastReaderError(Exception):
    """The person is the last one who gets these e-mails."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "Ești singura persoană din organizație care mai primește aceste "
                "e-mailuri. Fără ele, autorizarea ar putea expira fără să afle nimeni, "
                "așa că rămân pornite."
            )
        )


@dataclass(frozen=True, slots=True)
class Channels:
    bell: bool = True
    email: bool = True
    digest: bool = False
    push: bool = False

    def __bool__(self) -> bool:
        return self.bell or self.email or self.digest or self.push


def without_email_and_push(channels: Channels) -> Channels:
    """Return the channels of a person whose turn has not come: neither e-mail nor push."""
    return replace(channels, email=False, push=False)


def _usual_channels(kind: NotificationKind) -> Channels:
    """Return the channels of a person who has chosen nothing."""
    return Channels(kind.bell, kind.email, kind.digest, kind.push)


def _chosen_channels(row: ChannelPreference, kind: NotificationKind) -> Channels:
    return Channels(row.bell or kind.essential, row.email, row.digest, row.push and kind.push)


def channels_of(
    *, users: Iterable[User], organization: Organization, kind: NotificationKind
) -> dict[int, Channels]:
    """Return the channels by user id. If an essential kind would reach nobody by e-mail, it reaches
    all of them."""
    people = list(users)
    rows = ChannelPreference.objects.filter(
        user__in=people, organization=organization, kind=kind.code
    )
    chosen = {row.user_id: _chosen_channels(row, kind) for row in rows}
    by_user = {user.pk: chosen.get(user.pk, _usual_channels(kind)) for user in people}
    if kind.essential and not any(channels.email for channels in by_user.values()):
        return {key: replace(channels, email=True) for key, channels in by_user.items()}
    return by_user


def channel_choices(
    *, user: User, organization: Organization
) -> list[tuple[NotificationKind, Channels]]:
    """Return what one person is notified of, kind by kind."""
    rows = ChannelPreference.objects.filter(user=user, organization=organization)
    saved = {row.kind: row for row in rows}
    choices = []
    for kind in registered_kinds():
        if kind.essential:
            channels = channels_of(users=[user], organization=organization, kind=kind)[user.pk]
        else:
            row = saved.get(kind.code)
            channels = _chosen_channels(row, kind) if row else _usual_channels(kind)
        choices.append((kind, channels))
    return choices


@transaction.atomic
def save_channels(
    *, user: User, organization: Organization, kind: NotificationKind, channels: Channels
) -> None:
    """Save a person's choice. Raises LastReaderError when an essential kind would be left
    without a reader among those who can act on it."""
    Organization.objects.select_for_update().get(pk=organization.pk)  # two may leave at once
    if kind.essential and not channels.email and not _others(user, organization, kind):
        raise LastReaderError
    ChannelPreference.objects.update_or_create(
        user=user,
        organization=organization,
        kind=kind.code,
        defaults={
            "bell": channels.bell or kind.essential,
            "email": channels.email,
            "digest": channels.digest,
            "push": channels.push and kind.push,
        },
    )


def _others(user: User, organization: Organization, kind: NotificationKind) -> bool:
    """Return whether another owner or administrator still gets these e-mails."""
    silent = ChannelPreference.objects.filter(
        organization=organization, kind=kind.code, email=False
    )
    return (
        Membership.objects.filter(
            organization=organization,
            role__in=access.roles_at_least(Role.ADMIN),
            user__is_active=True,
        )
        .exclude(user=user)
        .exclude(user__in=silent.values("user"))
        .exists()
    )
