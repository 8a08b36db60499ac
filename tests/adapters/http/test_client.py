"""The transport asks one host only, at addresses it may stand at, in time, and says nothing aloud."""

import json
import logging
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.http import Client, HttpSettings, encoded
from dsar.adapters.http.addresses import refusal
from dsar.sdk import Later, NeedsHuman
from tests.adapters.http.servers import Answer, Asked, Authority, Server
from tests.servers import free_port

SECRET = "ann@example.com"


def settings(url: str, **given: Any) -> HttpSettings:
    """Of a test server: a host of this machine, wanted by name."""
    usual: dict[str, Any] = {"allow_private": True, "plain_http": ("127.0.0.1",)}
    return HttpSettings(url=url, **{**usual, **given})


def ask(url: str, path: str = f"/people/{SECRET}", method: str = "GET", **given: Any) -> Any:
    client = Client(settings(url, **given))
    try:
        return client.request(method, path, query=[("email", SECRET)])
    finally:
        client.close()


def fails(
    kind: type[Later | NeedsHuman], words: str, answer: Callable[[Asked], Answer], **given: Any
) -> Any:
    """The request fails by that name and those words, and without the identifier."""
    with Server(answer) as server, pytest.raises(kind, match=words) as caught:
        ask(server.url, **given)
    shown = f"{caught.value!s} {caught.value!r}"
    assert SECRET not in shown
    assert "people" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_a_plain_answer_is_given_back_with_its_headers() -> None:
    with Server(lambda _: Answer(body=b'{"a": 1}', headers={"X-Next": "2"})) as server:
        reply = ask(server.url, "/things")
    assert reply.ok
    assert reply.json() == {"a": 1}
    assert reply.headers["x-next"] == "2"
    assert server.asked[0].query == [("email", SECRET)]
    assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, NeedsHuman, "credentials"),
        (403, NeedsHuman, "right"),
        (429, Later, "wait"),
        (500, Later, "failed for the moment"),
        (503, Later, "wait"),
        (507, Later, "failed"),
    ],
)
def test_a_status_that_is_no_answer_has_its_name(
    status: int, kind: type[Later | NeedsHuman], words: str
) -> None:
    fails(kind, words, lambda _: Answer(status))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "999999"}, 3600.0),
        ({"Retry-After": "soon"}, 60.0),
        ({}, 60.0),
    ],
)
def test_retry_after_in_seconds_is_honoured_and_capped(
    headers: dict[str, str], wait: float
) -> None:
    assert fails(Later, "429", lambda _: Answer(429, headers=headers)).wait == wait


def test_retry_after_as_a_date_is_honoured() -> None:
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 90))
    failure = fails(Later, "503", lambda _: Answer(503, headers={"Retry-After": later}))
    assert 85 <= failure.wait <= 92


def test_a_redirect_stays_on_the_host_and_takes_the_credentials_along_only_there() -> None:
    def answer(asked: Asked) -> Answer:
        to = {"/people/ann%40example.com": "/b", "/b": "/c"}.get(asked.path)
        return Answer(302, headers={"Location": to}) if to else Answer()

    with Server(answer) as server:
        assert ask(server.url, "/people/ann%40example.com").ok
    assert [one.path for one in server.asked] == ["/people/ann%40example.com", "/b", "/c"]


def test_a_redirect_to_another_origin_is_refused_and_not_followed() -> None:
    with Server(lambda _: Answer()) as other:
        for place in (other.url, other.url.replace("127.0.0.1", "localhost"), "file:///etc/passwd"):
            fails(
                NeedsHuman,
                "another host",
                lambda _, to=place: Answer(302, headers={"Location": to}),
            )
        assert other.asked == []


def test_a_redirect_without_end_is_refused() -> None:
    fails(NeedsHuman, "more than 3 times", lambda _: Answer(302, headers={"Location": "/people/x"}))


def test_a_change_is_not_turned_into_a_reading_by_a_redirect() -> None:
    answer = Answer(302, headers={"Location": "/b"})
    fails(NeedsHuman, "redirects a change", lambda _: answer, method="POST")


def test_a_whole_address_of_another_host_is_never_asked() -> None:
    for url in ("https://127.0.0.1:1/x", "http://evil.example/x", "http://u:p@127.0.0.1/x"):
        with pytest.raises(NeedsHuman, match="another host"):
            Client(settings("http://127.0.0.1")).request("GET", url)


def test_a_slow_answer_ends_with_the_time_for_reading() -> None:
    fails(Later, "in time", lambda _: Answer(pause=0.5), read_seconds=0.1)


def test_a_trickle_of_bytes_ends_with_the_time_for_the_whole() -> None:
    started = time.monotonic()
    answer = Answer(body=b"x" * 100, trickle=0.05)
    fails(Later, "in time", lambda _: answer, total_seconds=0.3, read_seconds=5)
    assert time.monotonic() - started < 2


def test_a_connection_cut_in_the_middle_is_asked_again_later() -> None:
    fails(Later, "broke off", lambda _: Answer(body=b"x" * 1000, cut=True))


def test_a_system_that_is_not_there_is_asked_again_later() -> None:
    with pytest.raises(Later, match="cannot be reached"):
        ask(f"http://127.0.0.1:{free_port()}")


def test_an_answer_beyond_the_cap_is_not_read_to_its_end() -> None:
    fails(
        NeedsHuman, "more than 1,000 bytes", lambda _: Answer(body=b"x" * 5000), largest_answer=1000
    )


def test_a_compressed_answer_is_refused() -> None:
    fails(NeedsHuman, "compresses", lambda _: Answer(headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=b"{"), "malformed JSON"),
        (Answer(body=b"\xff\xfe"), "malformed JSON"),
        (Answer(body=b"[" * 100_000), "malformed JSON"),
        (Answer(headers={"Content-Type": "text/html"}), "where JSON was expected"),
    ],
)
def test_json_that_is_none_has_its_name(answer: Answer, words: str) -> None:
    with Server(lambda _: answer) as server:
        reply = ask(server.url)
    with pytest.raises(NeedsHuman, match=words):
        reply.json()


def test_json_that_no_reader_can_carry_is_made_sound() -> None:
    body = b'{"n": NaN, "big": 99999999999999999999, "inf": 1e999, "s": "\\ud800x"}'
    with Server(lambda _: Answer(body=body)) as server:
        found = ask(server.url).json()
    assert found == {"n": "NaN", "big": "99999999999999999999", "inf": "1e999", "s": "\ufffdx"}
    json.dumps(found, allow_nan=False).encode()


# --- where it may go ------------------------------------------------------------------------------


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


# --- TLS ------------------------------------------------------------------------------------------


def test_tls_is_verified_against_an_authority_of_ones_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with Server(lambda _: Answer(), authority.tls("localhost")) as server:
        assert ask(server.url, ca_file=authority.file).ok


@pytest.mark.parametrize(
    ("names", "days", "known"),
    [
        (["localhost"], 30, False),
        (["crm.example"], 30, True),
        (["localhost"], -1, True),
    ],
    ids=["unknown authority", "another host", "run out"],
)
def test_a_wrong_certificate_needs_a_human(
    tmp_path: Path, names: list[str], days: int, known: bool
) -> None:
    authority = Authority(tmp_path)
    with Server(lambda _: Answer(), authority.tls(*names, days=days)) as server:
        with pytest.raises(NeedsHuman, match="certificate we do not trust") as caught:
            ask(server.url, ca_file=authority.file if known else None)
        assert SECRET not in str(caught.value)
    assert server.asked == []


def test_a_host_that_speaks_no_tls_needs_a_human() -> None:
    with Server(lambda _: Answer()) as server, pytest.raises(NeedsHuman, match="TLS"):
        ask(server.url.replace("http:", "https:"))


def test_a_file_of_the_authority_that_is_none_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("nothing")
        with pytest.raises(NeedsHuman, match="ca_file"):
            ask("https://127.0.0.1:1", ca_file=path)


# --- what it never says ---------------------------------------------------------------------------


def test_no_address_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Server(lambda _: Answer()) as server:
        ask(server.url)
    assert SECRET not in caplog.text
    assert "people" not in caplog.text


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_that_would_change_the_path_is_refused(value: str) -> None:
    with pytest.raises(NeedsHuman, match="cannot stand in a path"):
        encoded(value)


def test_every_other_value_is_one_segment() -> None:
    assert encoded("a/../b?c#d%e ü@") == "a%2F..%2Fb%3Fc%23d%25e%20%C3%BC%40"
    with Server(lambda _: Answer()) as server:
        ask(server.url, f"/x/{encoded('a/../b?c#d%')}")
    assert server.asked[0].path == "/x/a%2F..%2Fb%3Fc%23d%25"


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
