"""Which purposes of a request become a ticket of their own: what the law treats differently.

An objection to direct marketing is carried out at once and knows no refusal (Art. 21(2) and (3));
one to anything else is balanced (Art. 21(1)). Named together, neither may hold up or outweigh the
other. Withdrawn consent for marketing that rests on another basis is such an objection: a person
need not know on which basis they are written to.
"""

from collections.abc import Sequence

from dsar.domain.policy import Policy, stopped_by_objection, stopped_by_withdrawal
from dsar.domain.rights import Right

Part = tuple[Right, tuple[str, ...]]


def parts(right: Right, purposes: Sequence[str], policy: Policy) -> tuple[Part, ...]:
    """The tickets one right becomes: each with the purposes it is about, empty for all."""
    if right is Right.OBJECTION:
        return _objections(purposes, policy)
    if right is Right.CONSENT_WITHDRAWAL:
        return _withdrawals(purposes, policy)
    return ((right, ()),)


def _objections(purposes: Sequence[str], policy: Policy) -> tuple[Part, ...]:
    """What is balanced, then marketing; who names nothing objects to all that one can object to."""
    known = policy.activities
    meant = tuple(purposes) or tuple(n for n, one in known.items() if stopped_by_objection(one))
    marketing = tuple(name for name in meant if known[name].marketing)
    rest = tuple(name for name in meant if not known[name].marketing)
    found = tuple((Right.OBJECTION, names) for names in (rest, marketing) if names)
    return found or ((Right.OBJECTION, ()),)


def _withdrawals(purposes: Sequence[str], policy: Policy) -> tuple[Part, ...]:
    known = policy.activities
    objected = tuple(
        name
        for name in purposes
        if known[name].marketing and not stopped_by_withdrawal(known[name])
    )
    rest = tuple(name for name in purposes if name not in objected)
    found: tuple[Part, ...] = ((Right.CONSENT_WITHDRAWAL, rest),) if rest or not purposes else ()
    return found + (((Right.OBJECTION, objected),) if objected else ())


def tickets(rights: Sequence[Right], purposes: Sequence[str], policy: Policy) -> tuple[Part, ...]:
    """The tickets of a whole request, in order; what two rights lead to is filed once."""
    every = (part for right in rights for part in parts(right, purposes, policy))
    return tuple(dict.fromkeys(every))
