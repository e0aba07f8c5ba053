"""All the state of one simulator, in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from anaf_simulator.calls import CallLog
from anaf_simulator.certificates import Certificate, CertificateStore
from anaf_simulator.clock import Clock
from anaf_simulator.keys import signing_key
from anaf_simulator.limits import LimitKeeper
from anaf_simulator.scenarios import Switchboard
from anaf_simulator.tokens import TokenService
from anaf_simulator.uploads import UploadStore
from anaf_simulator.world import World

DEFAULT_CLIENT_ID = "simulator-client-id"
DEFAULT_CLIENT_SECRET = "simulator-client-secret"  # noqa: S105 - it protects nothing


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line decides. No ``redirect_uris``: any loopback address is accepted."""

    seed: int = 1
    scenarios: tuple[str, ...] = ()
    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = DEFAULT_CLIENT_SECRET
    redirect_uris: tuple[str, ...] = ()
    issued_file: Path | None = None
    """Every code and token that is given out is written here, one a line: so that the logs and the
    database of a client under test can be searched for them."""


@dataclass(slots=True)
class Grant:
    """An authorization code that waits to be exchanged, within 60 s and once."""

    client_id: str
    redirect_uri: str
    certificate: Certificate
    issued_at: datetime


@dataclass(slots=True)
class Flow:
    """A visitor between the certificate and the PIN."""

    redirect_uri: str
    state: str | None
    certificate: str | None = None
    wrong_pins: int = 0


@dataclass
class Simulator:
    """The state, and the clock, that every handler gets."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)
    certificates: CertificateStore = field(default_factory=CertificateStore)
    calls: CallLog = field(default_factory=CallLog)
    limits: LimitKeeper = field(default_factory=LimitKeeper)
    uploads: UploadStore = field(default_factory=UploadStore)
    grants: dict[str, Grant] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    set_listening: Callable[[bool], Awaitable[None]] | None = None
    """Opens or closes the main port; the server provides it."""

    def __post_init__(self) -> None:
        self.world = World(self.settings.seed)
        self.tokens = TokenService(signing_key(self.settings.seed))
        self.scenarios = Switchboard(self.settings.scenarios)

    def note_issued(self, *secrets: str) -> None:
        """Append tokens and codes to the file of issued secrets, where one is wanted."""
        if self.settings.issued_file is not None:
            with self.settings.issued_file.open("a") as file:
                file.writelines(f"{secret}\n" for secret in secrets)

    def now(self) -> datetime:
        """Return the simulated moment in UTC."""
        return self.clock.now()

    def reset(self) -> None:
        """Start anew; the calls made so far are deleted too."""
        for part in (self.clock, self.certificates, self.limits, self.uploads, self.scenarios,
                     self.world, self.tokens):  # fmt: skip
            part.reset()
        self.calls.clear()
        self.grants.clear()
        self.flows.clear()
