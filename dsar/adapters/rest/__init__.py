"""Any HTTP API that answers JSON, by declaration: what to ask, what the answers mean, how to act.

Nothing but the declared host is asked; a record that does not carry the identifier asked for is
never handed on; each change goes out under an idempotency key of its own.
"""

from collections.abc import Iterator, Sequence

from dsar.adapters.dictionary import collection
from dsar.adapters.http import Client
from dsar.adapters.rest import check
from dsar.adapters.rest.act import BatchAction
from dsar.adapters.rest.rest_settings import RestSettings
from dsar.adapters.rest.search import Search, listed
from dsar.sdk import Adapter, Batch, Collection, NeedsHuman, Page, Problem, Receipt, Subject


class Rest(Adapter):
    """The collections of one HTTP API."""

    name = "rest"
    title = "HTTP API"
    Settings = RestSettings

    settings: RestSettings

    def __init__(self, settings: RestSettings) -> None:
        super().__init__(settings)
        self.identifies_by = settings.identifies_by
        self.gives = settings.gives
        self._client = Client(settings, settings.credentials)

    def collections(self) -> Sequence[Collection]:
        """Every declared collection, those that lead to others first.

        Those that are erased with another stand before it, so that their turn comes after its.
        """
        declared = self.settings.collections
        return [
            collection(name, declared[name].title, declared[name].meaning, declared[name].columns)
            for name in listed(declared)
        ]

    def check(self) -> Sequence[Problem]:
        """The declaration against itself, and against what the system answers about nobody."""
        return check.problems(self._client, self.settings)

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """Each declared way in turn, page by page as the system gives them."""
        self._refuse_faults()
        yield from Search(self._client, self.settings, subject).pages(checkpoint)

    def erase(self, batch: Batch) -> Iterator[Receipt]:
        """One request for each record; single fields are emptied as a correction."""
        return self._act("erase", batch)

    def rectify(self, batch: Batch) -> Iterator[Receipt]:
        """Sends the corrected values."""
        return self._act("rectify", batch)

    def restrict(self, batch: Batch) -> Iterator[Receipt]:
        """Sends the request the collection declares for restriction."""
        return self._act("restrict", batch)

    def lift(self, batch: Batch) -> Iterator[Receipt]:
        """Sends the request the collection declares for a restriction that has ended."""
        return self._act("lift", batch)

    def object_to(self, batch: Batch) -> Iterator[Receipt]:
        """Sends the request the collection declares for objections."""
        return self._act("object_to", batch)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _act(self, verb: str, batch: Batch) -> Iterator[Receipt]:
        self._refuse_faults()
        return BatchAction(self._client, self.settings, verb, batch).receipts()

    def _refuse_faults(self) -> None:
        """A declaration that contradicts itself is not asked by."""
        fault = next(check.faults(self.settings), None)
        if fault:
            raise NeedsHuman(str(fault))
