"""The states of a vehicle change, and which may follow which. Pure.

`done` only when ANAF's `info` shows the change; `refused` only by ANAF's own verdict. Everything
else that goes wrong after the first byte is `unknown`, which is looked for and never sent again by
itself.
"""

from django.db.models import TextChoices

from caraus.core.formatting import gettext_lazy


class ChangeState(TextChoices):
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
    HELD = "held", gettext_lazy("oprită, decizi tu")
    CANCELLED = "cancelled", gettext_lazy("anulată")
    CLOSED = "closed", gettext_lazy("închisă, rezultat necunoscut")


#: What may follow each state. The first three of `unknown` are what ANAF says later.
TRANSITIONS: dict[ChangeState, frozenset[ChangeState]] = {
    ChangeState.DRAFT: frozenset({ChangeState.QUEUED, ChangeState.CANCELLED}),
    ChangeState.QUEUED: frozenset(
        {ChangeState.SENDING, ChangeState.HELD, ChangeState.DONE, ChangeState.CANCELLED}
    ),
    # Back to the queue only with proof that no byte left.
    ChangeState.SENDING: frozenset(
        {ChangeState.PROCESSING, ChangeState.REFUSED, ChangeState.UNKNOWN, ChangeState.QUEUED}
    ),
    # Without an end for long, a person waits no longer: `closed`.
    ChangeState.PROCESSING: frozenset(
        {ChangeState.ACCEPTED, ChangeState.REFUSED, ChangeState.DONE, ChangeState.CLOSED}
    ),
    ChangeState.ACCEPTED: frozenset({ChangeState.DONE, ChangeState.CLOSED}),
    ChangeState.UNKNOWN: frozenset(
        {
            ChangeState.PROCESSING,
            ChangeState.ACCEPTED,
            ChangeState.REFUSED,
            ChangeState.DONE,
            ChangeState.NOT_FOUND,
        }
    ),
    # A person sends it again or gives it up, unless ANAF shows it after all.
    ChangeState.NOT_FOUND: frozenset({ChangeState.QUEUED, ChangeState.CANCELLED, ChangeState.DONE}),
    ChangeState.HELD: frozenset({ChangeState.QUEUED, ChangeState.CANCELLED, ChangeState.DONE}),
    ChangeState.DONE: frozenset(),
    # An earlier attempt, whose response was lost, may show after all.
    ChangeState.REFUSED: frozenset({ChangeState.DONE}),
    ChangeState.CANCELLED: frozenset({ChangeState.DONE}),
    ChangeState.CLOSED: frozenset({ChangeState.DONE}),
}

#: A UIT has at most one change in these states: its end is not known yet.
OPEN_CHANGE_STATES = frozenset(
    {
        *(ChangeState.QUEUED, ChangeState.SENDING, ChangeState.PROCESSING, ChangeState.ACCEPTED),
        *(ChangeState.UNKNOWN, ChangeState.NOT_FOUND, ChangeState.HELD),
    }
)
#: Nobody does anything more for it; that ANAF shows one of its attempts may still follow.
ENDED_STATES = frozenset(
    {ChangeState.DONE, ChangeState.REFUSED, ChangeState.CANCELLED, ChangeState.CLOSED}
)
#: From these, ANAF's list may still show that it was taken.
VISIBLE_LATER = frozenset(state for state in ChangeState if ChangeState.DONE in TRANSITIONS[state])
#: Who filed and the company's dispatchers are notified of these at once.
ATTENTION_STATES = frozenset(
    {ChangeState.REFUSED, ChangeState.UNKNOWN, ChangeState.NOT_FOUND, ChangeState.HELD}
)
#: Who was notified of these, or ended it, is notified when ANAF shows it after all.
CONTRADICTED_BY_DONE = ATTENTION_STATES | {ChangeState.CANCELLED, ChangeState.CLOSED}
#: What the history of a UIT shows: not the steps of a few seconds, nor a draft given up.
HISTORY_TRANSITIONS = frozenset(
    (before, after)
    for before, following in TRANSITIONS.items()
    for after in following
    if after not in {ChangeState.SENDING, ChangeState.PROCESSING}
    and (before, after)
    not in {(ChangeState.DRAFT, ChangeState.CANCELLED), (ChangeState.SENDING, ChangeState.QUEUED)}
)


def may_follow(before: str, after: str) -> bool:
    """Return whether a change in the state `before` may come to the state `after`."""
    return ChangeState(after) in TRANSITIONS[ChangeState(before)]
