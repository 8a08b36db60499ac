"""A search names each thing that can go wrong in an answer, and never hands on another's record."""

import json
from typing import Any

import pytest

from dsar.adapters.rest import Rest
from dsar.sdk import Later, Match, NeedsHuman, Record, Subject
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.rest.apis import Crm, Desk, Shop, give
from tests.adapters.rest.declared import Table, opened, table

ANN = Subject.of([("email", "ann.lee@example.com")])


def find_of(declared: Table, name: str = "contacts") -> Table:
    found: Table = declared["collections"][name]["find"]
    return found


def only(declared: Table, name: str) -> Table:
    return {**declared, "collections": {name: declared["collections"][name]}}


def records(source: Rest, subject: Subject = ANN, mark: str | None = None) -> list[Record]:
    try:
        return [record for page in source.find(subject, mark) for record in page.records]
    finally:
        source.close()


def keys(source: Rest, subject: Subject = ANN) -> list[str]:
    return [f"{record.collection} {record.key}" for record in records(source, subject)]


def refused(source: Rest, words: str, kind: type[Exception] = NeedsHuman) -> Any:
    """The search fails by that name, without an identifier in its words."""
    with pytest.raises(kind, match=words) as caught:
        records(source)
    assert "ann.lee" not in str(caught.value).lower()
    return caught.value


def contacts(*rows: Any, **rest: Any) -> Answer:
    return give({"data": list(rows), "has_more": False, **rest})


def contact(number: int, email: str = "ann.lee@example.com") -> dict[str, Any]:
    return {"id": number, "properties": {"email": email}}


# --- whose record it is ---------------------------------------------------------------------------


def test_another_persons_record_in_the_answer_stops_the_search(crm: Crm) -> None:
    crm.fault = lambda _: contacts(contact(1), contact(2, "bob@example.com"))
    refused(opened(table("rest_crm", crm)), "another person's record")


@pytest.mark.parametrize(
    "email", ["ann.lee@example.com.evil", "ann.lee+x@example.com", None, ["bob@example.com"], 7, ""]
)
def test_a_record_that_does_not_carry_the_identifier_exactly_is_anothers(
    crm: Crm, email: Any
) -> None:
    crm.fault = lambda _: contacts({"id": 1, "properties": {"email": email}})
    refused(opened(only(table("rest_crm", crm), "contacts")), "another person's record")


def test_a_fuzzy_search_leaves_out_what_is_only_similar(desk: Desk) -> None:
    found = keys(opened(only(table("rest_desk", desk), "users")))
    assert sorted(found) == ["users u1", "users u4", "users u6", "users u8"]


def test_a_record_of_a_link_must_carry_the_link(shop: Shop) -> None:
    def fault(asked: Asked) -> Answer | None:
        order = {"id": 104, "customer_id": 2}
        return give([order]) if asked.path.endswith("/orders") else None

    shop.fault = fault
    refused(opened(table("rest_shop", shop)), "one of orders does not carry")


def test_what_an_identifier_leads_to_is_derived_from_it(shop: Shop) -> None:
    found = {record.collection: record for record in records(opened(table("rest_shop", shop)))}
    assert found["customers"].match is Match.VERIFIED_IDENTIFIER
    assert found["orders"].match is Match.DERIVED_KEY
    assert found["orders"].subject


def test_a_shared_identifier_and_what_it_leads_to_go_to_a_person(shop: Shop) -> None:
    declared = table("rest_shop", shop)
    find_of(declared, "customers")["shared"] = True
    found = records(opened(declared))
    assert {record.collection for record in found} == {"customers", "orders"}
    assert {record.match for record in found} == {Match.NAME_ONLY}


def test_a_search_by_name_is_weak_and_brings_no_identifiers(crm: Crm) -> None:
    declared = only(table("rest_crm", crm), "contacts")
    way = {**find_of(declared), "by": "name", "query": {"q": "{identifier}"}, "pages": "none"}
    way["match"] = "properties.name"
    declared["collections"]["contacts"]["find"] = [way]
    row = {"id": 1, "properties": {"name": "Ann Lee", "number": "C1"}}
    crm.fault = lambda _: contacts(row)
    source = opened(declared)
    [page] = source.find(Subject.of([("name", "Ann Lee")]))
    assert [record.match for record in page.records] == [Match.NAME_ONLY]
    assert page.identifiers == ()
    source.close()


def test_further_identifiers_are_brought_along(crm: Crm) -> None:
    source = opened(table("rest_crm", crm))
    found = {pair for page in source.find(ANN) for pair in page.identifiers}
    assert ("customer_number", "C1") in found
    assert source.gives == ("customer_number",)
    source.close()


def test_a_record_found_by_two_identifiers_is_given_once(crm: Crm) -> None:
    declared = only(table("rest_crm", crm), "contacts")
    declared["collections"]["contacts"]["find"] = [
        {**find_of(declared), "match": ["properties.email", "properties.other"]}
    ]
    both = {"id": 1, "properties": {"email": "ann.lee@example.com", "other": "ann@home.example"}}
    crm.fault = lambda _: contacts(both, has_more=False)
    two = Subject.of([("email", "ann.lee@example.com"), ("email", "ann@home.example")])
    assert keys(opened(declared), two) == ["contacts 1"]


@pytest.mark.parametrize(
    ("kind", "held", "asked", "more"),
    [
        ("email", " Ann.Lee@Example.com", "ann.lee@example.com", {"fold": []}),
        ("phone", "030 / 0074321", "+49300074321", {"region": "DE"}),
        ("account", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
         "6ba7b810-9dad-11d1-80b4-00c04fd430c8", {}),
    ],
)  # fmt: skip
def test_an_identifier_is_known_again_in_whatever_form_it_is_answered(
    crm: Crm, kind: str, held: str, asked: str, more: Table
) -> None:
    declared = only(table("rest_crm", crm), "contacts")
    declared["collections"]["contacts"] |= more
    find_of(declared)["by"] = kind
    crm.fault = lambda _: contacts(contact(1, held))
    assert keys(opened(declared), Subject.of([(kind, asked)])) == ["contacts 1"]


# --- what is asked --------------------------------------------------------------------------------


def test_an_identifier_is_one_value_wherever_it_stands(desk: Desk) -> None:
    desk.fault = lambda asked: (
        None if "oauth" in asked.path else give({"users": [], "meta": {"after_cursor": None}})
    )
    source = opened(only(table("rest_desk", desk), "users"))
    nasty = 'a"} or 1=1 {\\u0022'
    assert keys(source, Subject({"email": (nasty,)})) == []
    sent = json.loads(desk.server.asked[-1].body)
    assert sent["query"] == f'email:"{nasty}"'
    assert sent["limit"] == 100
    assert "after" not in sent


def test_nobody_is_asked_for_with_an_empty_identifier(crm: Crm) -> None:
    assert keys(opened(table("rest_crm", crm)), Subject({"email": ("", "  ")})) == []
    assert crm.server.asked == []


def test_a_key_that_would_change_the_path_is_not_followed(crm: Crm) -> None:
    crm.fault = lambda asked: (
        contacts({**contact(1), "id": ".."}, has_more=False)
        if asked.path.endswith("/contacts")
        else None
    )
    refused(opened(table("rest_crm", crm)), "cannot stand in a path")
    assert [asked.path for asked in crm.server.asked] == ["/v1/contacts"]


def test_the_pace_that_was_asked_for_is_kept(crm: Crm) -> None:
    import time

    source = opened({**table("rest_crm", crm), "requests_per_second": 20})
    started = time.monotonic()
    records(source)
    assert time.monotonic() - started >= (len(crm.server.asked) - 1) / 20


# --- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=b"{"), "malformed JSON"),
        (Answer(body=b"<html>", headers={"content-type": "text/html"}), "JSON was expected"),
        (give({"rows": []}), "without records at data"),
        (give([]), "without records at data"),
        (give({"data": ["a"]}), "no JSON object"),
        (give({"data": [[["a"]]]}), "no JSON object"),
        (contacts({"properties": {"email": "ann.lee@example.com"}}), "without a key at id"),
        (contacts({**contact(1), "id": {"a": 1}}), "without a key at id"),
        (Answer(404), "answers 404"),
        (Answer(400), "answers 400"),
        (Answer(body=b" " * 20_000_000), "more than 16,777,216 bytes"),
    ],
)
def test_an_answer_that_cannot_be_used_has_its_name(crm: Crm, answer: Answer, words: str) -> None:
    crm.fault = lambda _: answer
    refused(opened(table("rest_crm", crm)), words)


def test_not_found_means_nothing_held_only_where_it_is_declared(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    find_of(declared)["nothing_held"] = [404]
    crm.fault = lambda _: Answer(404)
    assert keys(opened(declared)) == []


def test_no_list_at_all_is_an_empty_list(crm: Crm) -> None:
    crm.fault = lambda _: give({"data": None, "has_more": False})
    assert keys(opened(table("rest_crm", crm))) == []


def test_strange_numbers_and_texts_arrive_sound(crm: Crm) -> None:
    body = b'{"data": [{"id": 1, "properties": {"email": "ann.lee@example.com", "name": "\\ud800", "n": NaN}}], "has_more": false}'
    crm.fault = lambda _: Answer(body=body)
    [record] = records(opened(only(table("rest_crm", crm), "contacts")))
    assert record.data["properties.name"] == "\ufffd"
    assert record.data["properties.n"] == "NaN"


# --- pages ----------------------------------------------------------------------------------------


def test_a_system_that_ignores_the_page_is_noticed(crm: Crm) -> None:
    crm.fault = lambda _: contacts(contact(1), has_more=True)
    refused(opened(table("rest_crm", crm)), "the same page again")


def test_cursors_that_go_in_a_circle_are_noticed(desk: Desk) -> None:
    def fault(asked: Asked) -> Answer | None:
        if "oauth" in asked.path:
            return None
        after = json.loads(asked.body).get("after")
        other = "b" if after == "a" else "a"
        return give({"users": [], "meta": {"after_cursor": other}})

    desk.fault = fault
    refused(opened({**table("rest_desk", desk), "most_pages": 50}), "more than 50 pages")


def test_pages_without_end_are_noticed(crm: Crm) -> None:
    crm.fault = lambda asked: contacts(contact(int(asked.one("page") or 0)), has_more=True)
    refused(opened({**table("rest_crm", crm), "most_pages": 20}), "more than 20 pages")


def test_a_page_smaller_than_asked_for_is_not_taken_for_the_last(crm: Crm) -> None:
    declared = only(table("rest_crm", crm), "contacts")
    find_of(declared)["pages"] = {"by": "page", "size": 100}
    assert len(keys(opened(declared))) == 4


def test_offsets_count_what_came_not_what_was_asked_for(crm: Crm) -> None:
    rows = [contact(number) for number in range(1, 6)]

    def fault(asked: Asked) -> Answer:
        start = int(asked.one("offset") or 0)
        return contacts(*rows[start : start + 2])

    crm.fault = fault
    declared = only(table("rest_crm", crm), "contacts")
    find_of(declared)["query"] = {"email": "{identifier}", "offset": "{offset}"}
    find_of(declared)["pages"] = "offset"
    assert len(keys(opened(declared))) == 5


def test_the_address_of_the_next_page_may_stand_in_the_answer(crm: Crm) -> None:
    def fault(asked: Asked) -> Answer:
        if asked.one("after"):
            return contacts(contact(2), next=None)
        return contacts(contact(1), next="contacts?after=x")

    crm.fault = fault
    declared = only(table("rest_crm", crm), "contacts")
    find_of(declared)["pages"] = {"by": "link", "next": "next"}
    assert len(keys(opened(declared))) == 2


@pytest.mark.parametrize("link", ["https://evil.example/x", "//evil.example/x", "file:///etc/x"])
def test_a_next_page_elsewhere_is_not_asked_for(shop: Shop, link: str) -> None:
    row = {"id": 1, "email": "ann.lee@example.com"}
    shop.fault = lambda _: give([row], Link=f'<{link}>; rel="next"')
    refused(opened(table("rest_shop", shop)), "another host")
    assert len(shop.server.asked) == 1


def test_a_busy_system_goes_on_behind_the_pages_it_gave(crm: Crm) -> None:
    """429 on each second request: each try brings at least a page, and none is lost or doubled."""
    whole = keys(opened(table("rest_crm", crm)))
    count = 0

    def fault(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(429, headers={"Retry-After": "1"}) if count % 4 == 0 else None

    crm.fault = fault
    found: list[str] = []
    mark: str | None = None
    source = opened(table("rest_crm", crm))
    for _ in range(30):
        try:
            for page in source.find(ANN, mark):
                found += [f"{record.collection} {record.key}" for record in page.records]
                mark = page.checkpoint
        except Later:
            continue
        break
    source.close()
    assert found == whole


def test_no_checkpoint_shows_an_identifier_of_its_own(crm: Crm) -> None:
    source = opened(table("rest_crm", crm))
    marks = [page.checkpoint for page in source.find(ANN) if page.checkpoint]
    assert marks
    assert not any("ann" in mark for mark in marks)
    source.close()
