"""`caraus web`: the processes that serve pages, on one port, each started anew when it dies."""

import multiprocessing
import os
import select
import signal
import socket
import sys
import time
from multiprocessing.context import ForkProcess

from caraus.commands import web_server
from caraus.commands.base import CommandError, database, end_with_parent

_FORK = multiprocessing.get_context("fork")
LOOK_SECONDS = 0.2
STOP_SECONDS = 15
ENDING = (signal.SIGINT, signal.SIGTERM)


def web(*, host: str, port: int, workers: int) -> int:
    """Serve the pages until SIGINT or SIGTERM."""
    from caraus.commands.ports import address, require_free, set_public_address

    require_free(host, port)
    set_public_address(host, port)
    with database() as restart_if_dead:
        from django.db import connections

        from caraus.wsgi import preload

        preload()  # once: the processes share the memory of it, and one that died is back at once
        say_setup_link()
        connections.close_all()
        signals: list[int] = []  # not an Event, whose lock the handler may find taken for ever
        for number in ENDING:
            signal.signal(number, lambda number, _: signals.append(number))
        with _listen(host, port) as listener:
            processes = _Processes(listener, workers)
            try:
                while not signals:
                    if processes.look():
                        print(f"Cărăuș web is ready: {address(host, port)}", flush=True)
                    restart_if_dead()
            finally:
                listener.close()
                processes.end()
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Open one socket for all processes: the kernel gives each connection to one that waits, and
    keeps those that come while a process is started anew."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


class _Processes:
    """The web processes (`caraus/commands/web_server.py`)."""

    def __init__(self, listener: socket.socket, count: int) -> None:
        self._listener = listener
        self._read, self._write = os.pipe()
        self._ready: set[int] = set()
        self._announced = False
        self._processes = [self._start() for _ in range(count)]

    def _start(self) -> ForkProcess:
        process = _FORK.Process(target=self._run)
        # Until the child has handlers of its own it must not take a signal by ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return process

    def _run(self) -> None:
        """Be a web process."""
        os.setsid()  # Ctrl-C reaches the parent, which ends its processes in order
        end_with_parent()
        os.close(self._read)
        web_server.main(self._listener, self._write)

    def look(self) -> bool:
        """Wait a moment, start what has died anew; True once, when the first is ready.

        Raises CommandError when one ends by itself before it was ready: so would the next.
        """
        readable, _, _ = select.select([self._read], [], [], LOOK_SECONDS)
        if readable:
            self._ready |= {int(pid) for pid in os.read(self._read, 4096).split()}
        for at, process in enumerate(self._processes):
            if process.exitcode is None:
                continue
            if process.pid not in self._ready and process.exitcode >= 0:
                raise CommandError("A web process did not start; its last words stand above.")
            print(f"A web process ended with {process.exitcode}.", file=sys.stderr, flush=True)
            self._processes[at] = self._start()
        first, self._announced = bool(self._ready) and not self._announced, bool(self._ready)
        return first

    def end(self) -> None:
        """Let them finish what is under way."""
        for process in self._processes:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            process.join(max(0.1, deadline - time.monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()
        os.close(self._read)
        os.close(self._write)


def say_setup_link() -> None:
    """Print, on a server without any user, the one-time link that makes the first one."""
    from django.conf import settings
    from django.urls import reverse

    from caraus.accounts.server_setup import setup_secret

    if secret := setup_secret():
        link = settings.PUBLIC_URL + reverse("set_up", args=[secret])
        print(f"Nobody can sign in yet. Make the first account here (24 hours, once):\n  {link}")
        sys.stdout.flush()
