"""The transport asks once, in time, gives failures their names, and says nothing aloud."""

import json
import logging
import time

import pytest

from dsar.adapters.http import Client, encoded
from dsar.sdk import Later, NeedsHuman
from tests.adapters.http.asking import SECRET, ask, fails, settings
from tests.adapters.http.servers import Answer, Asked, Server
from tests.servers import free_port


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
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 900))
    failure = fails(Later, "503", lambda _: Answer(503, headers={"Retry-After": later}))
    assert 800 <= failure.wait <= 902


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
    answer = Answer(body=b"x" * 100, trickle=0.5)
    fails(Later, "in time", lambda _: answer, total_seconds=0.3, read_seconds=5)
    assert time.monotonic() - started < 25  # half of what the whole would take


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
