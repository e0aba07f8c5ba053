"""The queues of the worker, and how many jobs of each one process runs at once.

What a person presses never stands before what keeps people from harm: each group has slots of
its own, and jobs of one group can't take those of another.
"""

from dataclasses import dataclass

# Every periodic task, and nothing else: none of them may wait behind anything but another one.
PERIODIC = "default"
# Token refreshes.
ANAF = "anaf"
MAIL = "mail"
# What people request by pressing a button.
SYNCS = "syncs"
RIGHTS = "rights"
CHECKS = "checks"
EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class QueueGroup:
    """Queues that share slots."""

    name: str
    queues: tuple[str, ...]
    slots: int


def queue_groups(concurrency: int) -> tuple[QueueGroup, ...]:
    """Return the groups of one worker process. `concurrency` is for the work that nobody presses:
    half of it for periodic jobs, half for token refreshes; what people press has few slots,
    always."""
    half = max(2, concurrency // 2)
    return (
        QueueGroup("periodic", (PERIODIC,), half),
        QueueGroup("anaf", (ANAF,), half),
        QueueGroup("mail", (MAIL,), 2),
        QueueGroup("syncs", (SYNCS, RIGHTS), 2),
        QueueGroup("checks", (CHECKS,), 2),
        QueueGroup("exports", (EXPORTS,), 2),
    )
