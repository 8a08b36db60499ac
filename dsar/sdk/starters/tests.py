"""The tests that are written beside a new adapter, as text: they need pytest, which we do not."""

PEOPLE = '''"""people keeps the contract every adapter promises."""

import json
from pathlib import Path

import pytest
from people import People, Settings

from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World

PEOPLE = [
    {"id": 1, "email": "Ann@example.com", "name": "Ann"},
    {"id": 2, "email": "bob@example.com", "name": "Bob"},
    {"id": 3, "email": "", "name": "Nobody"},
]


class TestPeople(AdapterContract):
    several_pages = False

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        path = tmp_path / "people.json"
        path.write_text(json.dumps(PEOPLE), encoding="utf-8")
        return People(Settings(path))

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann@example.com")]),
            keys={"people": frozenset({"1"})},
            neighbour=Subject.of([("email", "bob@example.com")]),
        )

    def unreachable(self) -> Adapter:
        return People(Settings(Path("/nowhere/people.json")))
'''

HTTP = '''"""club keeps the contract every adapter promises."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from club import Club, Settings

from dsar.sdk import Adapter, Batch, Done, Item, Later, NeedsHuman, Subject
from dsar.sdk.contract import AdapterContract, World

ANN = Subject.of([("email", "ann@example.com")])


class Api(BaseHTTPRequestHandler):
    members: dict[str, str]

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        email, at = asked["email"][0], int(asked["page"][0])
        own = [key for key, one in self.members.items() if one.lower() == email]
        rows = [{"id": key, "email": self.members[key]} for key in own[at - 1 : at]]
        self.answer(200, {"members": rows, "more": len(own) > at})

    def do_DELETE(self) -> None:
        key = self.path.rpartition("/")[2]
        self.answer(409 if key == "9" else 204 if self.members.pop(key, None) else 404)

    def answer(self, status: int, value: object = None) -> None:
        status = status if self.headers["Authorization"] == "Bearer secret" else 401
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"" if value is None else json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        pass


class TestClub(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        emails = ["Ann@example.com", "bob@example.com", "ann@example.com", ""]
        api = type("Api", (Api,), {"members": {str(n): one for n, one in enumerate(emails)}})
        with ThreadingHTTPServer(("127.0.0.1", 0), api) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,)).start()
            yield Club(Settings(f"http://127.0.0.1:{server.server_port}", "secret"))
            server.shutdown()

    @pytest.fixture
    def world(self) -> World:
        bob = Subject.of([("email", "bob@example.com")])
        return World(person=ANN, keys={"members": frozenset({"0", "2"})}, neighbour=bob)

    def unreachable(self) -> Adapter:
        return Club(Settings("http://127.0.0.1:1", "secret"))

    def test_a_receipt_is_what_the_system_said(self, adapter: Club) -> None:
        receipts = list(adapter.erase(Batch("members", [Item("9"), Item("7"), Item("1")], "k")))
        assert [one.done for one in receipts] == [Done.KEPT, Done.MISSING, Done.ERASED]

    def test_who_must_do_something_is_said(self, adapter: Club) -> None:
        with pytest.raises(NeedsHuman, match="Renew this source's credentials"):
            list(Club(Settings(adapter.settings.url, "old")).find(ANN))
        with pytest.raises(Later, match="cannot be reached"):
            list(self.unreachable().find(ANN))
'''
