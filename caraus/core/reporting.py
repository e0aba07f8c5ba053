"""Errors to Sentry, if SENTRY_DSN names one; without it nothing is imported and nothing sent."""

from typing import Any

from caraus import __version__
from caraus.core.environment import SettingError
from caraus.core.logs import without_paths, without_row_values

# Names of values that never leave, wherever they stand in a report.
SECRET_NAMES = (
    *("authorization", "cookie", "csrfmiddlewaretoken", "password", "secret", "token", "code"),
    *("state", "access_token", "refresh_token", "access_token_sealed", "refresh_token_sealed"),
)


def report_errors(dsn: str, *, environment: str) -> None:
    """Start reporting. No personal data, no local variables, no bodies, no query strings."""
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber
    except ImportError as error:
        raise SettingError(
            "SENTRY_DSN",
            "SENTRY_DSN is set, but sentry-sdk is not installed: pip install 'caraus[sentry]'.",
        ) from error
    sentry_sdk.init(
        dsn=dsn,
        release=f"caraus@{__version__}",
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,  # they would hold the paths of earlier requests
        event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, *SECRET_NAMES], recursive=True),
        before_send=_without_links,
    )


def _without_links(event: Any, hint: dict[str, Any]) -> Any:
    """Replace paths and queries: those of invitations, set-up and new passwords are secrets; so are
    callback queries."""
    request = event.get("request", {})
    for name in ("url", "query_string", "headers", "cookies", "env", "data"):
        request.pop(name, None)
    event.get("extra", {}).pop("sys.argv", None)  # e-mail addresses, for one
    if event.get("transaction_info", {}).get("source") == "url":
        event.pop("transaction", None)  # a path without a route
    if log_entry := event.get("logentry"):
        text = str(log_entry.get("formatted") or log_entry.get("message", ""))
        event["logentry"] = {"message": without_paths(text)}
    for raised in (event.get("exception") or {}).get("values", []):
        raised["value"] = without_row_values(str(raised.get("value", "")))
    return event
