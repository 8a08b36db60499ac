"""The end of a list is proven, or a person is asked by the setting's name: no search is cut silently."""

from typing import Any

import pytest

from dsar.adapters.rest import Rest
from dsar.sdk import NeedsHuman
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.rest.apis import Crm, Desk, Shop, give
from tests.adapters.rest.declared import opened, table
from tests.adapters.rest.test_search import ANN, contact, find_of, keys, only, refused

SIZE = 100


def paged(crm: Crm, pages: Any, query: dict[str, str] | None = None) -> Rest:
    """The contacts of the CRM, their pages declared like this."""
    declared = only(table("rest_crm", crm), "contacts")
    find_of(declared)["pages"] = pages
    asked = {"email": "{identifier}", "after": "{cursor}", "limit": "{size}"}
    find_of(declared)["query"] = asked if query is None else query
    return opened(declared)


def rows(start: int, stop: int) -> list[dict[str, Any]]:
    return [contact(number) for number in range(start, stop)]


def charges(asked: Asked) -> Answer:
    """250 of them, a hundred a page; what the next page is asked for by is the last one's number."""
    after = int(asked.one("after") or 0)
    found = rows(after + 1, min(after + SIZE, 250) + 1)
    return give({"data": found, "has_more": after + SIZE < 250})


def test_a_system_that_says_there_is_more_and_not_where_is_not_read_to_its_first_page(
    crm: Crm,
) -> None:
    crm.fault = charges
    source = paged(crm, {"by": "cursor", "next": "meta.next", "more": "has_more"})
    refused(source, r"says that there are more and holds no meta\.next .*setting pages\.next")


def test_what_the_last_record_holds_leads_to_the_next_page(crm: Crm) -> None:
    crm.fault = charges
    source = paged(crm, {"by": "cursor", "last": "id", "more": "has_more"})
    assert len(keys(source)) == 250


def test_without_more_the_last_record_leads_on_until_a_page_is_empty(crm: Crm) -> None:
    crm.fault = charges
    assert len(keys(paged(crm, {"by": "cursor", "last": "id"}))) == 250
    assert len(crm.server.asked) == 4


CURSOR = {"by": "cursor", "next": "next"}
LAST = {"by": "cursor", "last": "id", "more": "has_more"}
FULL = rows(1, SIZE + 1)


@pytest.mark.parametrize(
    ("pages", "answer", "words"),
    [
        (CURSOR | {"more": "has_more"}, {"data": FULL}, "neither true nor false at has_more"),
        (CURSOR | {"more": "has_more"}, {"data": [], "has_more": 1}, "neither true nor false"),
        (CURSOR | {"more": "has_more"}, {"data": [], "has_more": None}, "neither true nor false"),
        (CURSOR, {"data": rows(1, 3)}, "holds no next .*left_out = true"),
        (CURSOR, {"data": []}, "holds no next"),
        (CURSOR | {"left_out": True}, {"data": FULL}, "fills a page with 100 .*pages.size above"),
        (LAST, {"data": [], "has_more": True}, "more and gives none"),
        (LAST | {"last": "number"}, {"data": FULL, "has_more": True}, "last record without number"),
        ({"by": "link", "next": "next"}, {"data": FULL}, "holds no next"),
        ({"by": "link", "more": "has_more"}, {"data": FULL, "has_more": True}, "no next page"),
        ("link", {"data": FULL}, "fills a page with 100"),
        ("none", {"data": FULL, "has_more": True}, r"more \(has_more\).*setting pages"),
        ("none", {"data": [], "paging": {"hasNextPage": True}}, r"more \(hasNextPage\)"),
    ],
)
def test_an_end_that_is_not_proven_is_said_with_the_setting_that_could(
    crm: Crm, pages: Any, answer: dict[str, Any], words: str
) -> None:
    crm.fault = lambda _: give(answer)
    refused(paged(crm, pages), words)


@pytest.mark.parametrize(
    ("pages", "answer"),
    [
        (CURSOR | {"more": "has_more"}, {"data": FULL, "has_more": False}),
        (CURSOR, {"data": FULL, "next": None}),
        (CURSOR, {"data": FULL, "next": ""}),
        (CURSOR | {"left_out": True}, {"data": FULL[:99]}),
        (LAST, {"data": FULL, "has_more": False}),
        ("link", {"data": FULL[:99]}),
        ("none", {"data": FULL, "has_more": False}),
        ("none", {"data": FULL}),
    ],
)
def test_an_end_that_is_proven_is_the_end(crm: Crm, pages: Any, answer: dict[str, Any]) -> None:
    crm.fault = lambda _: give(answer)
    assert len(keys(paged(crm, pages))) == len(answer["data"])


def test_a_link_that_led_on_before_may_end_with_a_full_page(shop: Shop) -> None:
    def fault(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/customers"):
            return give([])
        last = asked.one("page") == "2"
        people = [{"id": n, "email": "ann.lee@example.com"} for n in range(SIZE)]
        people = [one | {"id": one["id"] + SIZE} for one in people] if last else people
        link = f'<{shop.server.url}{asked.path}?page=2>; rel="next"'
        return give(people) if last else give(people, Link=link)

    shop.fault = fault
    assert len(keys(opened(only(table("rest_shop", shop), "customers")))) == 2 * SIZE


def test_an_answer_of_one_page_that_links_to_another_is_no_answer_of_one_page(shop: Shop) -> None:
    declared = only(table("rest_shop", shop), "customers")
    find_of(declared, "customers")["pages"] = "none"
    refused(opened(declared), "a Link to the next page")


@pytest.mark.parametrize("pages", [{"by": "page", "more": "has_more"}, {"by": "page"}])
def test_an_empty_page_is_not_the_end_where_the_system_says_there_is_more(
    crm: Crm, pages: dict[str, str]
) -> None:
    """Systems that leave out what we may not see give pages with nothing on them."""
    given = {"1": rows(1, 3), "2": [], "3": rows(3, 5)}

    def fault(asked: Asked) -> Answer:
        at = asked.one("page") or "1"
        return give({"data": given.get(at, []), "has_more": at in {"1", "2"}})

    crm.fault = fault
    source = paged(crm, pages, {"email": "{identifier}", "page": "{page}"})
    assert len(keys(source)) == (4 if "more" in pages else 2)


def test_an_offset_that_does_not_move_is_not_the_end(crm: Crm) -> None:
    crm.fault = lambda _: give({"data": [], "has_more": True})
    source = paged(
        crm,
        {"by": "offset", "more": "has_more"},
        {"email": "{identifier}", "offset": "{offset}"},
    )
    refused(source, "says that there are more and gives none")


def test_a_cursor_that_ran_out_is_not_nothing_held(desk: Desk) -> None:
    """404 for a cursor we were given says nothing about what is behind it."""
    declared = only(table("rest_desk", desk), "users")
    find_of(declared, "users")["nothing_held"] = [404]

    def fault(asked: Asked) -> Answer | None:
        return Answer(404) if b'"after": "' in asked.body else None

    desk.fault = fault
    refused(opened(declared), "said that there are more, and then that nothing is held")


def test_a_page_past_the_last_one_may_be_answered_as_nothing_held(crm: Crm) -> None:
    declared = only(table("rest_crm", crm), "contacts")
    find_of(declared)["pages"] = {"by": "page"}
    find_of(declared)["nothing_held"] = [404]

    def fault(asked: Asked) -> Answer | None:
        return Answer(404) if int(asked.one("page") or 1) > 2 else None

    crm.fault = fault
    assert len(keys(opened(declared))) == 4


# --- paths that lead nowhere ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["data[-1].id", "data.-1.id", "data.0.id", "data[0]", "a..b", ".a", "a.", "$.a", "[]"]
)
@pytest.mark.parametrize("setting", ["next", "last", "more"])
def test_a_path_that_can_never_match_is_refused_before_anything_is_asked(
    crm: Crm, path: str, setting: str
) -> None:
    pages = {"by": "cursor", "more": "has_more"} | ({} if setting == "last" else {"next": "next"})
    source = paged(crm, pages | {setting: path})
    told = " ".join(map(str, source.check()))
    assert f'pages.{setting}: "{path}"' in told
    with pytest.raises(NeedsHuman, match=r"a step without a name|a place in a list"):
        list(source.find(ANN))
    source.close()
    assert crm.server.asked == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("find", "match"), "properties[0].email"),
        (("find", "records"), "data.0"),
        (("key",), "ids.0"),
        (("subject",), "people[0].id"),
        (("gives",), {"customer_number": "properties.-1.number"}),
        (("spread",), ["properties[]."]),
    ],
)
def test_wherever_it_stands(crm: Crm, place: tuple[str, ...], value: Any) -> None:
    declared: Any = only(table("rest_crm", crm), "contacts")
    inner = declared["collections"]["contacts"]
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    told = " ".join(map(str, opened(declared).check()))
    assert place[-1] in told
    assert "A path is names with dots" in told
    assert "a place in a list" in told or "without a name" in told


def test_the_mend_names_the_setting_for_the_last_record(crm: Crm) -> None:
    [problem] = paged(crm, {"by": "cursor", "next": "data[-1].id"}).check()
    assert 'say last = "id"' in problem.mend
