"""The `start` task: a ticket that waited for another's copy looks whether its turn has come."""

from dsar.services.runtime.installation import Installation
from dsar.services.ticket.run_task import Run, finishing


def start(installation: Installation, run: Run) -> None:
    """Completing the task settles the ticket, and settling starts it if nothing is in the way."""
    del installation
    with finishing(run):
        pass
