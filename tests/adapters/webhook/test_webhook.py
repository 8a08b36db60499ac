"""Another system is told once, reads the question, answers in its own time; nobody else can."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.webhook import Webhook, WebhookSettings
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import registry
from dsar.services.inquiries import links
from dsar.store.upkeep_tables import Gate
from tests.adapters.webhook.receiver import Receiver
from tests.company import EMAIL, Company, company
from tests.servers import free_port
from tests.services.inquiries.conftest import inquiries
from tests.web.served import served

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
PROTOCOL = Path(registry.__file__).parents[1] / "adapters" / "webhook" / "PROTOCOL.md"

SOURCE = """
[loyalty]
adapter = "webhook"
title = "Loyalty scheme"
url = "{url}"
plain_http = ["127.0.0.1"]
allow_private = true
secrets = ["{secret}"]
identify = ["email"]
[loyalty.collections.members]
title = "Membership"
[loyalty.collections.members.columns]
number = "Number"
email = {{ label = "E-mail address", term = "email" }}
name = {{ label = "Name", term = "given_name" }}
points = "Points"
"""

POLICY = """
[activities.loyalty]
title = "Loyalty scheme"
purpose = "To thank regular customers."
basis = "contract"
data = ["loyalty.members"]
retention = { because = "As long as there is a membership." }
"""


def members() -> dict[str, dict[str, Any]]:
    return {
        "17": {"number": "17", "email": EMAIL, "name": "Lotta", "points": 250},
        "18": {"number": "18", "email": "bo.berg@mail.example", "name": "Bo", "points": 3},
    }


@dataclass
class Pair:
    """The company with its pages served, and the other system."""

    company: Company
    other: Receiver

    def url(self) -> str:
        """The address of the newest inquiry."""
        return links.address(self.company.installation, inquiries(self.company, "loyalty")[-1].id)


@pytest.fixture
def pair(tmp_path: Path, sqlite_tables: Path) -> Iterator[Pair]:
    url = f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'dsar.sqlite')}"
    port = free_port()
    installation = f"http://127.0.0.1:{port}"
    with Receiver(SECRET, members(), installation) as other, company(tmp_path, url) as one:
        for name, text in (
            ("sources.toml", SOURCE.format(url=other.url, secret=SECRET)),
            ("policy.toml", POLICY),
        ):
            (tmp_path / name).write_text((tmp_path / name).read_text() + text)
        settings = tmp_path / "dsar.toml"
        settings.write_text(f'public_url = "{installation}"\n{settings.read_text()}')
        one.clock.now = datetime.now(UTC)  # both sides compare their clocks
        one.reopen()
        with closing(one.installation.store), served(one.installation, port):
            yield Pair(one, other)


def test_from_the_message_to_the_answer(pair: Pair) -> None:
    one = pair.company
    ref = one.ask(Right.ACCESS)
    one.work()
    assert "Asked Loyalty scheme on" in one.line(ref, "loyalty")["reason"]
    [row] = inquiries(one, "loyalty")
    assert pair.other.heard == [f"msg_{row.id}"]
    assert pair.other.work() == [201]
    one.work()
    assert (one.state(ref), one.line(ref, "loyalty")["found"]) == ("in_review", 1)
    one.act(ref, Event.APPROVE)
    one.work(render=True)
    one.act(ref, Event.DELIVER)
    assert one.state(ref) == "fulfilled"


def test_the_message_holds_nothing_of_the_person(pair: Pair) -> None:
    pair.company.ask(Right.ACCESS, words="I am Lotta")
    pair.company.work()
    [told] = pair.other.noted.values()
    assert told.keys() == {"inquiry", "verb", "answer_url", "answer_by"}
    assert EMAIL not in str(told)


def test_an_erasure_is_done_over_there_and_looked_for_again(pair: Pair) -> None:
    one = pair.company
    ref = one.ask(Right.ERASURE)
    one.work()
    pair.other.work()
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    assert pair.other.work() == [201]
    assert list(pair.other.members) == ["18"]
    one.work()
    assert one.state(ref) == "checking"
    assert pair.other.work() == [201]
    one.work()
    line = one.line(ref, "loyalty")
    assert (one.state(ref), line["outcome"], line["done"]) == ("assembling", "acted", 1)


def test_a_correction_is_written_over_there(pair: Pair) -> None:
    one = pair.company
    ref = one.ask(Right.RECTIFICATION, corrections={"given_name": "Lotte"})
    one.work()
    pair.other.work()
    one.work()
    for row in inquiries(one, "loyalty"):
        if row.verb == "restrict":  # contested data is set aside first
            url = links.address(one.installation, row.id)
            receipt = {"collection": "members", "key": "17", "done": "restricted"}
            given = {"outcome": "receipts", "receipts": [receipt]}
            assert pair.other.answer(f"msg_{row.id}", url, given) == 201
            pair.other.noted.pop(f"msg_{row.id}", None)
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    pair.other.work()
    one.work()
    pair.other.work()
    one.work()
    assert pair.other.members["17"]["name"] == "Lotte"
    assert one.line(ref, "loyalty")["outcome"] == "acted"


def test_a_message_that_did_not_arrive_is_sent_again_under_the_same_id(pair: Pair) -> None:
    one = pair.company
    pair.other.away = 2
    one.ask(Right.ACCESS)
    one.work()
    assert (pair.other.heard, inquiries(one, "loyalty")[-1].asked_at) == ([], None)
    assert any(gate.open_until for gate in one.rows(Gate))  # it is left alone for a while
    one.work_through(hours=2)
    [row] = inquiries(one, "loyalty")
    assert pair.other.heard == [f"msg_{row.id}"]
    assert row.asked_at is not None


def test_a_crash_after_sending_sends_the_same_message(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, and not yet noted as sent: the other side tells them apart by the id."""
    from dsar.services.inquiries.desk import TicketDesk

    def dies(*_: object) -> None:
        raise ConnectionResetError

    one = pair.company
    one.ask(Right.ACCESS)
    with monkeypatch.context() as broken:
        broken.setattr(TicketDesk, "asked", dies)
        one.work()
    one.work_through(hours=1)
    [row] = inquiries(one, "loyalty")
    assert pair.other.heard == [f"msg_{row.id}"] * 2
    assert len(pair.other.noted) == 1


def test_once_noted_it_is_not_sent_again(pair: Pair) -> None:
    pair.company.ask(Right.ACCESS)
    pair.company.work()
    pair.company.work_through(hours=30)
    assert len(pair.other.heard) == 1


NOTHING = {"outcome": "nothing"}


def test_the_same_answer_again_is_harmless_and_another_is_refused(pair: Pair) -> None:
    one = pair.company
    one.ask(Right.ACCESS)
    one.work()
    [name] = pair.other.noted
    url = pair.url()
    answers = [
        pair.other.answer(name, url, given)
        for given in (NOTHING, NOTHING, {"outcome": "cannot", "reason": "x"})
    ]
    assert answers == [201, 200, 409]


def test_who_has_the_address_and_not_the_secret_cannot_answer(pair: Pair) -> None:
    one = pair.company
    one.ask(Right.ACCESS)
    one.work()
    [name] = pair.other.noted
    stranger = Receiver("whsec_" + base64.b64encode(b"x" * 32).decode(), {}, "")
    stranger._server.server_close()
    assert stranger.answer(name, pair.url(), NOTHING) == 401
    assert pair.other.answer("msg_other", pair.url(), NOTHING) == 401
    late = int(datetime.now(UTC).timestamp()) - 400
    assert pair.other.answer(name, pair.url(), NOTHING, stamp=late) == 401
    assert inquiries(one, "loyalty")[-1].answered_at is None
    assert pair.other.answer(name, pair.url(), NOTHING) == 201


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "answer"),
        ({"outcome": "records", "records": [{"collection": "x"}]}, "records[0].collection"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_told_where(pair: Pair, given: Any, field: str) -> None:
    from dsar.services.inquiries import answers

    one = pair.company
    one.ask(Right.ACCESS)
    one.work()
    [name] = pair.other.noted
    assert pair.other.answer(name, pair.url(), given) == 422
    row = inquiries(one, "loyalty")[-1]
    with pytest.raises(BadInput) as wrong:
        answers.take(
            one.installation, row.id, given, answers.room_for_files(one.installation, row.id)
        )
    assert wrong.value.field == field


@pytest.mark.parametrize(
    ("status", "state"), [(404, "source_failed"), (401, "source_failed"), (429, "collecting")]
)
def test_a_refusal_of_the_message_has_a_named_end(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, status: int, state: str
) -> None:
    monkeypatch.setattr(pair.other, "hear", lambda *_: status)
    ref = pair.company.ask(Right.ACCESS)
    pair.company.work()
    assert pair.company.state(ref) == state
    reason = pair.company.line(ref, "loyalty")["reason"]
    assert SECRET not in reason
    assert EMAIL not in reason


def test_the_commands_of_the_protocol_work_as_they_stand(pair: Pair, tmp_path: Path) -> None:
    one = pair.company
    ref = one.ask(Right.ACCESS)
    one.work()
    [name] = pair.other.noted
    blocks = re.findall(r"<!-- run: \w+ -->\n```sh\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    environment = {
        **os.environ,
        "SECRET": SECRET.removeprefix("whsec_"),
        "ANSWER_URL": pair.url(),
        "ID": name,
    }
    read, answered = (
        subprocess.run(["sh", "-c", block], env=environment, capture_output=True, check=True)
        for block in blocks
    )
    assert EMAIL in read.stdout.decode()
    assert '"new":true' in answered.stdout.decode().replace(" ", "")
    one.work()
    assert one.line(ref, "loyalty")["found"] == 1


# -- settings -------------------------------------------------------------------------------------


def settings(**changed: Any) -> WebhookSettings:
    given = {"url": "https://other.example/dsar", "secrets": (SECRET,), "identify": ("email",)}
    return WebhookSettings(**{**given, **changed})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"secrets": ()}, "secrets"),
        ({"secrets": ("whsec_short",)}, "secrets"),
        ({"secrets": (SECRET, SECRET, SECRET)}, "secrets"),
        ({"identify": ()}, "identify"),
        ({"url": "http://other.example"}, "url"),
        ({}, "collections"),
    ],
)
def test_what_is_wrong_with_the_settings_is_named(changed: dict[str, Any], field: str) -> None:
    found = Webhook(settings(**changed)).check()
    assert field in [problem.field for problem in found]


def test_secrets_are_in_no_text_of_the_settings() -> None:
    assert SECRET not in repr(settings())
