"""The queues of the worker, and how many jobs of each one process runs at once.

What a person presses never stands before what keeps people out of trouble: each group has slots of
its own, and jobs of one group can't take those of another.
"""

from dataclasses import dataclass

# Every periodic task, and nothing else: none of them may wait behind anything but another one.
PERIODIC = "default"
# Token refreshes.
ANAF = "anaf"
MAIL = "mail"
# What people ask for by pressing a button.
SYNCS = "syncs"
RIGHTS = "rights"
CHECKS = "checks"
EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class Group:
    """Queues that share slots."""

    name: str
    queues: tuple[str, ...]
    slots: int


def groups(concurrency: int) -> tuple[Group, ...]:
    """Return the groups of one worker process. `concurrency` is for the work that nobody presses:
    half of it for periodic jobs, half for token refreshes; what people press has few slots,
    always."""
    half = max(2, concurrency // 2)
    return (
        Group("periodic", (PERIODIC,), half),
        Group("anaf", (ANAF,), half),
        Group("mail", (MAIL,), 2),
        Group("syncs", (SYNCS, RIGHTS), 2),
        Group("checks", (CHECKS,), 2),
        Group("exports", (EXPORTS,), 2),
    )
