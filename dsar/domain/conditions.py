"""What must be true before a transition: the names in `needs`, as pure predicates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dsar.domain.rights import Right


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a condition may look at, gathered under the ticket's lock."""

    right: Right
    today: date
    identifiers: int = 0
    waits_for: tuple[str, ...] = ()
    some_asked: bool = False
    found_anybody: bool = False
    open_lines: tuple[str, ...] = ()
    unproven_lines: tuple[str, ...] = ()
    decided: bool = False
    doubts: tuple[str, ...] = ()
    marketing_only: bool = False
    reason: str = ""
    ground: str = ""
    refusal_grounds: tuple[str, ...] = ()
    decision_maker: str = ""
    extension_notice_by: date | None = None
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate, and the sentence that says why it does not hold and what to do."""

    holds: Callable[[Facts], bool]
    otherwise: Callable[[Facts], str]


def _in_time(facts: Facts) -> bool:
    last = facts.extension_notice_by
    return last is not None and facts.today <= last and not facts.extended


def _why_not_in_time(facts: Facts) -> str:
    if facts.extended:
        return "The period was extended before; there is one extension only."
    if facts.extension_notice_by is None:
        return "This law knows no extension for this right."
    return f"The notice had to be sent by {facts.extension_notice_by}; a late one has no effect."


def _why_no_ground(facts: Facts) -> str:
    right = facts.right.value.replace("_", " ")
    if not facts.refusal_grounds:
        return f"This law knows no ground against {right}: answer it."
    return f"Name a ground this law knows against {right}: {', '.join(facts.refusal_grounds)}."


CONDITIONS: dict[str, Condition] = {
    "identified": Condition(
        lambda f: f.identifiers > 0,
        lambda _: "The request names no identifier; add one before confirming who it is.",
    ),
    "its_turn": Condition(
        lambda f: not f.waits_for,
        lambda f: f"It waits until the copy was handed over: {', '.join(f.waits_for)}.",
    ),
    "decided": Condition(
        lambda f: f.decided,
        lambda _: "The policy has not been applied to the records yet; wait a moment.",
    ),
    "some_asked": Condition(
        lambda f: f.some_asked,
        lambda _: "No source was asked: none searches by an identifier that is known. Add one.",
    ),
    "somebody_found": Condition(
        lambda f: f.found_anybody,
        lambda _: "No source holds anything of this person; hand over that nothing is held.",
    ),
    "nobody_found": Condition(
        lambda f: not f.found_anybody,
        lambda _: "Something of this person is held; hand that over.",
    ),
    "no_doubt": Condition(
        lambda f: not f.doubts,
        lambda f: f"Somebody must rule on this first: {'; '.join(f.doubts)}.",
    ),
    "all_closed": Condition(
        lambda f: not f.open_lines,
        lambda f: f"These sources are still open: {', '.join(f.open_lines)}.",
    ),
    "all_proven": Condition(
        lambda f: not f.open_lines and not f.unproven_lines,
        lambda f: f"Not everything is proven done: {', '.join(f.open_lines + f.unproven_lines)}.",
    ),
    "not_all_proven": Condition(
        lambda f: bool(f.unproven_lines),
        lambda _: "Every source proved everything; deliver it as fulfilled.",
    ),
    "may_be_refused": Condition(
        lambda f: f.right.spec.refusable and not f.marketing_only,
        lambda _: "A withdrawal of consent or an objection to marketing cannot be refused.",
    ),
    "reasoned": Condition(
        lambda f: bool(f.reason.strip()),
        lambda _: "Give the reason; the person and the journal need it.",
    ),
    "ground_for_refusal": Condition(
        lambda f: f.ground in f.refusal_grounds,
        _why_no_ground,
    ),
    "decision_maker": Condition(
        lambda f: bool(f.decision_maker),
        lambda _: "Name the person who decided; a machine may not.",
    ),
    "in_time": Condition(_in_time, _why_not_in_time),
}


def unmet(needs: tuple[str, ...], facts: Facts) -> tuple[str, ...]:
    """The sentences that say what stands in the way; empty when nothing does."""
    return tuple(
        CONDITIONS[name].otherwise(facts) for name in needs if not CONDITIONS[name].holds(facts)
    )
