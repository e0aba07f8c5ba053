"""What was uploaded and how far its processing is."""

import itertools
from dataclasses import dataclass
from datetime import datetime

_FIRST_INDEX = 6_000_000_001
PROCESSING = "in prelucrare"
NOT_TAKEN = "XML cu erori nepreluat de sistem"


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted file. Until ``ready_at`` it is „in prelucrare”; then ok, or nok with errors.

    ``kind``: the type ``lista`` shows: NOT, COR, DEL, CON or MVH. ``taken`` is False for what ends
    as „XML cu erori nepreluat de sistem”: it has no effect and ``lista`` does not show it.
    """

    index: int
    env: str
    cif: str
    declarant: str
    kind: str
    uit: str | None
    reference: str | None
    received_at: datetime
    ready_at: datetime
    errors: tuple[str, ...] = ()
    post_outage: bool = False
    taken: bool = True

    def state(self, now: datetime) -> str:
        """Return the ``stare`` of swagger-stare.json."""
        if now < self.ready_at:
            return PROCESSING
        if not self.taken:
            return NOT_TAKEN
        return "nok" if self.errors else "ok"

    def report(self, now: datetime) -> dict[str, object]:
        """Describe the upload for the control API."""
        return {
            "index": self.index,
            "env": self.env,
            "cif": self.cif,
            "declarant": self.declarant,
            "kind": self.kind,
            "uit": self.uit,
            "reference": self.reference,
            "received_at": self.received_at.isoformat(),
            "state": self.state(now),
            "errors": list(self.errors),
        }


class UploadStore:
    """The uploads of this run, by load index."""

    def __init__(self) -> None:
        self.processing_seconds: float = 3.0
        self._by_index: dict[int, Upload] = {}
        self._numbers = itertools.count(_FIRST_INDEX)

    def reset(self) -> None:
        """Delete all uploads."""
        self.processing_seconds = 3.0
        self._by_index.clear()

    def next_index(self) -> int:
        """Return a new load index."""
        return next(self._numbers)

    def add(self, upload: Upload) -> None:
        """Keep an upload."""
        self._by_index[upload.index] = upload

    def get(self, index: int, env: str) -> Upload | None:
        """Return the upload with this index in this environment, None without one."""
        upload = self._by_index.get(index)
        return upload if upload is not None and upload.env == env else None

    def all(self) -> list[Upload]:
        """Return the uploads of both environments, in order of arrival."""
        return list(self._by_index.values())

    def received(self, cif: str, env: str, since: datetime) -> list[Upload]:
        """Return those of a fiscal code received since a moment, in order of arrival."""
        return [
            upload
            for upload in self._by_index.values()
            if upload.cif == cif and upload.env == env and upload.received_at >= since
        ]
