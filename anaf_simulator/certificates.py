"""The qualified certificates a visitor of the login page can choose, and their SPV rights."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anaf_simulator.people import BUSY, MEDIUM, SINGLE, SMALL


@dataclass(frozen=True, slots=True)
class Certificate:
    """A qualified certificate.

    ``cuis``: the fiscal codes its holder may act for in SPV (OAuth text p. 2: the rights hang on
    the serial number). ``enrolled``: ANAF knows this serial number; a renewed certificate is not
    known until its holder enrols it again. ``valid_until`` None: a year from now, always.
    """

    id: str
    holder: str
    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime | None
    cuis: tuple[str, ...]
    enrolled: bool = True
    pin: str = "1234"
    note: str = ""

    def expired(self, now: datetime) -> bool:
        """Return whether the certificate is no longer valid at `now`."""
        return self.valid_until is not None and now >= self.valid_until


_CARPATI = tuple(carrier.company.cui for carrier in (BUSY, MEDIUM, SMALL))

CERTIFICATES = (
    Certificate(
        "three", "IONESCU ȘTEFANIA-MARIA", "certSIGN Qualified CA Simulat",
        "2006051671C0FFEE01A2B3C4D5E6F701", datetime(2025, 3, 10, 8, 0, tzinfo=UTC), None,
        _CARPATI, note="drepturi SPV pentru trei CUI-uri",
    ),
    Certificate(
        "single", "CĂLIN MUȘAT-ȚURCANU", "DigiSign Qualified CA Simulat",
        "4F00A1B2C3D4E5F60718293A4B5C6D02", datetime(2025, 9, 1, 8, 0, tzinfo=UTC), None,
        (SINGLE.company.cui,), note="drepturi SPV pentru un singur CUI",
    ),
    Certificate(
        "norights", "POPA ANDREEA", "Trans Sped Qualified CA Simulat",
        "19AB00CD11EF22334455667788990003", datetime(2026, 1, 15, 8, 0, tzinfo=UTC), None,
        (), note="niciun drept în SPV",
    ),
    Certificate(
        "expired", "IONESCU ȘTEFANIA-MARIA", "certSIGN Qualified CA Simulat",
        "2006051671C0FFEE00000000000E8004", datetime(2022, 3, 9, 8, 0, tzinfo=UTC),
        datetime(2025, 3, 9, 8, 0, tzinfo=UTC), _CARPATI, note="expirat",
    ),
    Certificate(
        "renewed", "CĂLIN MUȘAT-ȚURCANU", "DigiSign Qualified CA Simulat",
        "4F00A1B2C3D4E5F60718293A4B5C9905", datetime(2026, 6, 1, 8, 0, tzinfo=UTC), None,
        (SINGLE.company.cui,), enrolled=False, note="reînnoit, neînrolat încă în SPV",
    ),
)  # fmt: skip


class CertificateStore:
    """The certificates with what control calls changed about their rights."""

    def __init__(self) -> None:
        self._by_id: dict[str, Certificate] = {}
        self.reset()

    def reset(self) -> None:
        """Put the certificates back as they are at the start."""
        self._by_id = {certificate.id: certificate for certificate in CERTIFICATES}

    def all(self) -> list[Certificate]:
        """Return all certificates."""
        return list(self._by_id.values())

    def get(self, identity: str) -> Certificate | None:
        """Return the certificate with this identity, None for an unknown one."""
        return self._by_id.get(identity)

    def by_serial(self, serial: str) -> Certificate | None:
        """Return the certificate with this serial, None for an unknown one."""
        return next(
            (certificate for certificate in self._by_id.values() if certificate.serial == serial),
            None,
        )

    def by_number(self, serial: int) -> Certificate | None:
        """Find a certificate by its serial as a number, as a TLS handshake gives it."""
        return next(
            (
                certificate
                for certificate in self._by_id.values()
                if int(certificate.serial, 16) == serial
            ),
            None,
        )

    def change(
        self, identity: str, *, cuis: tuple[str, ...] | None = None, enrolled: bool | None = None
    ) -> Certificate:
        """Change the rights, or enrol; raises KeyError for an unknown certificate."""
        certificate = self._by_id[identity]
        if cuis is not None:
            certificate = replace(certificate, cuis=cuis)
        if enrolled is not None:
            certificate = replace(certificate, enrolled=enrolled)
        self._by_id[identity] = certificate
        return certificate
