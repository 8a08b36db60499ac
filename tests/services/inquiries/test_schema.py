"""An answer is read strictly: what is wrong is named by its place, and no value is repeated."""

import base64
import os
from contextlib import closing
from typing import Any

import pytest

from dsar.domain.errors import BadInput
from dsar.domain.records import Done, Match
from dsar.sdk.desk import Answer, Question, Wanted
from dsar.services.inquiries import schema
from dsar.services.inquiries.files import Drop
from dsar.services.inquiries.schema import AnswerForm
from dsar.store.vault import Seal

SEAL = Seal(os.urandom(32))
FIND = AnswerForm("find", Question(), ("people", "files"))
ERASE = AnswerForm(
    "erase", Question(wanted=(Wanted("people", "1"), Wanted("people", "2"))), ("people",)
)
CANARY = "lotta.lindqvist@mail.example"


def read(given: Any, asked: AnswerForm = FIND, *, limit: int = 100) -> Answer:
    with closing(Drop(SEAL, "i", limit)) as drop:
        return schema.read(given, asked, drop)


def one(**part: Any) -> dict[str, Any]:
    row = {"collection": "people", "key": "1", "data": {"name": "Ann"}, **part}
    return {"outcome": "records", "records": [row]}


def receipts(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"outcome": "receipts", "receipts": list(rows)}


def done(key: str, how: str = "erased", **more: Any) -> dict[str, Any]:
    return {"collection": "people", "key": key, "done": how, **more}


def test_a_full_answer() -> None:
    file = {"name": "../../x/a b.png", "media_type": "image/png", "content": "aGVsbG8="}
    given = one(match="name_only", subject="4711", attachments=[file])
    given["identifiers"] = [{"kind": "email", "value": " Ann@Example.COM "}]
    answer = read(given)
    [record] = answer.records
    assert (record.match, record.subject) == (Match.NAME_ONLY, "4711")
    [attachment] = record.attachments
    assert (attachment.name, attachment.size, attachment.reference) == ("a b.png", 5, "i.1")
    assert answer.identifiers == (("email", "ann@example.com"),)


def test_receipts_come_back_in_the_order_of_the_question() -> None:
    answer = read(receipts(done("2", "kept", reason="A bill is unpaid."), done("1")), ERASE)
    assert [(r.key, r.done) for r in answer.receipts] == [("1", Done.ERASED), ("2", Done.KEPT)]


NESTED: Any = "x"
for _ in range(25):
    NESTED = [NESTED]

WRONG = [
    # given                                                   place
    (None,                                                    "answer"),
    ([],                                                      "answer"),
    ({},                                                      "outcome"),
    ({"outcome": CANARY},                                     "outcome"),
    ({"outcome": "receipts", "receipts": []},                 "outcome"),
    ({"outcome": "nothing", CANARY: 1},                       "answer"),
    ({"outcome": "cannot"},                                   "reason"),
    ({"outcome": "cannot", "reason": CANARY * 20},            "reason"),
    ({"outcome": "records"},                                  "records"),
    ({"outcome": "records", "records": []},                   "records"),
    ({"outcome": "records", "records": [CANARY]},             "records[0]"),
    (one(collection=CANARY),                                  "records[0].collection"),
    (one(collection=["people"]),                              "records[0].collection"),
    (one(key=""),                                             "records[0].key"),
    (one(key=7),                                              "records[0].key"),
    (one(key="k" * 201),                                      "records[0].key"),
    (one(data=CANARY),                                        "records[0].data"),
    (one(data={"a": NESTED}),                                 "records[0].data"),
    (one(match=CANARY),                                       "records[0].match"),
    (one(subject=""),                                         "records[0].subject"),
    (one(**{CANARY: 1}),                                      "records[0]"),
    (one(attachments=CANARY),                                 "records[0].attachments"),
    (one(attachments=[{"name": "a", "content": CANARY}]),     "records[0].attachments[0].content"),
    (one(attachments=[{"name": "a", "media_type": CANARY}]),  "records[0].attachments[0].media_type"),
    (one(attachments=[{"reference": CANARY}]),                "records[0].attachments[0].reference"),
    ({**one(), "identifiers": [{"kind": "email", "value": "no address " + CANARY}]},
                                                              "identifiers[0].value"),
    ({**one(), "identifiers": [{"kind": "email"}]},           "identifiers[0].value"),
    ({"outcome": "records", "records": one()["records"] * 2}, "records"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "place"), WRONG)
def test_what_is_wrong_is_named_by_its_place(given: Any, place: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read(given)
    assert wrong.value.field == place
    assert wrong.value.mend
    assert CANARY not in str(wrong.value)


WRONG_RECEIPTS = [
    (receipts(done("1")),                                     "1 of 2 records have no receipt"),
    (receipts(done("1"), done("1")),                          "names a record twice"),
    (receipts(done("1"), done("2"), done("3")),               "was not asked about"),
    (receipts(done("1"), done("2", "rectified")),             "none of the choices"),
    (receipts(done("1"), done("2", "kept")),                  "is missing"),
    (receipts(done("1"), done("2", "failed", reason=" ")),    "is missing"),
    ({"outcome": "records", "records": []},                   "none of the choices"),
    ({"outcome": "nothing"},                                  "none of the choices"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said"), WRONG_RECEIPTS)
def test_receipts_account_for_every_record_once(given: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(given, ERASE)


def test_files_inside_the_json_count_towards_the_limit() -> None:
    content = base64.b64encode(b"x" * 60).decode()
    files = [{"name": name, "content": content} for name in "ab"]
    with pytest.raises(BadInput, match="larger than"):
        read(one(attachments=files), limit=100)


def test_too_many_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MOST_RECORDS", 0)
    with pytest.raises(BadInput, match="more than 0"):
        read(one())
