"""A declaration that contradicts itself, or the system, is named before the first request."""

from typing import Any

import pytest

from dsar.sdk import Batch, Item, NeedsHuman, Subject
from dsar.sdk.registry import BadInput
from tests.adapters.http.servers import Answer
from tests.adapters.rest.apis import Crm, Desk
from tests.adapters.rest.declared import erased_with, opened, table


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("collections", "contacts", "find", "match"), [], "by_address"),
        (("collections", "contacts", "find", "by_address"), True, "not both"),
        (("collections", "contacts", "find", "by"), "", "either by or from"),
        (("collections", "contacts", "find", "query"), {}, "nobody in particular"),
        (("collections", "contacts", "find", "path"), "contacts", "does not begin with /"),
        (("collections", "contacts", "find", "path"), "/c/{key}", "speaks of"),
        (("collections", "contacts", "find", "method"), "TRACE", "no method we send"),
        (("collections", "contacts", "find", "pages"), "offset", "needs {offset}"),
        (("collections", "contacts", "find", "pages"), "cursor", "needs {cursor}"),
        (("collections", "notes", "find", "from"), "no_such.id", "names no collection"),
        (("collections", "notes", "find", "from"), "notes.id", "led to by nothing"),
        (("collections", "notes", "find", "path"), "/contacts/x{identifier}", "vouch for a part"),
        (("collections", "notes", "erase", "path"), "/notes", "no record in particular"),
        (("collections", "notes", "erase", "kept"), {"no": "x"}, "no status"),
        (("collections", "notes", "columns"), {}, "explains no field"),
        (("auth", "token"), "", "auth.token"),
        (("auth", "kind"), "basic", "auth.user"),
        (("headers",), {"Host": "evil"}, "cannot be set"),
        (("headers",), {"X\r\nY": "1"}, "cannot be set"),
        (("headers",), {"X": "a\r\nb: c"}, "no header can"),
        (("plain_http",), [], "without TLS"),
        (("total_seconds",), 0, "not above zero"),
    ],
)
def test_a_fault_of_the_declaration_is_named_and_nothing_is_asked(
    crm: Crm, place: tuple[str, ...], value: Any, words: str
) -> None:
    declared: Any = table("rest_crm", crm)
    inner = declared
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    source = opened(declared)
    assert words in " ".join(map(str, source.check()))
    with pytest.raises(NeedsHuman):
        list(source.find(Subject.of([("email", "ann.lee@example.com")])))
    source.close()
    assert crm.server.asked == []


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (
            ("notes", "erased_with", "collection"),
            "no_such",
            "names no_such, which is no collection",
        ),
        (("notes", "erased_with", "collection"), "notes", "names notes, which is no collection"),
        (("contacts", "erase"), None, "no collection that declares an erase"),
        (("contacts", "erase", "done"), "anonymised", "leaves an anonymous record"),
        (("notes", "erase"), {"path": "/notes/{key}"}, "not both"),
        (("notes", "erased_with", "path"), "/notes", "looks for no record in particular"),
        (("notes", "erased_with", "path"), "notes/{key}", "does not begin with /"),
        (("notes", "erased_with", "path"), "/notes/{key}/{identifier}", "speaks of {identifier}"),
    ],
)
def test_a_fault_of_what_is_erased_with_another_is_named(
    crm: Crm, place: tuple[str, ...], value: Any, words: str
) -> None:
    declared: Any = erased_with(table("rest_crm", crm))
    inner = declared["collections"]
    for name in place[:-1]:
        inner = inner[name]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    source = opened(declared)
    assert words in " ".join(map(str, source.check()))
    with pytest.raises(NeedsHuman):
        source.erase(Batch("notes", [Item("n1")], "k1"))
    source.close()
    assert crm.server.asked == []


def test_an_unknown_setting_is_refused_by_its_place(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    declared["collections"]["contacts"]["find"]["pagse"] = "link"
    with pytest.raises(BadInput, match=r"collections\.contacts\.find\.pagse"):
        opened(declared)


def test_a_mask_is_refused_since_only_the_system_itself_could_put_one_there(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    declared["collections"]["contacts"]["columns"]["email"] = {"label": "E-mail", "mask": "hash"}
    with pytest.raises(BadInput, match=r"contacts\.columns\.email\.mask: is not a setting"):
        opened(declared)


def test_a_system_that_cannot_be_asked_is_a_problem(crm: Crm) -> None:
    crm.fault = lambda _: Answer(403)
    source = opened(table("rest_crm", crm))
    [problem] = source.check()
    assert "forbids" in problem.problem
    source.close()


def test_a_system_that_knows_nobody_is_a_problem(desk: Desk) -> None:
    """A search that ignores what it is asked for would give everybody's records."""
    declared = table("rest_desk", desk)
    declared["collections"]["users"]["find"]["body"] = {
        "query": "",
        "x": "{identifier}",
        "after": "{cursor}",
    }
    declared["collections"]["users"]["find"]["fuzzy"] = False
    source = opened(declared)
    assert "another person's record" in str(source.check()[0])
    source.close()


def test_checking_asks_for_nobody(crm: Crm) -> None:
    source = opened(table("rest_crm", crm))
    assert source.check() == []
    assert all("nobody-" in (asked.one("email") or "") for asked in crm.server.asked)
    source.close()
