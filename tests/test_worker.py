"""The tests' worker is the real one, but for the clock."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinatePeriodicDefer

from tests.worker import Worker


def test_nothing_is_deferred_by_the_clock(worker: Worker) -> None:
    app.configure_task("web.delete_due").defer(timestamp=0)
    worker.drain()
    assert not ProcrastinatePeriodicDefer.objects.exists()
