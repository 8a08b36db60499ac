"""Does the open work of an installation in this very process: for demo, command line and tests."""

import threading
import time

from dsar.services.runtime.installation import Installation
from dsar.services.ticket.run_task import claim, perform, sweep
from dsar.services.upkeep.logs import following
from workers.handlers import QUEUES

#: How long to wait before looking again while something is only due a moment later.
_PAUSE = 0.2


def run_until_idle(installation: Installation, *, seconds: float = 0.0, owner: str = "here") -> int:
    """Runs every ready task, best first; returns how many. Waits up to `seconds` for later ones."""
    done, until = 0, time.monotonic() + seconds
    while True:
        did = _round(installation, owner)
        done += did
        if did:
            continue
        if time.monotonic() >= until:
            return done
        sweep(installation)
        time.sleep(_PAUSE)


def _round(installation: Installation, owner: str) -> int:
    """One pass over the queues."""
    done, stopping = 0, threading.Event()
    for queue, handlers in QUEUES.items():
        lease = claim(installation, queue=queue, kinds=tuple(handlers), owner=owner)
        while lease is not None:
            with following(lease):
                lease = perform(installation, lease, stopping=stopping, handlers=handlers)
            done += 1
    return done
