"""An issue in words: what it is, why it matters, what to do."""

from dataclasses import dataclass

from django.utils.translation import gettext

from caraus.core.formatting import day_in_full, today, unknown_day
from caraus.fleet.issues import IssueCode
from caraus.fleet.models import Issue
from caraus.transports.display import grouped_uit, place_title
from caraus.transports.models import Transport


@dataclass(frozen=True, slots=True)
class IssueExplanation:
    """`label` for a badge; `title`, `text` and the steps for a page. `can_add`: by „Adaugă în
    flotă”; `can_edit`: the fleet may be what is wrong. `message`: for the declarant, to copy."""

    issue: Issue
    label: str
    title: str
    text: str
    steps: tuple[str, ...]
    message: str
    can_add: bool = False
    can_edit: bool = False


def short_label(issue: Issue) -> str:
    """Return two or three words for the list."""
    is_vehicle = issue.plate_field == "plate"
    return {
        IssueCode.NOT_IN_FLEET: gettext("nu e în flotă")
        if is_vehicle
        else gettext("remorca nu e în flotă"),
        IssueCode.RETIRED: gettext("scos din uz")
        if is_vehicle
        else gettext("remorcă scoasă din uz"),
        IssueCode.TRAILER_AS_VEHICLE: gettext("remorcă trecută ca vehicul"),
        IssueCode.VEHICLE_AS_TRAILER: gettext("vehicul trecut ca remorcă"),
        IssueCode.TWO_DIRECTIONS: gettext("în două direcții"),
    }[IssueCode(issue.code)]


def issue_title(issue: Issue) -> str:
    """Say the issue in a sentence with its plate: „Remorca B124ABC nu este în flotă”."""
    is_vehicle = issue.plate_field == "plate"
    return {
        IssueCode.NOT_IN_FLEET: gettext("Vehiculul %(plate)s nu este în flotă")
        if is_vehicle
        else gettext("Remorca %(plate)s nu este în flotă"),
        IssueCode.RETIRED: gettext("%(plate)s este scos din uz în flotă"),
        IssueCode.TRAILER_AS_VEHICLE: gettext(
            "%(plate)s este remorcă, dar pe UIT apare ca vehicul"
        ),
        IssueCode.VEHICLE_AS_TRAILER: gettext(
            "%(plate)s este vehicul, dar pe UIT apare ca remorcă"
        ),
        IssueCode.TWO_DIRECTIONS: gettext(
            "%(plate)s apare și pe alt UIT valabil în aceeași perioadă, în altă direcție"
        ),
    }[IssueCode(issue.code)] % {"plate": issue.plate}


def explain(issue: Issue, transport: Transport) -> IssueExplanation:
    """Collect everything about one issue of a UIT."""
    code = IssueCode(issue.code)
    text, wrong = _text_and_message(issue, transport, code)
    return IssueExplanation(
        issue=issue,
        label=short_label(issue),
        title=issue_title(issue),
        text=text,
        steps=_steps(code, is_vehicle=issue.plate_field == "plate"),
        message=_message(issue, transport, wrong),
        can_add=code is IssueCode.NOT_IN_FLEET,
        can_edit=code
        in {IssueCode.TRAILER_AS_VEHICLE, IssueCode.VEHICLE_AS_TRAILER, IssueCode.RETIRED},
    )


def _text_and_message(issue: Issue, transport: Transport, code: IssueCode) -> tuple[str, str]:
    """Return the explanation, and what the declarant reads that is wrong."""
    words = {"company": str(transport.company)}
    if code is IssueCode.NOT_IN_FLEET and issue.plate_field == "plate":
        return (
            gettext(
                "Pe UIT este declarat un vehicul pe care %(company)s nu îl are în flotă. La "
                "control numărul de pe UIT trebuie să fie cel al vehiculului de pe drum."
            )
            % words,
            gettext("nu este în flota noastră"),
        )
    if code is IssueCode.NOT_IN_FLEET:
        return (
            gettext(
                "Pe UIT este declarată o remorcă pe care %(company)s nu o are în flotă. Remorca de "
                "pe drum trebuie să fie cea de pe UIT."
            )
            % words,
            gettext("nu este în flota noastră"),
        )
    if code is IssueCode.RETIRED:
        return (
            gettext("Declarantul a trecut pe UIT un număr pe care %(company)s nu îl mai folosește.")
            % words,
            gettext("nu mai este folosit de noi"),
        )
    if code is IssueCode.TRAILER_AS_VEHICLE:
        return (
            gettext(
                "La „număr vehicul” trebuie capul tractor; remorca are locul ei. De obicei "
                "numerele au fost inversate sau capul tractor lipsește."
            ),
            gettext("este o remorcă, dar apare ca vehicul"),
        )
    if code is IssueCode.VEHICLE_AS_TRAILER:
        return (
            gettext(
                "La „număr remorcă” apare un vehicul din flotă. De obicei numerele au fost "
                "inversate."
            ),
            gettext("este un vehicul, dar apare ca remorcă"),
        )
    return (
        gettext("Celălalt UIT: %(other)s. Același vehicul nu le poate face pe amândouă deodată.")
        % {"other": _describe_other(issue.other) if issue.other else "—"},
        gettext("apare și pe alt UIT valabil în aceeași perioadă, în altă direcție"),
    )


def _describe_other(other: Transport) -> str:
    return gettext("%(start)s → %(end)s, transport %(day)s") % {
        "start": place_title(other.start),
        "end": place_title(other.end),
        # It may be read tomorrow: never „azi”.
        "day": day_in_full(other.transport_date, today=today()),
    }


def _steps(code: IssueCode, *, is_vehicle: bool) -> tuple[str, ...]:
    change = gettext(
        "Pleci cu alt număr? Declară „modificare vehicul” în RO e-Transport înainte de plecare: o "
        "poți face și tu, ca transportator."
    )
    ask = gettext("E o greșeală a declarantului? Cere-i să o corecteze; mesajul e gata de copiat.")
    first = {
        IssueCode.NOT_IN_FLEET: gettext("Este al firmei? Adaugă-l în flotă.")
        if is_vehicle
        else gettext("Este a firmei? Adaug-o în flotă."),
        IssueCode.RETIRED: gettext("Îl folosești din nou? Pune-l în uz, din flotă."),
        IssueCode.TRAILER_AS_VEHICLE: gettext("E greșit tipul din flotă? Schimbă-l acolo."),
        IssueCode.VEHICLE_AS_TRAILER: gettext("E greșit tipul din flotă? Schimbă-l acolo."),
        IssueCode.TWO_DIRECTIONS: gettext("Prima cursă s-a încheiat? Atunci nu ai nimic de făcut."),
    }[code]
    return first, change, ask


def _message(issue: Issue, transport: Transport, wrong: str) -> str:
    return gettext(
        "Bună ziua! Pe UIT-ul %(uit)s (%(start)s → %(end)s, transport %(day)s) este declarat "
        "numărul %(plate)s, care %(wrong)s. Vă rugăm să verificați și să îl corectați în "
        "RO e-Transport. Mulțumim, %(company)s"
    ) % {
        "uit": grouped_uit(transport.uit),
        "start": place_title(transport.start),
        "end": place_title(transport.end),
        "day": f"{transport.transport_date:%d.%m.%Y}"
        if transport.transport_date
        else unknown_day(),
        "plate": issue.plate,
        "wrong": wrong,
        "company": str(transport.company),
    }
