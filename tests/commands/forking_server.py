"""Python with the product loaded, which forks for each `caraus` command: most of a command's time
is spent loading. Reads one JSON line per command, answers with its exit code."""

import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.urls import get_resolver

from caraus.cli import main
from caraus.commands.base import set_up_django


class Ready:
    """The same from outside: one process for one environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.commands.forking_server"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._respond() == "ready"

    def _respond(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command; of the environment what is read while it runs."""
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            output, failed = Path(folder, "stdout"), Path(folder, "stderr")
            for path in (output, failed):
                path.touch()
            command = {
                "arguments": arguments,
                "stdout": str(output),
                "stderr": str(failed),
                "environment": environment,
            }
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            code = int(self._respond())
            return subprocess.CompletedProcess(
                arguments, code, output.read_text(), failed.read_text()
            )

    def close(self) -> None:
        self._process.communicate()


def run(command: dict[str, Any]) -> int:
    """Run the command in the child, with its streams, to its end."""
    for number, path in enumerate((os.devnull, command["stdout"], command["stderr"])):
        os.dup2(os.open(path, os.O_RDWR), number)
    os.environ.update(command["environment"])
    try:
        return main(command["arguments"])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1


def serve(commands: IO[str], is_responding: IO[str]) -> None:
    set_up_django()
    assert get_resolver().url_patterns
    assert MigrationLoader(None).disk_migrations
    gc.freeze()
    connections.close_all()
    is_responding.write("ready\n")
    is_responding.flush()
    for line in commands:
        if child := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            is_responding.write(f"{code}\n")
            is_responding.flush()
        else:
            code = 70  # an exception of ours; its traceback goes to stderr
            try:
                code = run(json.loads(line))
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)


if __name__ == "__main__":
    serve(sys.stdin, os.fdopen(os.dup(1), "w"))
