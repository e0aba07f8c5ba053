"""Two web and three worker processes on one external PostgreSQL, behind the deployment's Caddy,
restarted one after another while people read and synchronize."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest

from tests import plain_http
from tests.running.cluster import EMAIL, PASSWORD, Cluster, until
from tests.simulator_process import SimulatorProcess

CUIS = ("900010100", "900020201")


@pytest.fixture(scope="module")
def cluster(simulator_process: SimulatorProcess) -> Iterator[Cluster]:
    simulator_process.reset()
    with Cluster(simulator_process) as cluster:
        cluster.run("migrate")
        companies = [word for cui in CUIS for word in ("--cui", cui)]
        cluster.run(
            *("createuser", "--email", EMAIL, "--password-stdin", "--organization", "Trans Test"),
            *companies,
            stdin=PASSWORD + "\n",
        )
        cluster.start()
        yield cluster


def token(page: httpx2.Response) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert match, page.text
    return match[1]


def post(client: httpx2.Client, path: str, page: str, **form: str) -> httpx2.Response:
    form["csrfmiddlewaretoken"] = token(client.get(page, follow_redirects=True))
    return client.post(path, data=form, headers={"Referer": str(client.base_url)})


def sign_in(cluster: Cluster) -> httpx2.Client:
    client = cluster.client()
    response = post(client, "/cont/login/", "/cont/login/", login=EMAIL, password=PASSWORD)
    assert response.status_code == 302, response.text
    return client


@pytest.fixture(scope="module")
def person(cluster: Cluster) -> Iterator[httpx2.Client]:
    """Signed in once: a password is made to take long."""
    with closing(sign_in(cluster)) as client:
        yield client


def rows(cluster: Cluster, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(cluster.database) as connection:
        return connection.execute(query.encode()).fetchall()


class People(threading.Thread):
    """One person who reads and asks ANAF anew in turns; counts what came back."""

    def __init__(self, cluster: Cluster, person: httpx2.Client) -> None:
        super().__init__(daemon=True)
        self.client = cluster.client()
        self.client.cookies = person.cookies
        page = self.client.get("/integrari/", follow_redirects=True)
        self.token, self.here = token(page), page.url.path.removesuffix("/integrari/")
        self.seen: Counter[object] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        turn = 0
        while not self.over.wait(0.4):  # reading takes a moment
            turn += 1
            try:
                if turn % 2:
                    response = self.client.post(
                        f"{self.here}/transporturi/sincronizare/",
                        data={"csrfmiddlewaretoken": self.token},
                        headers={"Referer": str(self.client.base_url)},
                    )
                else:
                    page = ("transporturi", "firme", "integrari")[turn % 3]
                    response = self.client.get(f"{self.here}/{page}/")
                self.seen[response.status_code] += 1
            except httpx2.HTTPError as error:
                self.seen[repr(error)] += 1


def test_a_rolling_restart_under_load_fails_no_request_and_loses_no_job(
    cluster: Cluster, person: httpx2.Client, simulator_process: SimulatorProcess
) -> None:
    to_anaf = post(person, "/integrari/autorizare/", "/integrari/")
    came_back = simulator_process.log_in("three", url=to_anaf.headers["location"])
    page = person.get("/anaf/callback", params=came_back)
    assert "Autorizarea a reușit" in page.text

    people = [People(cluster, person) for _ in range(3)]
    for each in people:
        each.start()
    assert [cluster.restart_web(number) for number in range(2)] == [0, 0]
    assert [cluster.restart_worker(number) for number in range(3)] == [0, 0, 0]
    for each in people:
        each.over.set()
    for each in people:
        each.join(30)
        each.client.close()

    seen: Counter[object] = sum((each.seen for each in people), Counter())
    print("answers under the rolling restart:", dict(seen))
    assert set(seen) == {200, 302}, cluster.failures()
    assert seen[302] > 5

    left = "SELECT status, task_name FROM procrastinate_jobs WHERE status IN ('doing', 'failed')"
    until(lambda: not rows(cluster, left), "jobs left or failed")
    wanted = "SELECT company_id FROM sync_syncstate WHERE requested_at IS NOT NULL"
    until(lambda: not rows(cluster, wanted), "a press that nothing came of")
    good = rows(cluster, "SELECT count(*) FROM sync_syncstate WHERE last_code = ''")
    assert good == [(len(CUIS),)]
    assert rows(cluster, "SELECT count(*) FROM transports_transport")[0][0] > 0


def test_both_web_processes_have_a_share(cluster: Cluster, person: httpx2.Client) -> None:
    def have_a_share() -> bool:
        assert person.get("/transporturi/", follow_redirects=True).status_code == 200
        return all('"route": "transporturi/"' in web.output for web in cluster.webs)

    until(have_a_share, "a request to each web process")


def test_a_requests_id_follows_into_the_jobs_log(cluster: Cluster, person: httpx2.Client) -> None:
    response = post(person, "/transporturi/sincronizare/", "/transporturi/")
    request_id = response.headers["x-request-id"]
    until(
        lambda: any(request_id in process.output for process in cluster.workers),
        "the id in a worker",
    )
    assert any(request_id in process.output for process in cluster.webs)


def test_a_web_process_behind_a_pooler_in_transaction_mode_does_all_the_same(
    cluster: Cluster, person: httpx2.Client
) -> None:
    """Each transaction gets another server connection; what a page kept in its session is gone."""
    before = cluster.pooler.transactions
    headers = {
        "Host": urlsplit(cluster.address).netloc,
        "X-Forwarded-Proto": "https",
        "Referer": cluster.address,
    }
    direct = f"http://localhost:{cluster.ports[-1]}"
    # Not in the headers: a redirect would drop them.
    cookies = {cookie.name: cookie.value or "" for cookie in person.cookies.jar}
    with plain_http.client(
        base_url=direct, headers=headers, cookies=cookies, timeout=20, follow_redirects=True
    ) as client:
        for path in ("/transporturi/", "/firme/", "/integrari/", "/organizatie/jurnal/"):
            page = client.get(path)
            assert page.status_code == 200, path
        form = {"csrfmiddlewaretoken": token(client.get("/organizatie/"))}
        exported = client.post("/organizatie/export/", data=form)
        assert "Exportul complet al organizației" in exported.text
        address = f"{exported.url.path}fisier/"
        until(lambda: client.get(address).status_code == 200, "the whole export")
        assert client.get(address).headers["content-type"] == "application/zip"
        requested = client.post("/transporturi/sincronizare/", data=form)
        assert requested.status_code == 200, requested.text
    assert cluster.pooler.transactions > before + 20


def test_the_limit_of_sign_ins_holds_over_all_web_processes(cluster: Cluster) -> None:
    """Each of the two has seen fewer wrong passwords than the limit."""
    codes = []
    with cluster.client() as client:
        for _ in range(6):
            response = post(
                client, "/cont/login/", "/cont/login/", login="cineva@example.ro", password="x"
            )
            codes.append("Prea multe încercări" in response.text)
    assert codes == [False] * 5 + [True]


def test_ready_says_what_is_missing(cluster: Cluster) -> None:
    state = plain_http.get(f"http://127.0.0.1:{cluster.ports[0]}/readyz")
    assert (state.status_code, state.json()["ready"]) == (200, True)
    with cluster.client() as client:
        assert client.get("/readyz").status_code == 404  # not for the Internet


def test_the_headers_of_safety_reach_the_browser(cluster: Cluster, person: httpx2.Client) -> None:
    with cluster.client() as client:
        headers = client.get("/cont/login/").headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert "geolocation=()" in headers["permissions-policy"]
        assert "server" not in headers
    assert {cookie.name for cookie in person.cookies.jar} >= {"sessionid", "csrftoken"}
    assert all(cookie.secure for cookie in person.cookies.jar)


def test_a_forged_host_and_a_too_large_form_are_refused(cluster: Cluster) -> None:
    direct = f"http://127.0.0.1:{cluster.ports[0]}"
    forged = plain_http.get(f"{direct}/cont/login/", headers={"Host": "evil.ro"})
    assert forged.status_code == 400
    with cluster.client() as client:
        # So little above the limit that Caddy reads the rest before it closes: of a longer one the
        # connection may be reset before the answer is read.
        big = client.post("/cont/login/", content=b"x" * 1_100_000)
        assert big.status_code == 413


def test_web_requests_are_bounded_behind_the_pooler_and_workers_are_not(cluster: Cluster) -> None:
    """The pooler's own `connect_query`, as in the example; the server's own address has none."""
    pooled, direct = cluster.webs[-1].environment["DATABASE_URL"], cluster.database
    for url, lock, statement in ((pooled, "3s", "30s"), (direct, "0", "0")):
        with psycopg.connect(url, autocommit=True) as connection:
            for name, value in (("lock_timeout", lock), ("statement_timeout", statement)):
                shown = connection.execute(f"SHOW {name}".encode()).fetchone()
                assert shown == (value,)
