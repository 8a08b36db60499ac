"""Until there is a sign-in, the pages answer to this machine alone and change nothing."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dsar.web.app import create
from dsar.web.security import HEADERS, Guard, host_name, is_loopback
from tests.web.filled import Filled


def client(filled: Filled, *, address: str = "127.0.0.1", host: str = "127.0.0.1") -> TestClient:
    return TestClient(
        create(filled.installation), base_url=f"http://{host}:8000", client=(address, 50000)
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_read(filled: Filled, address: str) -> None:
    assert client(filled, address=address).get("/").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["192.168.1.5", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "testclient", "0.0.0.0"],
)
def test_another_machine_is_refused_with_the_reason(filled: Filled, address: str) -> None:
    answer = client(filled, address=address).get(f"/tickets/{filled.refs['done']}")
    assert answer.status_code == 403
    assert answer.text.startswith("There is no sign-in yet")
    assert "juergen" not in answer.text


def test_the_health_check_answers_to_any_machine(filled: Filled) -> None:
    assert (
        client(filled, address="10.0.0.1", host="dsar.example").get("/healthz").status_code == 200
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_a_loopback_name_is_answered(filled: Filled, host: str) -> None:
    assert client(filled, host=host).get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5", ""]
)
def test_a_name_that_may_be_made_to_point_here_is_refused(filled: Filled, host: str) -> None:
    """DNS rebinding: the attacker's name resolves to 127.0.0.1 the second time."""
    answer = client(filled).get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert "loopback name" in answer.text


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"])
def test_whoever_comes_through_a_proxy_is_refused(filled: Filled, name: str) -> None:
    """A proxy on this machine would make the whole world look like this machine."""
    answer = client(filled).get("/", headers={name: "127.0.0.1"})
    assert answer.status_code == 403
    assert "proxy" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/static/console.css", "/nowhere"])
def test_nothing_can_be_changed(filled: Filled, method: str, path: str) -> None:
    answer = client(filled).request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


ANSWERS = [
    # path                  from           status  may be kept
    ("/",                   "127.0.0.1",   200,    "no-store"),
    ("/tickets/{done}",     "127.0.0.1",   200,    "no-store"),
    ("/tickets/{done}/bundles/1", "127.0.0.1", 200, "no-store"),
    ("/tickets/R-NONE",     "127.0.0.1",   404,    "no-store"),
    ("/nowhere",            "127.0.0.1",   404,    "no-store"),
    ("/",                   "10.0.0.1",    403,    "no-store"),
    ("/healthz",            "10.0.0.1",    200,    "no-store"),
    ("/static/console.css", "127.0.0.1",   200,    "no-cache"),
    ("/static/none.css",    "127.0.0.1",   404,    "no-cache"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "address", "status", "kept"), ANSWERS)
def test_every_answer_carries_the_safe_headers(
    filled: Filled, path: str, address: str, status: int, kept: str
) -> None:
    answer = client(filled, address=address).get(path.format(**filled.refs))
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == kept


def test_the_policy_lets_no_script_run_and_nobody_frame_a_page() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_a_socket_without_an_address_is_nobody_we_know() -> None:
    """Behind a Unix socket anybody may stand."""
    app = Guard(Starlette(routes=[Route("/", lambda _request: PlainTextResponse("in"))]))
    assert TestClient(app, base_url="http://127.0.0.1", client=("", 0)).get("/").status_code == 403


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("localhost:80", "localhost"),
        ("[::1]:8000", "::1"),
        ("[::1]", "::1"),
        ("a.example:1", "a.example"),
        ("", ""),
    ],
)
def test_a_host_header_is_read_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("name", ["127.1", "0x7f.0.0.1", "2130706433", "localhost.", "LOCALHOST.x"])
def test_only_the_plain_way_to_write_loopback_counts(name: str) -> None:
    assert not is_loopback(name)
