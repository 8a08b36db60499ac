"""A small system is asked in time, under a cap and alone; each refusal has its name."""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsar.sdk import Adapter, Later, NeedsHuman, Page, Record, Subject
from dsar.sdk.http import Reply, fetch
from tests.adapters.http.servers import Answer, Asked, Authority, Server
from tests.sdk.sound import Settings, Sound

PERSON = "ann@example.com"


def answered(answer: Callable[[Asked], Answer], **given: Any) -> tuple[Reply, list[Asked]]:
    with Server(answer) as server:
        return fetch(server.url, "people", query={"email": PERSON}, **given), server.asked


def fails(kind: type[Exception], words: str, answer: Answer, **given: Any) -> Any:
    with pytest.raises(kind, match=words) as failed:
        answered(lambda _: answer, **{"token": "secret", **given})
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    for shown in (str(failed.value), repr(failed.value)):
        assert PERSON not in shown
        assert "secret" not in shown
    return failed.value


def test_what_is_asked_and_what_comes_back() -> None:
    reply, [asked] = answered(lambda _: Answer(body=b'{"n": NaN}'), token="secret")
    assert (reply.status, reply.json()) == (200, {"n": "NaN"})
    assert (asked.method, asked.path, asked.query) == ("GET", "/people", [("email", PERSON)])
    assert asked.headers["authorization"] == "Bearer secret"


def test_a_body_is_sent_as_json_and_a_key_is_one_segment() -> None:
    with Server(lambda _: Answer(204, b"")) as server:
        fetch(f"{server.url}/v1/", "people", "../x?a=b", method="PATCH", body={"name": "Ann"})
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PATCH", "/v1/people/..%2Fx%3Fa%3Db")
    assert json.loads(asked.body) == {"name": "Ann"}
    assert asked.headers["content-type"] == "application/json"


def test_a_pace_is_kept_for_a_system_whoever_asks_it() -> None:
    """Adapters are made anew for every task: the pace is the process's, and each system's own."""
    with Server(lambda _: Answer()) as one, Server(lambda _: Answer()) as other:
        begun = time.monotonic()
        for _ in range(5):
            fetch(one.url, per_second=20)
        assert time.monotonic() - begun >= 4 / 20
        begun = time.monotonic()
        fetch(other.url, per_second=0.1)
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_key_that_would_be_another_address_is_not_asked_for(key: str) -> None:
    with Server(lambda _: Answer()) as server, pytest.raises(NeedsHuman, match="cannot stand"):
        fetch(server.url, "people", key, method="DELETE")
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, NeedsHuman, "credentials"),
        (403, NeedsHuman, "right to do it"),
        (404, NeedsHuman, "refuses what we ask"),
        (409, NeedsHuman, "refuses what we ask"),
        (202, NeedsHuman, "only promised"),
        (408, Later, "failed for the moment"),
        (429, Later, "asks us to wait"),
        (500, Later, "failed for the moment"),
        (503, Later, "asks us to wait"),
        (599, Later, "failed for the moment"),
    ],
)
def test_a_status_is_raised_unless_the_caller_judges_it(
    status: int, kind: type[Exception], words: str
) -> None:
    fails(kind, words, Answer(status))
    assert answered(lambda _: Answer(status), also=(status,))[0].status == status


def test_a_system_says_how_long_to_wait() -> None:
    assert fails(Later, "429", Answer(429, headers={"Retry-After": "7"})).wait == 7


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(pause=0.5), Later, "not answer in time"),
        (Answer(body=bytes(101)), NeedsHuman, "more than 100 bytes"),
        (Answer(body=bytes(90), cut=True), Later, "broke off"),
        (Answer(body=b"[]", headers={"Content-Length": "40"}), Later, "broke off|in time"),
    ],
)
def test_an_answer_that_is_late_too_long_or_cut_is_none(
    answer: Answer, kind: type[Exception], words: str
) -> None:
    fails(kind, words, answer, seconds=0.2, largest=100)


def test_a_longest_answer_is_read_whole() -> None:
    assert len(answered(lambda _: Answer(body=bytes(100)), largest=100)[0].body) == 100


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b"[" * 200_000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    reply, _ = answered(lambda _: Answer(body=body))
    with pytest.raises(NeedsHuman, match="answers no JSON"):
        reply.json()


def test_a_redirect_is_followed_on_the_same_host_alone() -> None:
    moved = {"/people": Answer(302, headers={"Location": "/persons"})}
    reply, asked = answered(lambda one: moved.get(one.path, Answer()), token="secret")
    assert (reply.status, [one.path for one in asked]) == (200, ["/people", "/persons"])
    with Server(lambda _: Answer()) as other:
        for place in (other.url, other.url.replace("127.0.0.1", "localhost"), "file:///etc/passwd"):
            fails(NeedsHuman, "redirects us|refuses", Answer(302, headers={"Location": place}))
        assert other.asked == []


def test_a_change_is_not_redirected() -> None:
    for status in (302, 307, 308):
        fails(NeedsHuman, "redirects us", Answer(status, headers={"Location": "/b"}), method="POST")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "is none"),
        ("ftp://127.0.0.1/x", "is none"),
        ("https://", "is none"),
        ("https://ann:secret@host.example", "is none"),
        ("https://[half", "is none"),
        ("https://host.example/?a=b", "is none"),
        ("http://host.example", "without TLS"),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused(url: str, words: str) -> None:
    with pytest.raises(NeedsHuman, match=words) as failed:
        fetch(url, token="secret")
    assert "secret" not in str(failed.value)


def test_a_name_of_our_own_network_may_be_asked_without_tls_where_that_is_said() -> None:
    with pytest.raises((Later, NeedsHuman), match="no-such-host"):
        fetch("http://no-such-host.invalid", plain_http=True, seconds=5)


def test_nobody_there_is_a_matter_of_patience() -> None:
    server = Server(lambda _: Answer())
    server.unused()
    with pytest.raises(Later, match=r"127\.0\.0\.1 cannot be reached"):
        fetch(server.url)


def test_a_token_that_cannot_be_sent_is_not_shown() -> None:
    fails(NeedsHuman, "headers", Answer(), token="secret\r\nX: 1")


def test_a_certificate_nobody_trusts_is_a_persons_matter(tmp_path: Path) -> None:
    tls: ssl.SSLContext = Authority(tmp_path).tls("localhost")
    with (
        Server(lambda _: Answer(), tls) as server,
        pytest.raises(NeedsHuman, match="certificate we do not trust"),
    ):
        fetch(server.url)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert answered(lambda _: Answer())[0].status == 200
    fails(Later, "cannot be reached", Answer(), proxy="http://127.0.0.1:1")


def test_a_time_to_wait_that_is_a_date_counts_by_the_systems_clock() -> None:
    then = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 90))
    assert 85 <= fails(Later, "503", Answer(503, headers={"Retry-After": then})).wait <= 92


# --- an adapter that leaves `check` out -----------------------------------------------------------


class Asking(Adapter):
    """Answers whatever the test says to whoever is asked for."""

    name, title, identifies_by, Settings = "asking", "Asking", ("email", "number"), dict

    def collections(self) -> list[Any]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Any:
        assert set(subject.identifiers) == {"email", "number"}
        if isinstance(self.settings, Exception):
            raise self.settings
        yield Page(self.settings)


def test_a_busy_source_is_checked_again_before_it_is_called_a_problem() -> None:
    class Busy(Sound):
        left = 2

        def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
            self.left -= 1
            if self.left >= 0:
                raise Later("It asks us to wait.", wait=self.settings.wait)
            return super().find(subject, checkpoint)

    @dataclass
    class Waits(Settings):
        wait: float = 0.01

    busy = Busy(Waits())
    assert Adapter.check(busy) == []
    [problem] = Adapter.check(Busy(Waits(wait=60)))
    assert problem.problem == "It asks us to wait."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([], ""),
        ([Record("people", "1", {})], "somebody who is nobody"),
        (NeedsHuman("The token is old."), "asking: The token is old."),
        (Later("It is down."), "asking: It is down."),
        (Later("It has begun to look.", checkpoint="job 1"), ""),
    ],
    ids=repr,
)
def test_a_source_without_a_check_of_its_own_is_searched_for_nobody(
    answer: Any, words: str
) -> None:
    problems = Asking(answer).check()
    assert bool(problems) == bool(words)
    assert words in " ".join(map(str, problems))
