"""A server is known by its certificate, or it is not asked."""

from pathlib import Path

import pytest

from dsar.sdk import NeedsHuman
from tests.adapters.http.asking import SECRET, ask
from tests.adapters.http.servers import Answer, Authority, Server


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
