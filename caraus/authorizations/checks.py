"""„Testează conexiunea”: TestOauth, then one real request for each company.

The worker does it: an accountant has hundreds of companies, and ANAF may take half a minute for
each response; the page shows the responses as they come.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from caraus.accounts.models import Company, User
from caraus.anaf import oauth
from caraus.anaf.errors import AnafError, Outcome
from caraus.authorizations import rights, rights_check
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization, AuthorizationCheck

# A check that stands so long will not end any more.
CHECK_GIVEN_UP_AFTER = timedelta(minutes=15)
# After so many requests without a response in a row ANAF is down: the rest are not sent.
SILENT_IN_A_ROW = 2


def request_check(
    authorization: Authorization, *, user: User, now: datetime | None = None
) -> tuple[AuthorizationCheck, bool]:
    """Return a new check or that under way, and whether it is new."""
    now = now or timezone.now()
    AuthorizationCheck.objects.filter(
        authorization=authorization, finished_at=None, requested_at__lte=now - CHECK_GIVEN_UP_AFTER
    ).update(finished_at=now)
    under_way = AuthorizationCheck.objects.filter(authorization=authorization, finished_at=None)
    if unfinished := under_way.first():
        return unfinished, False
    try:
        with transaction.atomic():
            check = AuthorizationCheck.objects.create(
                authorization=authorization, requested_by=user, requested_at=now
            )
    except IntegrityError:  # somebody else pressed at the same moment
        return under_way.get(), False
    return check, True


def run_check(*, check_id: int) -> None:
    """Run the check and save each response; continue a check that a killed worker left."""
    check = AuthorizationCheck.objects.select_related("authorization__link").get(pk=check_id)
    if check.finished_at is not None:
        return
    if check.hello_at is None:
        check.started_at = timezone.now()
        check.hello_code = _hello(check.authorization)
        check.hello_at = timezone.now()
        check.save()
    has_response = {response["company"] for response in check.responses}
    _poll_all(check, rights.served_companies(check.authorization).exclude(pk__in=has_response))
    check.finished_at = timezone.now()
    check.save()


def _hello(authorization: Authorization) -> str:
    try:
        rights_check.with_token(
            authorization, lambda token: oauth.hello(anaf_settings(), access_token=token)
        )
    except AnafError as error:
        return error.code
    return ""


def _poll_all(check: AuthorizationCheck, companies: Iterable[Company]) -> None:
    silent, code = 0, ""
    for company in companies:
        requested = silent < SILENT_IN_A_ROW
        seen, detail = 0, ""
        if requested:
            code, detail, seen, silent = _poll(check.authorization, company, silent)
        response = {"code": code, "detail": detail, "seen": seen, "requested": requested}
        check.responses.append({"company": company.pk} | response)
        check.save(update_fields=["responses"])


def _poll(authorization: Authorization, company: Company, silent: int) -> tuple[str, str, int, int]:
    """Return the error's code and detail, the number of UITs, and the silent responses in a row."""
    try:
        response = rights_check.request_info(authorization, company)
    except AnafError as error:
        silent = silent + 1 if error.outcome is Outcome.UNAVAILABLE else 0
        return error.code, error.detail, 0, silent
    return "", "", len(response.records) + len(response.unreadable), 0
