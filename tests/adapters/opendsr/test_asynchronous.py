"""A processor that takes its time is asked after its requests; none is lost and none is doubled."""

from typing import Any

import pytest

from dsar.adapters.opendsr import OpenDsr
from dsar.sdk import Batch, Done, Item, Later, NeedsHuman, Record, Subject
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.opendsr.conftest import Opened
from tests.adapters.opendsr.processors import ReferenceProcessor
from tests.adapters.opendsr.test_contract import ANN

PERSON = Subject.of([("email", "ann@example.com"), ("customer_number", "C1")])
KEY = f"email:sha256:{ANN}"


@pytest.fixture(autouse=True)
def _people(processor: ReferenceProcessor) -> None:
    processor.people = {
        ("email", ANN): [{"segment": "shoes"}],
        ("controller_customer_id", "C1"): [{"clicks": 7}],
    }


def search(source: OpenDsr, mark: str | None = None) -> tuple[list[Record], Later | None]:
    """What one run of the task brings, and how it was put off if it was."""
    found: list[Record] = []
    try:
        for page in source.find(PERSON, mark):
            found += page.records
    except Later as later:
        return found, later
    return found, None


def waits(source: OpenDsr, batch: Batch) -> Later:
    with pytest.raises(Later) as caught:
        source.erase(batch)
    return caught.value


def test_a_search_goes_on_from_its_checkpoint_in_another_process(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.polls = 2
    found: list[Record] = []
    mark: str | None = None
    for _ in range(5):
        records, later = search(opened(), mark)
        found += records
        if later is None:
            break
        assert later.wait == 5
        assert later.checkpoint
        mark = later.checkpoint
    assert sorted(record.key for record in found) == ["controller_customer_id:raw:C1", KEY]
    assert len(processor.taken) == 2


def test_what_is_answered_first_is_not_asked_for_again(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    source = opened()
    processor.polls = 1
    _, later = search(source)
    assert later
    slow = processor.taken[0]["subject_request_id"]
    processor.requests[slow]["polls"] = 3
    first, later = search(source, later.checkpoint)
    assert len(first) == 1
    assert later
    processor.requests[slow]["polls"] = 0
    rest, later = search(source, later.checkpoint)
    assert later is None
    assert {record.key for record in [*first, *rest]} == {KEY, "controller_customer_id:raw:C1"}
    assert len(processor.taken) == 2


def test_staff_sees_when_the_processor_expects_to_be_done(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.polls = 1
    _, later = search(opened())
    assert later
    assert later.reason == "opendsr.ads.example works on 2 request(s), expected by 2026-02-01."
    assert "ann" not in (later.checkpoint or "")


def test_erased_is_said_only_when_the_processor_says_completed(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.polls = 2
    batch = Batch("held", [Item(KEY), Item("controller_customer_id:raw:C1")], "k1")
    for _ in range(2):
        assert waits(opened(), batch).checkpoint
        assert ("email", ANN) in processor.people
    receipts = opened().erase(batch)
    assert [one.done for one in receipts] == [Done.ERASED, Done.ERASED]
    assert processor.people == {}
    assert len(processor.taken) == 2


def test_an_answer_that_was_lost_makes_no_second_request(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    """The processor takes the request and the connection breaks before it can say so."""
    batch = Batch("held", [Item(KEY)], "k1")

    def lose(asked: Asked) -> Answer | None:
        if asked.method != "POST":
            return None
        processor.fault = lambda _: None
        answer = processor.answer(asked)
        return Answer(answer.status, answer.body, answer.headers, cut=True)

    processor.fault = lose
    assert "broke off" in waits(opened(), batch).reason
    assert [one.done for one in opened().erase(batch)] == [Done.ERASED]
    assert len(processor.taken) == 1


def test_a_request_known_by_another_way_than_its_status_is_not_made_twice(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    """The status is not there yet when the batch is tried again: the duplicate is refused."""
    batch = Batch("held", [Item(KEY)], "k1")
    processor.polls = 1
    waits(opened(), batch)
    seen = 0

    def late(asked: Asked) -> Answer | None:
        nonlocal seen
        seen += asked.method == "GET" and "/requests/" in asked.path
        return Answer(404) if seen == 1 and "/requests/" in asked.path else None

    processor.fault = late
    assert [one.done for one in opened().erase(batch)] == [Done.ERASED]
    assert len(processor.taken) == 1


def test_ids_are_of_version_4_and_differ_by_batch_and_record(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    import uuid

    for key in ("k1", "k2"):
        opened().erase(Batch("held", [Item(KEY), Item("controller_customer_id:raw:C1")], key))
    ids = [body["subject_request_id"] for body in processor.taken]
    assert len(set(ids)) == 4
    assert all(uuid.UUID(one).version == 4 for one in ids)


def test_the_request_is_as_the_specification_wants_it(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    opened().erase(Batch("held", [Item(KEY)], "k1"))
    [body] = processor.taken
    assert body["regulation"] == "gdpr"
    assert body["subject_request_type"] == "erasure"
    assert body["api_version"] == "2.0"
    assert body["submitted_time"].endswith("Z")
    assert body["subject_identities"] == [
        {"identity_type": "email", "identity_value": ANN, "identity_format": "sha256"}
    ]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Item("no key"), "no key of this source"),
        (Item("email:rot13:x"), "no key of this source"),
        (Item(KEY, fields=("results",)), "not single fields"),
        (Item("ios_advertising_id:raw:x"), "no erasure for this kind"),
    ],
)
def test_what_the_processor_cannot_erase_fails_by_its_reason(
    processor: ReferenceProcessor, opened: Opened, item: Item, words: str
) -> None:
    [receipt] = opened().erase(Batch("held", [item], "k1"))
    assert receipt.done is Done.FAILED
    assert words in receipt.reason
    assert processor.taken == []


def test_a_refused_erasure_fails_with_its_status(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.fault = lambda asked: Answer(422) if asked.method == "POST" else None
    [receipt] = opened().erase(Batch("held", [Item(KEY)], "k1"))
    assert receipt.done is Done.FAILED
    assert "422" in receipt.reason


def test_a_cancelled_erasure_fails(processor: ReferenceProcessor, opened: Opened) -> None:
    batch = Batch("held", [Item(KEY)], "k1")
    processor.polls = 1
    waits(opened(), batch)
    for known in processor.requests.values():
        known["state"] = "cancelled"
    [receipt] = opened().erase(batch)
    assert receipt.done is Done.FAILED
    assert "cancelled" in receipt.reason


def test_a_cancelled_or_forgotten_search_needs_a_human(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.polls = 1
    _, later = search(opened())
    assert later
    for known in processor.requests.values():
        known["state"] = "cancelled"
    with pytest.raises(NeedsHuman, match="cancelled"):
        search(opened(), later.checkpoint)
    processor.requests.clear()
    with pytest.raises(NeedsHuman, match="does not know a request it took"):
        search(opened(), later.checkpoint)


def test_an_identifier_learnt_meanwhile_is_asked_for_too(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    source, mark = opened(), None
    processor.polls = 1
    with pytest.raises(Later) as caught:
        list(source.find(Subject.of([("email", "ann@example.com")])))
    mark = caught.value.checkpoint
    processor.polls = 0
    records, later = search(source, mark)
    assert later is None
    assert len(records) == 2


def test_portability_stands_in_for_access(processor: ReferenceProcessor, opened: Opened) -> None:
    processor.types = ["portability", "erasure"]
    records, _ = search(opened())
    assert len(records) == 2
    assert {body["subject_request_type"] for body in processor.taken} == {"portability"}


def test_a_processor_that_cannot_be_searched_is_said_to_be_so(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.types = ["erasure"]
    with pytest.raises(NeedsHuman, match="cannot be searched"):
        search(opened())
    assert "hand_on" in str(opened().check()[0])


def test_erasures_are_handed_on_unseen_where_that_is_declared(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.types = ["erasure"]
    source = opened(hand_on=True)
    assert source.check() == []
    records, _ = search(source)
    assert [record.data.get("results") for record in records] == [None, None]
    receipts = source.erase(Batch("held", [Item(record.key) for record in records], "k"))
    assert {one.done for one in receipts} == {Done.ERASED}
    assert processor.people == {}


def test_other_verbs_are_not_part_of_opendsr() -> None:
    from dsar.sdk import can

    assert not any(can(OpenDsr, verb) for verb in ("rectify", "restrict", "object_to"))


# --- results --------------------------------------------------------------------------------------


def test_results_are_handed_on_as_they_came(processor: ReferenceProcessor, opened: Opened) -> None:
    records, _ = search(opened())
    by_key: dict[str, Any] = {record.key: record.data for record in records}
    assert by_key[KEY]["results"] == [{"segment": "shoes"}]
    assert by_key[KEY]["identity_value"] == ANN


def test_results_that_are_no_json_are_an_attachment(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    zipped = Answer(body=b"PK\x03\x04 not really", headers={"content-type": "application/zip"})
    processor.results = lambda _: zipped
    source = opened()
    records, _ = search(source)
    [file] = records[0].attachments
    assert file.media_type == "application/zip"
    assert b"".join(source.read("held", records[0].key, file)) == zipped.body


@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b"[null, {}]"])
def test_empty_results_are_nothing_held(
    processor: ReferenceProcessor, opened: Opened, body: bytes
) -> None:
    processor.results = lambda _: Answer(body=body)
    processor.spoil = lambda said: {**said, "results_count": None}
    assert search(opened()) == ([], None)


def test_results_that_are_gone_or_broken_need_a_human(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    for answer, words in ((Answer(410), "no longer gives"), (Answer(body=b"{"), "malformed")):
        processor.results = lambda _, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(NeedsHuman, match=words):
            search(opened())


def test_data_without_a_place_needs_a_human(processor: ReferenceProcessor, opened: Opened) -> None:
    processor.spoil = lambda body: {**body, "results_url": None}
    with pytest.raises(NeedsHuman, match="does not say where"):
        search(opened())


def test_fewer_results_than_were_announced_are_not_all(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    def spoil(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "results_count": 250} if said.get("results_url") else said

    processor.spoil = spoil
    with pytest.raises(NeedsHuman, match="found 250 results and gives 1 of them"):
        search(opened())
