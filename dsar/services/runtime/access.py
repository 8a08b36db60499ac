"""Who may look at what: the one door to tickets and requests by their reference.

Every read takes who looks. For now staff may see all; what only some of them may see is decided
here, and nowhere else.
"""

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import By
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Unit
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import by_ref, request_by_ref, unknown

_SEE_ALL = frozenset({By.STAFF, By.SYSTEM})


def ticket_for(session: Unit, viewer: Actor, ref: str) -> Ticket:
    """The ticket with that reference.

    Raises NotFound where there is none, or none this viewer may see: the two cannot be told apart.
    """
    if viewer.by not in _SEE_ALL:
        raise unknown("ticket", ref)
    return by_ref(session, ref)


def request_for(session: Unit, viewer: Actor, ref: str) -> Request:
    """The request with that reference; raises NotFound as `ticket_for` does."""
    if viewer.by not in _SEE_ALL:
        raise unknown("request", ref)
    return request_by_ref(session, ref)


def staff_only(viewer: Actor) -> None:
    """Raises NotAllowed for whoever may not look at what is staff's to see."""
    if viewer.by not in _SEE_ALL:
        raise NotAllowed("Only staff may look at this.")
