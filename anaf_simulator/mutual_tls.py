"""The login over TLS with client certificates, as logincert.anaf.ro asks for them (OAuth text
p. 25: the browser shows the certificates installed on the machine).

The authority and all keys are made anew at each start and written into a folder of the caller's:
``authority.pem``, and for each certificate ``ID.pem`` and ``ID.key``. They protect nothing.
"""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from anaf_simulator.certificates import Certificate

_LIFE = datetime.timedelta(days=2)
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the server needs: its own certificate with key, and whom it trusts."""

    certificate: Path
    key: Path
    authority: Path


def make_files(folder: Path, certificates: list[Certificate], host: str) -> TlsFiles:
    """Make the authority, the server's certificate and one for each holder that is not expired."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Autoritate de test a simulatorului ANAF")
    authority = (
        _builder(name, name, key.public_key(), x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "authority.pem", authority.public_bytes(serialization.Encoding.PEM))
    issuer = _Issuer(folder, key, authority)
    issuer.issue("server", host, x509.random_serial_number(), _names(host))
    for certificate in certificates:
        if certificate.valid_until is None:
            issuer.issue(certificate.id, certificate.holder, int(certificate.serial, 16), None)
    return TlsFiles(folder / "server.pem", folder / "server.key", folder / "authority.pem")


@dataclass(frozen=True, slots=True)
class _Issuer:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    authority: x509.Certificate

    def issue(
        self, file: str, holder: str, serial: int, names: x509.SubjectAlternativeName | None
    ) -> None:
        """Issue for a server when ``names`` are given, else for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = _builder(_name(holder), self.authority.subject, key.public_key(), serial)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        ).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
            critical=False,
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        signed = builder.sign(self.key, hashes.SHA256())
        _write(self.folder / f"{file}.pem", signed.public_bytes(serialization.Encoding.PEM))
        _write(
            self.folder / f"{file}.key",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names(host: str) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
