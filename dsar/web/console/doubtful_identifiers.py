"""Identifiers that may be somebody else's: why, what waits, what each answer leads to, and how."""

from dataclasses import dataclass
from shlex import join

from dsar.services.desk.doubtful_identifiers import DoubtedIdentifier, HeldSearch
from dsar.web.console.steps import WHO
from dsar.web.pages import plain


@dataclass(frozen=True, slots=True)
class DoubtfulIdentifier:
    """One of them, with the two commands that settle whose it is."""

    kind: str
    value: str
    source: str
    why: tuple[str, ...]
    waiting: tuple[HeldSearch, ...]
    theirs: str
    not_theirs: str


def doubtful(found: tuple[DoubtedIdentifier, ...], request: str) -> tuple[DoubtfulIdentifier, ...]:
    """What the page shows of each identifier in doubt of a request."""
    return tuple(
        DoubtfulIdentifier(
            kind=plain(one.kind),
            value=one.value,
            source=one.title,
            why=one.why,
            waiting=one.waiting,
            theirs=_command(one, request, "--theirs"),
            not_theirs=_command(one, request, "--not-theirs"),
        )
        for one in found
    )


def retries(found: tuple[DoubtedIdentifier, ...]) -> tuple[str, ...]:
    """The commands that let what waited go on once all is settled, one for each ticket."""
    refs = {one.ticket for each in found for one in each.waiting if one.again}
    return tuple(join(["dsar", "ticket", "act", ref, "retry", "--by", WHO]) for ref in sorted(refs))


def _command(one: DoubtedIdentifier, request: str, answer: str) -> str:
    pair = f"{one.kind}={one.value}"
    rest = ("--by", WHO, "--reason", "HOW-YOU-KNOW")
    return join(["dsar", "request", "identifier", request, pair, answer, *rest])
