"""The transport asks one host only, at addresses it may stand at, and never aloud without TLS."""

import re
import socket
from typing import Any

import pytest

from dsar.adapters.http import HttpSettings
from dsar.adapters.http.addresses import refusal
from dsar.sdk import Later, NeedsHuman
from tests.adapters.http.asking import ask, settings
from tests.adapters.http.servers import Answer, Server
from tests.servers import free_port


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_private_addresses_are_refused_unless_allowed(address: str) -> None:
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",
        "::",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_some_addresses_are_never_reached(address: str) -> None:
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_no_spelling_of_this_machine_is_connected_to(host: str) -> None:
    with Server(lambda _: Answer()) as server:
        with pytest.raises(NeedsHuman, match="stands at a private address"):
            ask(f"https://{host}:{server.port}", allow_private=False)
        with pytest.raises(NeedsHuman, match="stands at a private address"):
            ask(f"http://{host}:{server.port}", allow_private=False, plain_http=(host.strip("[]"),))
    assert server.asked == []


def test_the_address_that_was_judged_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: a name that is public when it is judged and private a moment later."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: Any, *_: Any, **__: Any) -> Any:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises((Later, NeedsHuman)):
        ask("https://crm.example", allow_private=False)
    assert connected == ["93.184.216.34"]


def test_one_private_address_among_public_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = ("93.184.216.34", "169.254.169.254")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NeedsHuman, match="link-local"):
        ask("https://crm.example", allow_private=True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://crm.example", "without TLS"),
        ("ftp://crm.example", "does not begin with https"),
        ("crm.example", "does not begin with https"),
        ("https://user:pass@crm.example", "credentials"),
        ("https://crm.example/?a=b", "query"),
        ("https://[::1", "not a URL"),
    ],
)
def test_a_base_url_that_cannot_be_trusted_is_a_problem(url: str, words: str) -> None:
    found = " ".join(str(one) for one in settings(url).problems())
    assert re.search(words, found)
    with pytest.raises(NeedsHuman):
        ask(url)


def test_a_public_address_is_never_asked_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NeedsHuman, match="public address and is asked without TLS"):
        ask("http://crm.example", plain_http=("crm.example",))


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    with Server(lambda _: Answer()) as server:
        assert ask(server.url).ok


def test_a_configured_proxy_is_used() -> None:
    with Server(lambda _: Answer(body=b'{"by": "proxy"}')) as proxy:
        reply = ask("http://crm.internal/v1", plain_http=("crm.internal",), proxy=proxy.url)
    assert reply.json() == {"by": "proxy"}
    assert proxy.asked[0].headers["host"] == "crm.internal"


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ({}, 'plain_http = ["127.0.0.1"] and allow_private = true.'),
        ({"allow_private": True}, 'plain_http = ["127.0.0.1"].'),
        ({"proxy": "http://proxy.example"}, 'plain_http = ["127.0.0.1"].'),
    ],
)
def test_all_that_a_system_without_tls_needs_is_named_at_once(
    given: dict[str, Any], mend: str
) -> None:
    """Only private addresses are asked without TLS: one setting without the other is not enough."""
    [problem] = HttpSettings(url="http://127.0.0.1:8080", **given).problems()
    assert str(problem) == (
        f"url: is without TLS. Use https, or for a system of your own network write {mend}"
    )
