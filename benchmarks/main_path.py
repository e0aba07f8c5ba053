"""The main path measured: from a fresh clone to UITs on the screen, memory at rest, lines of code.

    uv run python benchmarks/main_path.py

Prints seconds (packages come from uv's cache: downloads are excluded), the proportional set size
of the processes at rest, and the lines of Python per folder. Needs git, uv and Linux.
"""

import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import httpx2
import psutil

from tests.e2e.demo_process import DemoProcess
from tests.folders import make_folder

ROOT = Path(__file__).resolve().parent.parent
CUI = "900010100"


def main() -> None:
    top = make_folder("caraus-benchmark-")
    top.chmod(0o755)
    try:
        clone_seconds = clone_and_sync(top)
        started = time.monotonic()
        with DemoProcess(top / "data") as demo:
            ready = time.monotonic() - started
            seen = authorize_and_wait(demo)
            time.sleep(10)  # at rest: no poll is under way
            memory(demo.pid, demo.folder)
        print(f"clone and environment:            {clone_seconds:6.1f} s (packages cached)")
        print(f"caraus demo until it is ready:    {ready:6.1f} s (a new database)")
        print(f"callback until the UITs are shown:{seen:6.1f} s")
    finally:
        shutil.rmtree(top)
    lines()


def clone_and_sync(top: Path) -> float:
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    started = time.monotonic()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(top / "clone")], check=True)
    subprocess.run([uv, "sync", "-q"], cwd=top / "clone", check=True)
    return time.monotonic() - started


def authorize_and_wait(demo: DemoProcess) -> float:
    """Sign in and authorize as a browser does; seconds from the callback to the first list."""
    with httpx2.Client(trust_env=False, timeout=20) as http:
        submit(
            http, f"{demo.address}/cont/login/", login="demo@caraus.example", password="demo-caraus"
        )
        to_anaf = submit(http, f"{demo.address}/integrari/", "/integrari/autorizare/")
        flow = hidden(http.get(to_anaf).text, "flow")
        at = to_anaf.split("?")[0]
        page = http.post(
            f"{at}/certificate", data={"flow": flow, "certificate": "three", "action": "continue"}
        )
        flow = hidden(page.text, "flow")
        back = http.post(f"{at}/pin", data={"flow": flow, "pin": "1234", "action": "continue"})
        started = time.monotonic()
        http.get(back.headers["location"])
        expected = demo.active(CUI)
        while time.monotonic() - started < 60:
            page = http.get(f"{demo.address}/transporturi/?firma={CUI}", follow_redirects=True)
            if expected <= set(re.findall(r'data-uit="([^"]+)"', page.text)):
                return time.monotonic() - started
            time.sleep(0.1)
    raise SystemExit("the UITs did not appear within a minute")


def submit(http: httpx2.Client, page: str, action: str = "", **form: str) -> str:
    token = hidden(http.get(page, follow_redirects=True).text, "csrfmiddlewaretoken")
    address = str(httpx2.URL(page).join(action)) if action else page
    return http.post(address, data=form | {"csrfmiddlewaretoken": token}).headers["location"]


def hidden(text: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]+)"', text)
    assert match, text
    return match[1]


def memory(pid: int, folder: Path) -> None:
    """Proportional set sizes: pages that processes share are counted once."""
    sums: dict[str, float] = defaultdict(float)
    demo = psutil.Process(pid)
    processes = psutil.process_iter(["cmdline"])
    servers = [p for p in processes if str(folder / "postgres") in (p.info["cmdline"] or [])]
    postgres = [*servers, *(child for server in servers for child in server.children())]
    for process in [*demo.children(recursive=True), *postgres]:
        command = " ".join(process.cmdline())
        part = next(
            (name for name in ("anaf_simulator", "cli web", "cli worker") if name in command),
            "postgres" if process in postgres else "other",
        )
        sums[part] += process.memory_full_info().pss / 2**20
    for part, size in sorted(sums.items()):
        print(f"memory at rest, {part:<18}{size:6.0f} MiB")


def lines() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.html", "*.css", "*.js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    counts: dict[str, int] = defaultdict(int)
    for name in listed.stdout.split():
        parts = Path(name).parts
        folder = (
            "/".join(parts[:2]) if parts[0] in {"caraus", "tests"} and len(parts) > 2 else parts[0]
        )
        counts[folder] += len((ROOT / name).read_text(encoding="utf-8").splitlines())
    for folder, count in sorted(counts.items()):
        print(f"{folder:<24}{count:6d} lines")
    print(f"{'in all':<24}{sum(counts.values()):6d} lines")


if __name__ == "__main__":
    sys.exit(main())
