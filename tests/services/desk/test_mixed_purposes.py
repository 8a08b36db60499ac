"""Marketing stops at once and knows no refusal, whatever else the person objects to (Art. 21(3))."""

import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import Company

STOPPED = "Lotta Lindqvist,2024-01-05,no"


@pytest.mark.parametrize("purposes", [("newsletter", "scoring"), ()])
def test_marketing_stops_while_the_rest_is_balanced_and_refused(
    small: Company, purposes: tuple[str, ...]
) -> None:
    rest = small.ask(Right.OBJECTION, purposes=purposes)
    marketing = f"{rest.rpartition('-')[0]}-2"
    small.work()
    assert small.state(rest) == "in_review"
    assert small.state(marketing) not in {"received", "in_review", "refused"}
    assert STOPPED in small.subscribers()
    small.act(rest, Event.REFUSE, ground="objection_compelling", reason="fraud is prevented so")
    assert small.state(rest) == "refused"
    assert STOPPED in small.subscribers()


def test_the_objection_to_marketing_cannot_be_refused(small: Company) -> None:
    request = small.file(Right.OBJECTION, purposes=("newsletter", "scoring"))
    with pytest.raises(NotAllowed, match="cannot be refused"):
        small.act(f"{request}-2", Event.REFUSE, ground="objection_compelling", reason="we like it")
