"""A limit that is reached is said with its mend and goes to a person; nothing is cut silently."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import as_text
from dsar.domain.rights import Right
from dsar.sandbox.checked_pages import LimitReached, PageChecks
from dsar.sdk import Attachment, Limits, NeedsHuman, Page, Record
from dsar.store.tables import PageRow, Task
from tests.company import EMAIL, Company
from tests.scripted import Script, Scripted, case
from tests.services.conftest import Make


def limited(one: Company, **limits: float) -> Company:
    """The company with limits of its own for the helpdesk."""
    path = one.folder / "sources.toml"
    text = path.read_text().partition("[desk.limits]")[0]
    rows = "".join(f"{name} = {value}\n" for name, value in limits.items())
    path.write_text(f"{text}[desk.limits]\n{rows}")
    one.reopen()
    return one


def test_a_cap_is_said_with_how_to_raise_it_and_what_came_before_is_kept(
    make: Make, desk: Script
) -> None:
    desk.records, desk.pages = [case(str(n)) for n in range(9)], 3
    one = limited(make(), records=7)
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "source_failed"
    line = one.line(ref, "desk")
    assert (line["outcome"], line["reason"]) == (
        "open",
        "It gave more than 7 records for one person. Raise records in [desk.limits] if that is right.",
    )
    assert one.line(ref, "shop")["found"] == 3
    kept = [row.count for row in one.rows(PageRow) if row.source == "desk"]
    assert sum(kept) == 6
    limited(one, records=9)
    one.act(ref, Event.RETRY)
    one.work()
    assert (one.state(ref), one.line(ref, "desk")["found"]) == ("in_review", 9)
    assert desk.calls == ["find", "find 6"]


def test_a_cap_that_is_accepted_is_a_named_gap(make: Make, desk: Script) -> None:
    desk.records, desk.pages = [case(str(n)) for n in range(9)], 3
    one = limited(make(), pages=2)
    ref = one.ask(Right.ACCESS)
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="the rest is of no use")
    one.work()
    line = one.line(ref, "desk")
    assert (line["outcome"], line["found"]) == ("could_not", 6)
    assert "more than 2 pages" in line["reason"]
    (task,) = [row for row in one.rows(Task) if row.source == "desk"]
    assert EMAIL not in as_text(task.reason)


def test_earlier_attempts_count_towards_the_cap(make: Make, desk: Script) -> None:
    """Else a source that breaks off often would get past it."""
    desk.records, desk.pages = [case(str(n)) for n in range(9)], 9

    def breaks_once(script: Script, checkpoint: str | None) -> None:
        if checkpoint == "3" and script.calls == ["find"]:
            raise ConnectionError

    desk.finding = breaks_once
    one = limited(make(), records=5)
    ref = one.ask(Right.ACCESS)
    one.work_through(hours=0.5)
    assert "more than 5 records" in one.line(ref, "desk")["reason"]


def checks(**limits: float) -> PageChecks:
    return PageChecks("shop", Limits(**limits))  # type: ignore[arg-type]


def passed(measure: PageChecks, *pages: Any) -> list[Page]:
    adapter = Scripted.__new__(Scripted)
    return list(measure.pages(adapter, iter(pages)))


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def file(**more: Any) -> Attachment:
    return Attachment(**{"reference": "f", "name": "a.pdf", **more})


MIB = "x" * (1 << 20)

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "nan": (lambda: Page([case("1", data={"text": float("nan")})]), "not finite"),
    "infinity": (lambda: Page([case("1", data={"text": {"a": [float("inf")]}})]), "not finite"),
    "surrogate": (lambda: Page([case("1", data={"text": "a\ud800"})]), "no valid Unicode"),
    "inner surrogate": (
        lambda: Page([case("1", data={"text": ["\udfff"]})]),
        "no valid Unicode",
    ),
    "field surrogate": (lambda: Page([case("1", data={"\ud800": 1})]), "no valid Unicode"),
    "bytes": (lambda: Page([case("1", data={"text": b"x"})]), "bytes, which is no JSON value"),
    "number as a key": (
        lambda: Page([case("1", data={"text": {1: 2}})]),
        "a key that is no text",
    ),
    "number as a field": (
        lambda: Page([case("1", data={1: 2})]),
        "a field whose name is no text",
    ),
    "no table": (lambda: Page([case("1", data=["x"])]), "data that is no table"),
    "too deep": (lambda: Page([case("1", data={"text": deep(40)})]), "deeper in each other"),
    "endless": (lambda: Page([case("1", data={"text": deep(5000)})]), "deeper in each other"),
    "huge value": (
        lambda: Page([case("1", data={"text": MIB * 9})]),
        "A value of cases has more than 8 MB",
    ),
    "huge record": (
        lambda: Page([case("1", data={str(n): MIB * 6 for n in range(3)})]),
        "A record of cases has more than 16 MB",
    ),
    "huge page": (
        lambda: Page([case(str(n), data={"text": MIB * 7}) for n in range(10)]),
        "more than 64 MB on one page",
    ),
    "other collection": (
        lambda: Page([Record("others", "1", {})]),
        "a collection it does not declare",
    ),
    "no key": (lambda: Page([case("")]), "a key that is no text"),
    "number for a key": (lambda: Page([case(1)]), "a key that is no text"),  # type: ignore[arg-type]
    "long key": (lambda: Page([case("x" * 1001)]), "a key that is no text"),
    "no evidence": (lambda: Page([case("1", match="sure")]), "no match evidence"),
    "subject": (lambda: Page([case("1", subject=7)]), "a subject that is no text"),
    "the same key": (lambda: Page([case("1"), case("1")]), "have the same key"),
    "records on a page": (
        lambda: Page([case(str(n)) for n in range(10_001)]),
        "10,000 records on one page",
    ),
    "identifiers": (
        lambda: Page([], None, (("email", "a@b.example"),) * 101),
        "100 identifiers",
    ),
    "checkpoint": (lambda: Page([], 5), "A checkpoint is no text"),  # type: ignore[arg-type]
    "no page": (lambda: [case("1")], "something that is no page"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_record_may_hold_is_named_without_its_value(what: str) -> None:
    make_page, words = REFUSED[what]
    with pytest.raises(NeedsHuman) as refused:
        passed(checks(), make_page())
    assert words in refused.value.reason
    assert len(refused.value.reason) < 200


@pytest.mark.parametrize(
    ("given", "kept", "lost"),
    [
        ((file(), file()), [], 2),
        ((file(), file(), file(reference="g")), [("g", "a.pdf", None)], 2),
        ((file(reference=""), file(reference="g")), [("g", "a.pdf", None)], 1),
        ((file(reference=7),), [], 1),
        ((file(reference="x" * 1001),), [], 1),
        ((file(reference="\ud800"),), [], 1),
        ((file(name=""), file(reference="g")), [("f", "file-1", None), ("g", "a.pdf", None)], 0),
        ((file(name="x" * 256),), [("f", "file-1", None)], 0),
        ((file(name=None),), [("f", "file-1", None)], 0),
        ((file(name="a\udfff"),), [("f", "file-1", None)], 0),
        ((file(size=-1),), [("f", "a.pdf", None)], 0),
        ((file(size="7"),), [("f", "a.pdf", None)], 0),
        ((file(size=7),), [("f", "a.pdf", 7)], 0),
    ],
)
def test_an_attachment_that_cannot_be_used_costs_itself_and_not_the_search(
    given: tuple[Attachment, ...], kept: list[Any], lost: int
) -> None:
    [page] = passed(checks(), Page([case("1", attachments=given), case("2")]))
    spoilt, sound = page.records
    assert [(one.reference, one.name, one.size) for one in spoilt.attachments] == kept
    assert (spoilt.lost_files, sound) == (lost, case("2"))


def test_a_record_that_lost_a_file_is_shown_to_staff_and_the_rest_goes_on(
    make: Make, desk: Script
) -> None:
    desk.records = [
        case("1", attachments=(file(), file(name="b.pdf"))),
        case("2", attachments=(file(),)),
        case("3"),
    ]
    desk.files = {"f": [b"x"]}
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert (one.state(ref), one.line(ref, "desk")["found"]) == ("in_review", 3)
    assert [(d["code"], d["blocks"]) for d in one.view(ref)["doubts"]] == [("lost_file", True)]
    one.rule(ref, "desk.cases:1=release")
    one.work()
    [kept] = one.line(ref, "desk")["kept"]
    assert (kept["count"], kept["ground"], kept["part"]) == (1, "lost_file", "file")


def test_a_key_that_comes_again_on_a_later_page_is_named() -> None:
    with pytest.raises(NeedsHuman, match="same key"):
        passed(checks(), Page([case("1")], "1"), Page([case("1")]))


def test_ordinary_values_pass_untouched() -> None:
    data = {
        "text": "ä😀",
        "n": 12345678901234567890123,
        "f": 1.5,
        "t": True,
        "x": None,
        "l": [{"a": [1]}],
    }
    page = Page([case("1", data=data)], None, (("email", "a@b.example"),))
    assert passed(checks(), page) == [page]


def test_a_search_is_limited_as_a_whole() -> None:
    pages = [Page([case(str(n), data={"text": MIB})], str(n)) for n in range(3)]
    with pytest.raises(
        LimitReached, match=r"more than 2 MB for one person\. Raise search_mb in \[shop"
    ):
        passed(checks(search_mb=2), *pages)
    with pytest.raises(LimitReached, match="more than 2 pages"):
        passed(checks(pages=2), *pages)
    with pytest.raises(LimitReached, match="more than 1 attachments"):
        passed(checks(attachments=1), Page([case("1", attachments=(file(), file(reference="g")))]))


def test_a_page_that_takes_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 10_000, 10))
    monkeypatch.setattr("dsar.sandbox.checked_pages.time.monotonic", lambda: float(next(now)))
    with pytest.raises(LimitReached, match=r"A page took more than 5 s\. Raise page_seconds in"):
        passed(checks(page_seconds=5), Page([]))
    with pytest.raises(LimitReached, match="It took more than 15 s"):
        passed(checks(search_seconds=15), Page([case("1")]))


def blocks(*given: Any) -> Iterator[Any]:
    return iter(given)


def test_attachments_are_limited_by_their_true_size() -> None:
    measure = checks(attachment_mb=1, attachments_mb=2)
    mib = b"x" * (1 << 20)
    assert list(measure.blocks(case("1"), blocks(mib))) == [mib]
    with pytest.raises(LimitReached, match="An attachment of cases has more than 1 MB"):
        list(measure.blocks(case("1"), blocks(mib, b"x")))
    with pytest.raises(LimitReached, match="The attachments for one person have more than 2 MB"):
        list(measure.blocks(case("2"), blocks(mib)))
    with pytest.raises(NeedsHuman, match="no bytes"):
        list(checks().blocks(case("1"), blocks("text")))
