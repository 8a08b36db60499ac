"""Sources that give each other identifiers are all asked, and asked again by what turns up."""

from collections.abc import Callable
from pathlib import Path

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.domain.search_order import MOST_VALUES
from dsar.sdk import Batch, NeedsHuman, Receipt
from dsar.services.views.source_check import circles
from dsar.store.tables import PageRow, Task
from tests.company import Company, company
from tests.scripted import Script, case

Find = Callable[[Script, str | None], None]


def asks(needs: str, gives: str, *, finding: Find | None = None) -> Script:
    """A source with one record that names one identifier of each kind it gives."""
    script = Script([case("1")], needs=tuple(needs.split()))
    script.gives = tuple((kind, f"{kind}-1") for kind in gives.split())
    if finding is not None:
        script.finding = finding
    return script


def three(*, finding: Find | None = None) -> dict[str, Script]:
    """Each gives the next an identifier; only the first can be searched by an address."""
    return {
        "first": asks("email zed", "ex"),
        "second": asks("ex", "why", finding=finding),
        "third": asks("why", "zed"),
    }


def searched(one: Company, ref: str) -> dict[str, tuple[str, int]]:
    lines = one.view(ref)["coverage"]
    return {row["source"]: (row["outcome"], row["found"]) for row in lines}


ALL_FOUND = {
    "first": ("supplied", 1),
    "second": ("supplied", 1),
    "third": ("supplied", 1),
    "shop": ("supplied", 3),
    "mailing": ("supplied", 1),
}


def test_three_sources_in_a_circle_are_all_searched_and_reach_review(
    tmp_path: Path, engine_url: str
) -> None:
    with company(tmp_path, engine_url, scripts=three()) as one:
        ref = one.ask(Right.ACCESS)
        one.work()
        assert one.state(ref) == "in_review"
        assert searched(one, ref) == ALL_FOUND
        pages = [(page.source, page.number) for page in one.rows(PageRow) if page.role == "records"]
        assert len(pages) == len(set(pages))  # what was said before it was asked anew is gone
        assert circles(one.installation) == (("first", "second", "third"),)


def test_a_source_after_the_circle_waits_for_all_of_it(tmp_path: Path, copied_url: str) -> None:
    scripts = three() | {"after": asks("why", "")}
    with company(tmp_path, copied_url, scripts=scripts) as one:
        ref = one.ask(Right.ACCESS)
        states = {task.source: task.state for task in one.rows(Task)}
        assert (states["after"], states["second"]) == ("blocked", "ready")
        one.work()
        assert searched(one, ref)["after"] == ("supplied", 1)
        assert len(scripts["after"].calls) == 1


def test_a_search_under_way_is_shut_out_and_begun_anew_by_what_another_brings(
    tmp_path: Path, engine_url: str
) -> None:
    """Two workers: while one searches by the address, the other learns a number or a card."""
    one: Company

    def overtaken(script: Script, _checkpoint: str | None) -> None:
        if len(script.calls) == 1:
            one.work()

    slow = asks("email card", "number", finding=overtaken)
    other = asks("email number", "card", finding=overtaken)
    with company(tmp_path, engine_url, scripts={"slow": slow, "other": other}) as one:
        ref = one.ask(Right.ACCESS)
        one.work()
        assert one.state(ref) == "in_review"
        assert (searched(one, ref)["slow"], searched(one, ref)["other"]) == (
            ("supplied", 1), ("supplied", 1),
        )  # fmt: skip
        assert (len(slow.calls), len(other.calls)) == (2, 2)


def test_a_circle_with_a_source_that_is_stuck_stops_for_a_person_and_goes_on_after_it(
    tmp_path: Path, copied_url: str
) -> None:
    def vanished(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman("The table has vanished. Restore it.")

    scripts = three(finding=vanished)
    with company(tmp_path, copied_url, scripts=scripts) as one:
        ref = one.ask(Right.ACCESS)
        one.work()
        assert one.state(ref) == "source_failed"
        scripts["second"].finding = Script().finding
        one.act(ref, Event.RETRY)
        one.work()
        assert (one.state(ref), searched(one, ref)) == ("in_review", ALL_FOUND)


def test_sources_that_name_new_identifiers_for_ever_are_not_asked_for_ever(
    tmp_path: Path, copied_url: str
) -> None:
    def invents(script: Script, _checkpoint: str | None) -> None:
        numbers.append(f"+4670174{1000 + len(numbers)}")
        script.gives = (("phone", numbers[-1]),)

    numbers: list[str] = []
    scripts = {name: asks("email phone", "phone", finding=invents) for name in ("one", "two")}
    with company(tmp_path, copied_url, scripts=scripts) as one:
        ref = one.ask(Right.ACCESS)
        one.work()
        assert one.state(ref) == "in_review"
        assert MOST_VALUES < len(numbers) <= MOST_VALUES + 2


def test_what_is_found_when_a_source_is_asked_anew_is_restricted_at_once_too(
    tmp_path: Path, copied_url: str
) -> None:
    restricted: list[str] = []

    def restrict(script: Script, verb: str, batch: Batch) -> list[Receipt]:
        restricted.extend(item.key for item in batch.items)
        return script.act(verb, batch)

    def shows_more(_script: Script, _checkpoint: str | None) -> None:
        first.records.append(case("2"))

    first, second = asks("email ex", "zed"), asks("zed", "ex", finding=shows_more)
    first.acting = restrict
    with company(tmp_path, copied_url, scripts={"first": first, "second": second}) as one:
        one.ask(Right.OBJECTION, purposes=("scoring",))  # one ticket, no marketing
        one.work()
        assert set(restricted) == {"1", "2"}
