"""Problems of UITs in templates of other rooms: `{% load fleet %}`."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import prefetch_related_objects
from django.http import HttpRequest

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.fleet import api, display
from caraus.fleet.issues import PLACES
from caraus.fleet.models import Problem, Vehicle
from caraus.fleet.plates import LONGEST, normalized
from caraus.transports.models import Transport

register = template.Library()


@register.simple_tag
def problem_words(transport: Transport) -> list[str]:
    """What is wrong, in two or three words each, nothing twice; the worst first."""
    return list(dict.fromkeys(display.word(one) for one in api.problems_of(transport)))


@dataclass(frozen=True, slots=True)
class Addable:
    """A plate of a UIT that is not in the fleet and has no problem told that offers to add it."""

    place: str
    plate: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A UIT beside the fleet of its company, for its page."""

    problems: list[display.Explained]
    addable: list[Addable]
    # The vehicles of the fleet that are named, by plate.
    vehicles: dict[str, Vehicle]
    may_edit: bool


@register.simple_tag(takes_context=True)
def beside_fleet(context: dict[str, Any], transport: Transport) -> Beside:
    request: HttpRequest = context["request"]
    problems: list[Problem] = api.problems_of(transport)
    prefetch_related_objects(problems, "other")
    plates = dict(zip(PLACES, map(normalized, transport.current_vehicle), strict=True))
    vehicles = {
        one.plate: one
        for one in Vehicle.objects.filter(
            company=transport.company_id, plate__in=filter(None, plates.values())
        )
    }
    told = {one.plate for one in problems if one.code == api.Code.NOT_IN_FLEET}
    addable = {
        plate: Addable(place, plate)
        for place, plate in plates.items()
        if plate and len(plate) <= LONGEST and plate not in vehicles and plate not in told
    }
    return Beside(
        problems=[display.explained(one, transport) for one in problems],
        addable=list(addable.values()),
        vehicles=vehicles,
        may_edit=access.may(access.current_membership(request), Role.DISPATCHER),
    )


@register.filter
def of_plate(vehicles: dict[str, Vehicle], plate: str) -> Vehicle | None:
    return vehicles.get(plate)
