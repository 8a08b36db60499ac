"""Does the open work of a house in this very process: for the demo, the command line and tests."""

import threading
import time

from dsar.services.house import House
from dsar.services.tasks import claim, perform, sweep
from dsar.services.upkeep.logs import following
from workers.handlers import QUEUES

#: How long to wait before looking again while something is only due a moment later.
_PAUSE = 0.2


def drive(house: House, *, seconds: float = 0.0, owner: str = "here") -> int:
    """Runs every ready task, best first; returns how many. Waits up to `seconds` for later ones."""
    done, until = 0, time.monotonic() + seconds
    while True:
        did = _round(house, owner)
        done += did
        if did:
            continue
        if time.monotonic() >= until:
            return done
        sweep(house)
        time.sleep(_PAUSE)


def _round(house: House, owner: str) -> int:
    """One pass over the queues."""
    done, stopping = 0, threading.Event()
    for queue, handlers in QUEUES.items():
        lease = claim(house, queue=queue, kinds=tuple(handlers), owner=owner)
        while lease is not None:
            with following(lease):
                lease = perform(house, lease, stopping=stopping, handlers=handlers)
            done += 1
    return done
