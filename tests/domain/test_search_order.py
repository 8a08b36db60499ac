"""Who is searched after whom: nobody too early, nobody never, whatever leads to whatever."""

from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.search_order import SearchedSource, search_order

KINDS = st.frozensets(st.sampled_from(["email", "number", "phone", "card", "login"]), max_size=3)
SOURCES = st.lists(
    st.builds(SearchedSource, st.sampled_from("abcdefgh"), KINDS, KINDS),
    unique_by=lambda source: source.name,
    max_size=8,
)


def source(name: str, needs: str, gives: str = "") -> SearchedSource:
    return SearchedSource(name, frozenset(needs.split()), frozenset(gives.split()))


def leads(sources: list[SearchedSource]) -> set[tuple[str, str]]:
    """Who leads to whom, directly or through others: worked out the slow and obvious way."""
    found = {(a.name, b.name) for a in sources for b in sources if a.gives & b.needs}
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


def test_a_source_waits_for_those_that_give_what_it_is_searched_by() -> None:
    shop, logs = source("shop", "email", "number"), source("logs", "number")
    order = search_order([logs, shop])
    assert order.waits_for == {"shop": frozenset(), "logs": {"shop"}}
    assert order.ready(["shop", "logs"]) == {"shop"}
    assert order.ready(["logs"]) == {"logs"}


def test_a_source_that_gives_what_it_needs_itself_stands_in_no_circle() -> None:
    order = search_order([source("shop", "email number", "number"), source("logs", "number")])
    assert order.circles == ()
    assert order.waits_for["logs"] == {"shop"}


def test_three_in_a_circle_are_asked_at_once_and_what_hangs_on_it_after_all_of_them() -> None:
    a, b, c = source("a", "email z", "x"), source("b", "email x", "y"), source("c", "y", "z")
    order = search_order([a, source("after", "y"), b, c, source("before", "email", "z")])
    assert order.circles == (("a", "b", "c"),)
    assert order.ready("abc") == set("abc")
    assert [order.waits_for[name] for name in "abc"] == [{"before"}, set(), set()]
    assert order.waits_for["after"] == set("abc")
    assert (order.beside("b"), order.beside("after")) == (("a", "c"), ())


def test_a_thousand_in_a_row_are_ordered_like_three() -> None:
    row = [source(f"s{n}", f"k{n}", f"k{n + 1}") for n in range(1000)]
    order = search_order(reversed(row))
    assert order.waits_for["s999"] == {"s998"}
    assert search_order([*row, source("back", "k1000", "k0")]).circles[0][-1] == "back"


@given(SOURCES)
def test_everybody_waits_for_all_they_can_use_and_never_within_their_own_circle(
    sources: list[SearchedSource],
) -> None:
    order, ways = search_order(sources), leads(sources)
    for one in sources:
        for other in sources:
            circle = {(one.name, other.name), (other.name, one.name)} <= ways
            assert (other.name in order.beside(one.name)) is (circle and one is not other)
            waits = other.name in order.waits_for[one.name]
            if one is other or circle:
                assert not waits
            elif other.gives & one.needs:
                assert waits
            elif waits:  # for nobody who does not lead here
                assert (other.name, one.name) in ways


@given(SOURCES)
def test_every_search_begins_however_the_sources_lead_to_each_other(
    sources: list[SearchedSource],
) -> None:
    order = search_order(sources)
    left = {one.name for one in sources}
    while left:
        ready = order.ready(left)
        assert ready
        left -= ready
