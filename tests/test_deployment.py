"""What is deployed: read by linters where it can't be run, and every command in it understood."""

import ast
import configparser
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from anaf_simulator import __main__ as simulator
from caraus.cli import _parser

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp"} | environment,
    )


@pytest.mark.process
def test_compose_fits_its_schema() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.process
def test_caddy_understands_its_file() -> None:
    done = run(
        *("caddy", "validate", "--config", "deploy/Caddyfile", "--adapter", "caddyfile"),
        CARAUS_SITE="caraus.example.ro",
        CARAUS_UPSTREAMS="web:8000",
    )
    assert done.returncode == 0, done.stderr


def test_the_image_is_made_in_stages_and_runs_as_nobody_special() -> None:
    parser = DockerfileParser(path=str(ROOT / "Dockerfile"))
    steps = [(part["instruction"], part["value"]) for part in parser.structure]
    bases = [value for name, value in steps if name == "FROM"]
    assert len(bases) == 2
    assert all(re.search(r":[\w.-]*\d", base) and "latest" not in base for base in bases)
    assert [value for name, value in steps if name == "USER"] == ["caraus"]
    names = [name for name, _ in steps]
    assert names.index("USER") < names.index("CMD")
    health = next(value for name, value in steps if name == "HEALTHCHECK")
    assert "/healthz" in health
    copied = {value.split()[0] for name, value in steps if name == "COPY" and "--from" not in value}
    assert all((ROOT / source).exists() for source in copied)
    let_in = (ROOT / ".dockerignore").read_text()
    assert all(f"!{source.removeprefix('./')}" in let_in for source in copied - {"pyproject.toml"})


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each `caraus …` of the deployment and its documents, as words."""
    for unit in UNITS:
        for line in unit.read_text().splitlines():
            if match := re.search(r"^ExecStart=.*?bin/caraus ([^'\n]+)", line):
                yield (
                    unit.name,
                    shlex.split(re.sub(r"\$\(.*?\)", "today", match[1]).replace("%i", "8001")),
                )
    for line in (ROOT / "compose.yaml").read_text().splitlines():
        if match := re.search(r"command: \[caraus, (.*)\]", line):
            yield "compose.yaml", [word.strip(' "') for word in match[1].split(",")]
    command = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert command
    yield "Dockerfile", json.loads(command[1])[1:]
    for name in ("going-live.md", "punere-in-functiune.md", "operating.md"):
        text = (ROOT / "docs" / name).read_text().replace("\\\n", " ")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            for line in block.splitlines():
                if match := re.search(r"(?:^|bin/|web |worker )caraus (\w.*?)(?:\s+#.*)?$", line):
                    yield name, shlex.split(match[1])


@pytest.mark.parametrize(("where", "words"), list(commands()))
def test_every_command_that_is_deployed_exists(where: str, words: list[str]) -> None:
    if words[0] == "simulator":  # another program, with options of its own
        assert simulator._parser().parse_args(words[1:]).port
    else:
        assert _parser().parse_args(words).run


# What the guides of an administrator have in common: commands, steps, fields, names in the text.
IN_BOTH_GUIDES = (r"```sh\n(.*?)```", r"^(## \d*)", r"^\| ([A-Z].*?) \|$", r"(?<!`)`([^`]+)`(?!`)")


def test_the_romanian_guide_says_what_the_english_one_says() -> None:
    english, romanian = (
        (ROOT / "docs" / name).read_text() for name in ("going-live.md", "punere-in-functiune.md")
    )
    for regex in IN_BOTH_GUIDES:
        pattern = re.compile(regex, re.DOTALL | re.MULTILINE)
        assert sorted(pattern.findall(romanian)) == sorted(pattern.findall(english))
        assert pattern.findall(english)


# What every unit must say, and so cannot do.
HARDENED = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",  # writes nowhere but in its own state
    "ProtectHome": "true",
    "ProtectProc": "invisible",  # sees no other user's processes
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "PrivateUsers": "true",
    "PrivateIPC": "true",
    "ProtectKernelTunables": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelLogs": "true",
    "ProtectControlGroups": "true",
    "ProtectClock": "true",
    "ProtectHostname": "true",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "RestrictRealtime": "true",
    "RemoveIPC": "true",
    "LockPersonality": "true",
    "MemoryDenyWriteExecute": "true",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "~@privileged @resources",  # the last of two lines
    "SystemCallErrorNumber": "EPERM",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "DevicePolicy": "closed",
    "KeyringMode": "private",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
}


def service_of(unit: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return parser["Service"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_units_run_as_an_ordinary_user_with_little_reach(unit: Path) -> None:
    service = service_of(unit)
    assert service["User"] == service["Group"] == "caraus"
    assert {name: service.get(name) for name in HARDENED} == HARDENED
    assert "SystemCallFilter=@system-service\nSystemCallFilter=~@" in unit.read_text()
    assert service["MemoryMax"].endswith("%")
    assert int(service["TasksMax"]) >= 128


@pytest.mark.process
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_the_units_little_exposed(unit: Path, tmp_path: Path) -> None:
    """At most 2.0 of 10. Where there is no systemd to ask, the table above stands for it."""
    instance = tmp_path / unit.name.replace("@.", "@1.")
    instance.write_text(unit.read_text())
    tool = shutil.which("systemd-analyze")
    if not tool:
        assert {name: service_of(unit).get(name) for name in HARDENED} == HARDENED
        return
    done = subprocess.run(
        [tool, "security", "--offline=true", "--threshold=20", "--no-pager", str(instance)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_a_full_disk_never_ends_the_tries_of_a_service() -> None:
    for unit in UNITS:
        if "Restart=always" in unit.read_text():
            assert "StartLimitIntervalSec=0" in unit.read_text()


def test_secrets_of_an_installation_are_not_committed() -> None:
    """What the guide makes in the work tree."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/caraus.env", "/.env", "/secrets/"} <= set(lines)


def test_caddy_gets_nothing_but_its_own_variables() -> None:
    text = (ROOT / "compose.yaml").read_text()
    caddy = text[text.index("\n  caddy:") : text.index("\nsecrets:")]
    assert "env_file" not in caddy
    passed = re.findall(r"^      ([A-Z_]+):", caddy, re.MULTILINE)
    read = re.findall(r"\{\$([A-Z_]+)\}", (ROOT / "deploy" / "Caddyfile").read_text())
    assert sorted(passed) == sorted(set(read))


def test_images_and_tools_are_held_to_a_version() -> None:
    images = re.findall(r"^    image: (\S+)$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)
    dockerfile = (ROOT / "Dockerfile").read_text()
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(images) == 4
    assert all(re.search(r":\d+\.\d+", image) for image in images)
    assert re.search(r'"uv==\d+\.\d+\.\d+"', dockerfile)


def test_the_administrators_command_is_the_services_own() -> None:
    """The same user, settings, data and program as the unit's."""
    wrapper = (ROOT / "deploy" / "caraus").read_text()
    unit = (ROOT / "deploy" / "systemd" / "caraus.service").read_text()
    assert os.access(ROOT / "deploy" / "caraus", os.X_OK)
    for setting, wrapper_part in (
        ("User=(.*)", "-u {} --"),
        ("EnvironmentFile=(.*)", "CARAUS_ENV_FILE={} "),
        ("Environment=(CARAUS_DATA_DIR=.*)", "{} "),
        ("ExecStart=(\\S+)", '{} "$@"'),
    ):
        match = re.search(f"^{setting}$" if "S+" not in setting else setting, unit, re.MULTILINE)
        assert match
        assert wrapper_part.format(match[1]) in wrapper


@pytest.mark.process
def test_the_documents_are_built_without_a_warning(tmp_path: Path) -> None:
    done = run("mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    assert "Cărăuș" in (tmp_path / "site" / "going-live.html").read_text()


def test_every_setting_is_documented() -> None:
    """A name that the code reads from the environment stands in the README's table, once; and so
    does each secret's file."""
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| (`[A-Z].*?) \|", readme.split("## Environment")[1], re.MULTILINE)
    documented = re.findall(r"`([A-Z_]+)`", " ".join(rows))
    assert sorted(set(documented)) == sorted(documented)
    code = "".join(path.read_text() for path in (ROOT / "caraus").rglob("*.py"))
    read = set(re.findall(r'"((?:CARAUS|ANAF|EMAIL|SENTRY|DATABASE)_[A-Z_]+)"', code))
    inside = {"CARAUS_DEBUG", "CARAUS_EMBEDDED_FSYNC"}  # for those who work on the code
    parts_of_an_address = {name for name in read if name.startswith("EMAIL_")} - {"EMAIL_URL"}
    assert read - inside - parts_of_an_address == set(documented)
    secrets = set(re.findall(r'\bsecret\(\s*"([A-Z_]+)"', code))
    by_file = readme.split("Secrets may come by file")[1].split(".\n")[0]
    assert {f"{name}_FILE" for name in secrets} == set(re.findall(r"`([A-Z_]+)`", by_file))


def shipped() -> set[str]:
    """Return what `uv sync --no-dev --all-extras` installs, by the lock: the product's own needs
    and theirs."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    packages_by_name = {package["name"]: package for package in packages}
    reached: set[str] = set()
    ahead = ["caraus"]
    while ahead:
        if (name := ahead.pop()) in reached:
            continue
        reached.add(name)
        locked = packages_by_name[name]
        extras = [
            need for needs in locked.get("optional-dependencies", {}).values() for need in needs
        ]
        ahead += [need["name"] for need in [*locked.get("dependencies", []), *extras]]
    return reached


def test_what_runs_imports_nothing_that_only_developers_have() -> None:
    """Every import of the product is in what a server installs."""
    installed = shipped()
    assert "pytest" not in installed
    owners = importlib.metadata.packages_distributions()
    missing = set()
    for path in [*(ROOT / "caraus").rglob("*.py"), *(ROOT / "anaf_simulator").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import():
                    names = [alias.name for alias in node.names]
                case ast.ImportFrom(module=str(module), level=0):
                    names = [module]
                case _:
                    continue
            for top in {name.split(".")[0] for name in names} & owners.keys():
                owning = {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners[top]}
                if not owning & installed:
                    missing.add(f"{path.relative_to(ROOT)}: {top}")
    assert not missing


@pytest.mark.process
def test_the_proxy_passes_on_whole_requests_and_lets_the_slow_go() -> None:
    """As Caddy understands its file, in JSON."""
    done = run(
        *("caddy", "adapt", "--config", "deploy/Caddyfile", "--adapter", "caddyfile"),
        CARAUS_SITE="caraus.example.ro",
        CARAUS_UPSTREAMS="web:8000",
    )
    assert done.returncode == 0, done.stderr
    (server,) = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    second = 10**9
    assert server["read_header_timeout"] == 10 * second
    assert server["read_timeout"] == 15 * second
    text = json.dumps(server)
    assert '"request_buffers": 1048576' in text
    assert '"response_buffers": 4194304' in text
    assert '"max_size": 1000000' in text
    assert f'"idle_timeout": {30 * second}' in text  # of the connections to the web processes
