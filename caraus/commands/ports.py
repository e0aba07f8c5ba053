"""Ports of this machine: whether one is free, and finding free ones."""

import os
import socket

from caraus.commands.base import CommandError
from caraus.core.environment import is_loopback


def require_free(host: str, port: int) -> None:
    """Raise CommandError with a sentence when the port can't be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except PermissionError as error:
        raise CommandError(
            f"Port {port} needs more rights than this user has. Choose one above 1023 with --port."
        ) from error
    except OSError as error:
        raise CommandError(
            f"Port {port} on {host} is taken or can't be used ({error.strerror}). "
            "Stop what uses it, or choose another with --port."
        ) from error


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that are free now and differ from one another."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def address(host: str, port: int) -> str:
    """Return the http address of a host, an IPv6 one in brackets, and a port."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def set_public_address(host: str, port: int) -> None:
    """Set CARAUS_URL, before the settings are read, to where the pages are served, unless it is
    set: links and ANAF's callback lead there."""
    if not os.environ.get("CARAUS_URL", "").strip():
        os.environ["CARAUS_URL"] = address(host if is_loopback(host) else "127.0.0.1", port)
