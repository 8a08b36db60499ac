"""How often one address may come: so many times a minute, counted in this process."""

import threading
import time
from collections.abc import Callable
from ipaddress import ip_address

WINDOW = 60.0
#: Addresses remembered at once; whoever floods us with addresses makes us forget the oldest.
MOST = 10_000


class Rate:
    """Counts visits per address and minute. IPv6 addresses count by their /64 network."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seen: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def admits(self, address: str) -> bool:
        """Whether this visit may go on."""
        now, key = self._clock(), _network(address)
        with self._lock:
            since, count = self._seen.pop(key, (now, 0))
            if now - since >= WINDOW:
                since, count = now, 0
            self._seen[key] = (since, count + 1)
            if len(self._seen) > MOST:
                self._seen.pop(next(iter(self._seen)))
            return count < self._most


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(found) if found.version == 4 else found.exploded[:19]
