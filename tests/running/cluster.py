"""A large installation on one machine: an external PostgreSQL, N web, N workers, Caddy before.

The last web process reaches the database through a pooler in transaction mode."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

import httpx2
from cryptography.fernet import Fernet

from caraus.commands.ports import free_ports
from tests import plain_http
from tests.environment import URL, database
from tests.running.pooler import pooled
from tests.simulator_process import SimulatorProcess

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "un-secret-lung-42"
EMAIL = "dispecer@example.ro"


class Process:
    """One web or worker process; its log is a file."""

    def __init__(self, environment: dict[str, str], log: Path, *command: str) -> None:
        self.command, self.environment, self.log = command, environment, log
        self._file: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._file = self.log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "caraus.cli", *self.command],
            env=self.environment,
            stdout=self._file,
            stderr=subprocess.STDOUT,
        )

    def stop(self) -> int:
        process, self._process = self._process, None
        if process is None or self._file is None:
            return 0
        process.terminate()
        code = process.wait(30)
        self._file.close()
        return code

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, times: int = 1, seconds: float = 90) -> None:
        until(lambda: self.output.count(words) >= times, f"{self.command}: {words}", seconds)


class Cluster:
    """`webs` and `workers` are started by `start()`; pages answer at `address`, through Caddy."""

    def __init__(self, anaf: SimulatorProcess, *, webs: int = 2, workers: int = 3) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="caraus-cluster-"))
        self.folder.chmod(0o755)
        self._stack = ExitStack()
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # It has the schema already where that was made once for all processes of the tests.
        self.database = self._stack.enter_context(database(template=URL.rpartition("/")[2]))
        site, port, *ports = free_ports(2 + webs)
        self.pooler = self._stack.enter_context(pooled(self.database, port))
        self.address = f"https://localhost:{site}"
        self.ports = ports
        self.environment = environment(anaf, self.database, self.address)
        (self.folder / "logs").mkdir()
        self.webs = [
            self._process(f"web{port}", "web", "--host", "127.0.0.1", "--port", str(port))
            for port in ports
        ]
        self.webs[-1].environment = self.environment | {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{port}/caraus",
            "CARAUS_DATABASE_POOLED": "1",
        }
        self.workers = [
            self._process(f"worker{number}", "worker", "--concurrency", "3")
            for number in range(workers)
        ]

    def _process(self, name: str, *command: str) -> Process:
        return Process(self.environment, self.folder / "logs" / name, *command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "caraus.cli", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def start(self) -> None:
        for process in (*self.webs, *self.workers):
            process.start()
            self._stack.callback(process.stop)
        for port in self.ports:
            until_responding(f"http://127.0.0.1:{port}/healthz")
        for process in self.workers:
            process.wait_for("worker is ready")
        self._start_caddy()

    def failures(self) -> str:
        """Return what the web processes have logged of requests that failed."""
        lines = "\n".join(web.output for web in self.webs).splitlines()
        return "\n".join(
            line for line in lines if '"level": "error"' in line or "Traceback" in line
        )

    def restart_web(self, number: int) -> int:
        """End it politely and start it anew; return its exit code."""
        code = self.webs[number].stop()
        self.webs[number].start()
        until_responding(f"http://127.0.0.1:{self.ports[number]}/healthz")
        return code

    def restart_worker(self, number: int) -> int:
        worker = self.workers[number]
        code, seen = worker.stop(), worker.output.count("worker is ready")
        worker.start()
        worker.wait_for("worker is ready", seen + 1)
        return code

    def _start_caddy(self) -> None:
        """Start the Caddyfile of the deployment, with a self-made authority."""
        home = self.folder / "caddy"
        log = self._stack.enter_context((self.folder / "logs" / "caddy").open("wb"))
        caddy = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "caddy"),
                *("run", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"),
            ],
            env=os.environ
            | {
                "HOME": str(home),
                "XDG_DATA_HOME": str(home),
                "XDG_CONFIG_HOME": str(home),
                "CARAUS_SITE": self.address,
                "CARAUS_UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in self.ports),
                "CADDY_GLOBAL": "local_certs\nskip_install_trust\nauto_https disable_redirects\n"
                "admin off",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._stack.callback(caddy.wait, 20)
        self._stack.callback(caddy.terminate)
        self.authority = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        until(self.authority.exists, "Caddy's authority")
        until_responding(f"{self.address}/healthz", self.authority)

    def client(self) -> httpx2.Client:
        import ssl

        context = ssl.create_default_context(cafile=str(self.authority))
        return httpx2.Client(base_url=self.address, verify=context, trust_env=False, timeout=20)


def environment(anaf: SimulatorProcess, url: str, address: str) -> dict[str, str]:
    """Return what an administrator sets for the large: every process has the same."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CARAUS_", "ANAF_", "DATABASE_URL", "EMAIL_URL"))
    }
    return inherited | {
        "DATABASE_URL": url,
        "CARAUS_URL": address,
        "CARAUS_SECRET_KEY": "of-the-cluster-" * 5,
        "CARAUS_TOKEN_KEYS": Fernet.generate_key().decode(),
        "CARAUS_LOG_READABLE": "0",
        "ANAF_CLIENT_ID": anaf.client_id,
        "ANAF_CLIENT_SECRET": anaf.client_secret,
        "ANAF_ENVIRONMENT": "test",
        # A press of a test is answered at once, however often it presses.
        "CARAUS_SYNC_NOW_SECONDS": "0",
        "CARAUS_SYNC_LIMIT": "1000/m/user",
        "ANAF_LOGIN_URL": anaf.url,
        "ANAF_API_URL": anaf.url,
        "ANAF_TIMEOUT_SECONDS": "5",
        "EMAIL_URL": "memory:",
        "PYTHONUNBUFFERED": "1",
    }


def until_responding(url: str, authority: Path | None = None, seconds: float = 90) -> None:
    import ssl

    tls = {"verify": ssl.create_default_context(cafile=str(authority))} if authority else {}

    def is_responding() -> bool:
        try:
            return client.get(url).status_code == 200
        except httpx2.HTTPError:
            return False

    with plain_http.client(timeout=5, **tls) as client:
        until(is_responding, url, seconds)


def until(condition: object, description: str, seconds: float = 90) -> None:
    """Wait for it by looking: nothing reports when a port opens or a process writes a line."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {description}"
        time.sleep(0.1)
