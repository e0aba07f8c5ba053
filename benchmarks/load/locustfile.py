"""A dispatcher's reading: the list that refreshes, a search, one UIT, Firme, Integrări.

Sessions come ready from the file that LOAD_SESSIONS names (one key a line): signing in is slow by
design and not what is measured.
"""

import itertools
import os
import random
from pathlib import Path

from locust import HttpUser, between, task

SESSIONS = itertools.cycle(Path(os.environ["LOAD_SESSIONS"]).read_text().split())
HERE = "/o/load"  # the address of the organization
UITS = Path(os.environ["LOAD_UITS"]).read_text().split()


class Dispatcher(HttpUser):
    wait_time = between(1, 3)

    def on_start(self) -> None:
        self.client.cookies.set("sessionid", next(SESSIONS))

    @task(10)
    def refresh(self) -> None:
        self.client.get(
            f"{HERE}/transporturi/", headers={"HX-Request": "true"}, name="list refreshes"
        )

    @task(4)
    def list(self) -> None:
        self.client.get(f"{HERE}/transporturi/", name="list")

    @task(3)
    def search(self) -> None:
        plate = random.randint(10, 99)
        self.client.get(f"{HERE}/transporturi/?q={plate}", name="search")

    @task(5)
    def detail(self) -> None:
        self.client.get(f"{HERE}/transporturi/{random.choice(UITS)}/", name="one UIT")

    @task(2)
    def companies(self) -> None:
        self.client.get(f"{HERE}/firme/", name="Firme")

    @task(1)
    def integrations(self) -> None:
        self.client.get(f"{HERE}/integrari/", name="Integrări")
