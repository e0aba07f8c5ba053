"""The states of a vehicle change, and which may follow which. Pure.

`done` only when ANAF's `info` shows the change; `refused` only by ANAF's own verdict. Everything
else that goes wrong after the first byte is `unknown`, which is looked for and never sent again by
itself.
"""

from django.db.models import TextChoices

from caraus.core.formatting import gettext_lazy


class State(TextChoices):
    """Where a vehicle change is on its way to ANAF."""

    DRAFT = "draft", gettext_lazy("de confirmat")
    QUEUED = "queued", gettext_lazy("în așteptare")
    SENDING = "sending", gettext_lazy("se trimite")
    PROCESSING = "processing", gettext_lazy("în prelucrare la ANAF")
    ACCEPTED = "accepted", gettext_lazy("acceptată, încă nu apare")
    DONE = "done", gettext_lazy("apare la ANAF")
    REFUSED = "refused", gettext_lazy("refuzată de ANAF")
    UNKNOWN = "unknown", gettext_lazy("nu se știe")
    NOT_FOUND = "not_found", gettext_lazy("negăsită la ANAF")
    HELD = "held", gettext_lazy("oprită, întreabă")
    CANCELLED = "cancelled", gettext_lazy("anulată")
    CLOSED = "closed", gettext_lazy("închisă, sfârșit neștiut")


#: What may follow each state. The first three of `unknown` are what ANAF says later.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.QUEUED, State.CANCELLED}),
    State.QUEUED: frozenset({State.SENDING, State.HELD, State.DONE, State.CANCELLED}),
    # Back to the queue only with proof that no byte left.
    State.SENDING: frozenset({State.PROCESSING, State.REFUSED, State.UNKNOWN, State.QUEUED}),
    # Without an end for long, a person waits no longer: `closed`.
    State.PROCESSING: frozenset({State.ACCEPTED, State.REFUSED, State.DONE, State.CLOSED}),
    State.ACCEPTED: frozenset({State.DONE, State.CLOSED}),
    State.UNKNOWN: frozenset(
        {State.PROCESSING, State.ACCEPTED, State.REFUSED, State.DONE, State.NOT_FOUND}
    ),
    # A person sends it again or gives it up, unless ANAF shows it after all.
    State.NOT_FOUND: frozenset({State.QUEUED, State.CANCELLED, State.DONE}),
    State.HELD: frozenset({State.QUEUED, State.CANCELLED, State.DONE}),
    State.DONE: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
    State.CLOSED: frozenset({State.DONE}),
}

#: A UIT has at most one change in these states: its end is not known yet.
OPEN = frozenset(
    {
        *(State.QUEUED, State.SENDING, State.PROCESSING, State.ACCEPTED),
        *(State.UNKNOWN, State.NOT_FOUND, State.HELD),
    }
)
FINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
#: From these, ANAF's list may still show that it was taken.
VISIBLE_LATER = frozenset(state for state in State if State.DONE in TRANSITIONS[state])
#: Who filed and the company's dispatchers are told of these at once.
ALARMING = frozenset({State.REFUSED, State.UNKNOWN, State.NOT_FOUND, State.HELD})
#: What the history of a UIT tells: not the steps of a few seconds, nor a draft given up.
HISTORY_TRANSITIONS = frozenset(
    (before, after)
    for before, following in TRANSITIONS.items()
    for after in following
    if after not in {State.SENDING, State.PROCESSING}
    and (before, after) not in {(State.DRAFT, State.CANCELLED), (State.SENDING, State.QUEUED)}
)


def may_follow(before: str, after: str) -> bool:
    """Tell whether a change in the state `before` may come to the state `after`."""
    return State(after) in TRANSITIONS[State(before)]
