"""What was uploaded and how far its processing is."""

import itertools
from dataclasses import dataclass
from datetime import datetime

_FIRST_INDEX = 6_000_000_001


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted file. Until ``ready_at`` it is „in prelucrare”; then ok, or nok with errors.

    ``kind``: the type ``lista`` shows: NOT, COR, DEL, CON or MVH.
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


class UploadStore:
    """The uploads of this run, by load index."""

    def __init__(self) -> None:
        self.processing_seconds: float = 3.0
        self._by_index: dict[int, Upload] = {}
        self._numbers = itertools.count(_FIRST_INDEX)

    def reset(self) -> None:
        self.processing_seconds = 3.0
        self._by_index.clear()

    def next_index(self) -> int:
        return next(self._numbers)

    def add(self, upload: Upload) -> None:
        self._by_index[upload.index] = upload

    def get(self, index: int, env: str) -> Upload | None:
        upload = self._by_index.get(index)
        return upload if upload is not None and upload.env == env else None

    def of(self, cif: str, env: str, since: datetime) -> list[Upload]:
        """Those of a fiscal code received since a moment, in order of arrival."""
        return [
            one
            for one in self._by_index.values()
            if one.cif == cif and one.env == env and one.received_at >= since
        ]
