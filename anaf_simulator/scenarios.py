"""Faults and variants by name, and the switchboard that says which of them are on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

API_ENDPOINTS = frozenset({"info", "lista", "stareMesaj", "upload", "hello"})
ENDPOINTS = API_ENDPOINTS | {"authorize", "token", "revoke", "other"}
"""``other`` is any address that is none of ANAF's."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named fault or variant.

    ``endpoints``: where it acts unless the call names others. ``times``: how many calls it affects
    unless the call gives a number; None is all of them. ``source``: who says that this happens.
    """

    name: str
    summary: str
    endpoints: frozenset[str]
    source: str
    times: int | None = None


def _on(*names: str) -> frozenset[str]:
    return frozenset(names)


_NOTES = "notes 5c"
_CATALOGUE = (
    Scenario("down_refused", "port closed: connections are refused; the control port stays",
             ENDPOINTS, "plain network fact"),
    Scenario("down_502", "HTTP 502, an HTML page of the gateway", ENDPOINTS, "plain gateway fact"),
    Scenario("down_503", "HTTP 503, an HTML page of the gateway", ENDPOINTS, "plain gateway fact"),
    Scenario("slow", "right answers after `seconds` (3)", ENDPOINTS, "plain network fact"),
    Scenario("held", "right answers when it is switched off", ENDPOINTS, "plain network fact"),
    Scenario("timeout", "no answer until the client gives up", ENDPOINTS, f"{_NOTES}, Jan 2024"),
    Scenario("html_rejected", "HTTP 200, HTML page „Request Rejected” of the firewall",
             API_ENDPOINTS, f"{_NOTES} [LIVE 2024-2026]"),
    Scenario("my_policy", "HTTP 302 to /my.policy, the login wall", API_ENDPOINTS,
             f"{_NOTES} [LIVE], not seen on api.anaf.ro"),
    Scenario("cut_json", "HTTP 200, JSON cut in the middle", API_ENDPOINTS - {"hello"},
             "plain network fact"),
    Scenario("empty_body", "HTTP 200, nothing in the body", API_ENDPOINTS, f"{_NOTES}, Jan 2024"),
    Scenario("text_json", "right JSON under Content-Type text/plain", API_ENDPOINTS, _NOTES),
    Scenario("malformed_record", "one bad record among good ones; `kind`: string, missing_uit, "
             "bad_date, null, number", _on("info"), "none seen; robustness"),
    Scenario("odd_field", "the first record with `fields` ({name: any JSON}) put over it and "
             "`without` (names) left out; `all`: every record", _on("info"),
             "reports of other programs' users; robustness"),
    Scenario("raw_answer", "the answer as given: `status` (200), `body` (a text as it is, null for "
             "nothing, else JSON), `content_type`; `repeat` (1) says the body so many times",
             API_ENDPOINTS, "notes, November 2026: limits in other words, bare 403; robustness"),
    Scenario("rate_limited", "HTTP 429 with Retry-After: `seconds` (30)", API_ENDPOINTS,
             "OAuth text p. 33; the header is a guess"),
    Scenario("rate_limited_bare", "HTTP 429 without Retry-After", API_ENDPOINTS,
             "OAuth text p. 33"),
    Scenario("retry_after", "the real per-minute limit answers with Retry-After", API_ENDPOINTS,
             "a guess"),
    Scenario("daily_limit", "HTTP 200 with „S-au facut deja … in cursul zilei”",
             _on("info", "lista", "stareMesaj"), "swaggers lista, stare; for info a guess"),
    Scenario("token_refused", "HTTP 401, the access token is not accepted", API_ENDPOINTS,
             "notes 5a [WEAK]"),
    Scenario("forbidden", "HTTP 403, the token does not open this service",
             API_ENDPOINTS - {"hello"}, "OAuth text p. 33"),
    Scenario("not_enrolled_app", "HTTP 403 as the application is not enrolled for e-Transport; "
             "only TestOauth answers", API_ENDPOINTS - {"hello"}, "OAuth text p. 2-3"),
    Scenario("no_rights_403", "HTTP 403, not a message, for a certificate without any right",
             API_ENDPOINTS - {"hello"}, "OAuth text p. 2, against the swaggers"),
    Scenario("empty_once", "„Nu exista informatii” once, then the truth", _on("info"),
             "robustness", times=1),
    Scenario("empty", "„Nu exista informatii” always", _on("info"), "swagger info"),
    Scenario("empty_array", "`[]` in place of the message when there is nothing", _on("info"),
             "the swagger shows an object; robustness"),
    Scenario("technical_error", "„A aparut o eroare tehnica. Cod: …”", _on("info"),
             "swagger info"),
    Scenario("no_rights_cui", "„Nu aveti drept in SPV pentru CIF=…”", _on("info", "upload"),
             "swaggers info, upload"),
    Scenario("no_rights", "„Nu exista niciun CIF petru care sa aveti drept in SPV”",
             _on("info", "lista", "upload"), "swaggers"),
    Scenario("documents_as_string", "`documente` always a string", _on("info"), "swagger info"),
    Scenario("documents_as_list", "`documente` always a list", _on("info"), "API text 29.07.2024"),
    Scenario("login_denied", "authorize goes back at once with error=access_denied",
             _on("authorize"), "notes 5a [CODE]"),
    Scenario("renewed", "any certificate counts as renewed, not yet enrolled: access_denied",
             _on("authorize"), "notes 5a [VENDOR]"),
    Scenario("strict_redirect", "only registered https redirect addresses are accepted",
             _on("authorize"), "notes 5a [LIVE 2026-07-02]"),
    Scenario("token_endpoint_down", "HTTP 503 on /token", _on("token"), "plain gateway fact"),
    Scenario("token_html", "HTTP 200, HTML „Request Rejected” on /token", _on("token"), _NOTES),
    Scenario("token_timeout", "/token does not answer", _on("token"), "plain network fact"),
    Scenario("late_code_reset", "a code exchanged after 60 s resets the connection",
             _on("token"), "OAuth text p. 33"),
    Scenario("invalid_grant", "bad grants answer invalid_grant in place of invalid_request",
             _on("token"), "RFC 6749 against notes 5a [LIVE 2026-07-05]"),
    Scenario("refresh_rejected", "HTTP 400 on refresh", _on("token"), "notes 5a [LIVE]"),
    Scenario("refresh_kills_old", "a refresh token works once", _on("token"), "notes 5a [CODE]"),
    Scenario("refresh_keeps_end", "a refresh keeps the first end of 365 days", _on("token"),
             "notes 5a [VENDOR]"),
    Scenario("roles", "what the access token says of its roles: `names` (those of ANAF), `form`: "
             "list, text (with commas) or absent, `claim` (role)", _on("token"),
             "notes, November 2026 (anafpy, live)"),
    Scenario("refresh_opaque", "refresh tokens are no JWT", _on("token"), "notes 5a [WEAK]"),
    Scenario("short_tokens", "access tokens live for `seconds` (3600)", _on("token"),
             "none seen; robustness"),
    Scenario("upload_lost_before", "connection reset when the file has come; no effect",
             _on("upload"), "plain network fact"),
    Scenario("upload_lost_after", "takes effect, its answer is lost: `how`: reset, silence",
             _on("upload"), "plain network fact"),
    Scenario("upload_502_after", "the file takes effect, the gateway answers HTTP 502",
             _on("upload"), "plain gateway fact"),
    Scenario("upload_html_after", "the file takes effect, the answer is „Request Rejected”",
             _on("upload"), f"{_NOTES} for the page; that it may hide an effect is robustness"),
    Scenario("upload_errors", "HTTP 200 with `Errors[]` (`text`), without effect", _on("upload"),
             "swagger upload for the shape; the text is the one of swagger info"),
    Scenario("upload_nok", "a good file ends as nok with `text`, without effect", _on("upload"),
             "swagger stare; the words are the simulator's"),
    Scenario("upload_duplicate_refused", "a vehicle change declared before ends as nok",
             _on("upload"), "none seen; robustness"),
    Scenario("upload_xml_error", "ends as „XML cu erori nepreluat de sistem”: at upload without "
             "effect, at stareMesaj in words only", _on("upload", "stareMesaj"), "swagger stare"),
    Scenario("upload_stuck", "stareMesaj stays „in prelucrare”", _on("stareMesaj"),
             "swagger stare"),
    Scenario("stare_fails", "the question fails: `Errors[]` (`text`) without `stare`",
             _on("stareMesaj"), "swagger stare"),
    Scenario("info_lags", "vehicle changes show `seconds` (900) late", _on("info"),
             "none seen; robustness"),
    Scenario("lista_lags", "what was declared in the last `seconds` (900) is missing",
             _on("lista"), "notes, November 2026 (anafpy: up to 15 minutes)"),
)  # fmt: skip

CATALOGUE = {scenario.name: scenario for scenario in _CATALOGUE}


@dataclass(slots=True)
class Active:
    """A scenario that is on: for whom, where, and how many more calls."""

    scenario: Scenario
    endpoints: frozenset[str]
    cui: str | None = None
    times: int | None = None
    options: dict[str, object] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """Return an option of the scenario as a number."""
        value = self.options.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    def text(self, name: str, default: str) -> str:
        """Return an option of the scenario as text."""
        value = self.options.get(name, default)
        return value if isinstance(value, str) else default


class Switchboard:
    """Which scenarios are on. Several can be on at once, each once."""

    def __init__(self, initial: Iterable[str] = ()) -> None:
        self._initial = tuple(initial)
        self._active: dict[str, Active] = {}
        self.reset()

    def reset(self) -> None:
        """Go back to what the command line set."""
        self._active.clear()
        for name in self._initial:
            self.turn_on(name)

    def clear(self) -> None:
        """Turn all off, those of the command line too."""
        self._active.clear()

    def turn_on(
        self,
        name: str,
        *,
        times: int | None = None,
        cui: str | None = None,
        endpoints: Iterable[str] = (),
        options: dict[str, object] | None = None,
    ) -> None:
        """Turn a scenario on. Raises KeyError for a name that is not in the catalogue."""
        scenario = CATALOGUE[name]
        where = frozenset(endpoints) or scenario.endpoints
        left = times if times is not None else scenario.times
        self._active[name] = Active(scenario, where, cui, left, options or {})

    def turn_off(self, name: str) -> None:
        """Turn a scenario off. Raises KeyError for an unknown name; off already is no error."""
        self._active.pop(CATALOGUE[name].name, None)

    def is_on(self, name: str) -> bool:
        """Return whether the scenario is on, for whatever calls."""
        return name in self._active

    def take(self, name: str, endpoint: str, cui: str | None = None) -> Active | None:
        """Return the scenario if it acts on this call; use up one of its times."""
        active = self._active.get(name)
        if active is None or endpoint not in active.endpoints:
            return None
        if active.cui is not None and active.cui != cui:
            return None
        if active.times is not None:
            active.times -= 1
            if active.times <= 0:
                del self._active[name]
        return active

    def report(self) -> list[dict[str, object]]:
        """Return the scenarios that are on, as JSON."""
        return [
            {
                "name": name,
                "times": active.times,
                "cui": active.cui,
                "endpoints": sorted(active.endpoints),
                "options": active.options,
            }
            for name, active in self._active.items()
        ]
