"""The `start` task: a ticket that waited for another's copy looks whether its turn has come."""

from dsar.services.house import House
from dsar.services.tasks import Run, finishing


def start(house: House, run: Run) -> None:
    """Completing the task settles the ticket, and settling starts it if nothing is in the way."""
    del house
    with finishing(run):
        pass
