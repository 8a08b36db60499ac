"""In which order sources are searched: one that can use what another gives waits for it.

Sources that lead to each other in a circle wait for nobody within it: they are all asked at once,
and asked again when another of them brings an identifier they can use.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

#: So many values of one kind of identifier have the sources of a circle asked again. A system that
#: names another one each time it is asked must not keep the others busy for ever.
MOST_VALUES = 8


@dataclass(frozen=True, slots=True)
class SearchedSource:
    """A source as its search sees it: the kinds of identifier it needs, and those it may give."""

    name: str
    needs: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SearchOrder:
    """Who waits for whom, by name.

    `circles` are the groups, of two sources or more, in which each leads to each of the others.
    """

    waits_for: Mapping[str, frozenset[str]]
    circles: tuple[tuple[str, ...], ...]

    def ready(self, unanswered: Collection[str]) -> frozenset[str]:
        """Of the sources that have not answered yet, those that wait for none of the others."""
        left = frozenset(unanswered)
        return frozenset(name for name in left if self.waits_for[name].isdisjoint(left))

    def beside(self, name: str) -> tuple[str, ...]:
        """The other sources of the circle that one stands in; none where it stands in none."""
        circle = next((circle for circle in self.circles if name in circle), ())
        return tuple(other for other in circle if other != name)


def search_order(sources: Iterable[SearchedSource]) -> SearchOrder:
    """Each source waits for all that give what it needs, and for the whole circles those stand in,
    but never for its own circle: so every search begins, and none begins too early.
    """
    every = {source.name: source for source in sources}
    groups = _groups(_ways(every.values()))
    group_of = {name: group for group in groups for name in group}
    kinds = {kind for source in every.values() for kind in source.needs}
    giving: dict[str, set[str]] = {kind: set() for kind in kinds}
    for source in every.values():
        for kind in source.gives & kinds:
            giving[kind] |= group_of[source.name]
    waits = {
        name: frozenset().union(*(giving[kind] for kind in source.needs)) - group_of[name]
        for name, source in every.items()
    }
    return SearchOrder(waits, _circles(tuple(every), groups))


def _circles(
    names: tuple[str, ...], groups: Iterable[frozenset[str]]
) -> tuple[tuple[str, ...], ...]:
    """The groups of more than one, each in the order the sources were named in."""
    rank = {name: number for number, name in enumerate(names)}
    ordered = (tuple(sorted(group, key=rank.__getitem__)) for group in groups if len(group) > 1)
    return tuple(sorted(ordered, key=lambda circle: rank[circle[0]]))


#: A place on the way: a source, or a kind of identifier, which is a tuple so that none is both.
_Place = str | tuple[str]


def _ways(sources: Iterable[SearchedSource]) -> dict[_Place, list[_Place]]:
    """From each source to the kinds it gives, from each kind to the sources that need it."""
    ways: dict[_Place, list[_Place]] = {}
    for source in sources:
        ways[source.name] = [(kind,) for kind in source.gives]
        for kind in source.gives | source.needs:
            ways.setdefault((kind,), [])
        for kind in source.needs:
            ways[(kind,)].append(source.name)
    return ways


def _groups(ways: Mapping[_Place, list[_Place]]) -> list[frozenset[str]]:
    """The sources by strongly connected component (Kosaraju: forth, then back from the last)."""
    back: dict[_Place, list[_Place]] = {place: [] for place in ways}
    for place, leads_to in ways.items():
        for other in leads_to:
            back[other].append(place)
    seen: set[_Place] = set()
    ended = [place for root in ways for place in _walked(ways, root, seen)]
    seen.clear()
    groups = [_walked(back, root, seen) for root in reversed(ended)]
    named = (frozenset(place for place in group if isinstance(place, str)) for group in groups)
    return [group for group in named if group]


def _walked(ways: Mapping[_Place, list[_Place]], root: _Place, seen: set[_Place]) -> list[_Place]:
    """The places not seen before that `root` leads to, each after all that it leads to itself."""
    if root in seen:
        return []
    seen.add(root)
    path, ended = [(root, iter(ways[root]))], []
    while path:
        place, leads_to = path[-1]
        new = next((other for other in leads_to if other not in seen), None)
        if new is None:
            ended.append(place)
            path.pop()
        else:
            seen.add(new)
            path.append((new, iter(ways[new])))
    return ended
