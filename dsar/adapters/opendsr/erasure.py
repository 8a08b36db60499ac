"""An erasure is one request for each identity; its receipt waits until the processor is done.

The id of a request is drawn from the batch's idempotency key and the record's key: however often
the batch is tried again, in whatever process, it is the same request. It is asked after before it
is made, so it is made once.
"""

import hashlib
import uuid

from dsar.adapters.opendsr.opendsr_settings import Identity, OpenDsrSettings
from dsar.adapters.opendsr.processor import ERASURE, Processor, RequestState, Status
from dsar.adapters.opendsr.search import COLLECTION, awaited
from dsar.sdk import Batch, Done, Item, Later, NeedsHuman, Receipt


def erase(settings: OpenDsrSettings, processor: Processor, batch: Batch) -> list[Receipt]:
    """One receipt per item once all are settled; Later until then."""
    if batch.collection != COLLECTION:
        raise NeedsHuman(f"This source holds nothing but {COLLECTION}.")
    found = [_settled(processor, batch, item) for item in batch.items]
    waiting = [one for one in found if isinstance(one, Status)]
    if waiting:
        due = [status.due for status in waiting if status.due]
        reason = awaited(settings, len(waiting), str(max(due)) if due else "")
        # With a checkpoint nobody else waits for this person's requests; acting has its own.
        raise Later(reason, wait=settings.poll_seconds, checkpoint="erasure")
    return [one for one in found if isinstance(one, Receipt)]


def _settled(processor: Processor, batch: Batch, item: Item) -> Receipt | Status:
    """The item's receipt, or how its request stands while it is not over."""
    identity = Identity.of_key(item.key)
    if identity is None:
        return _failed(item, "This is no key of this source. Search it again.")
    if item.fields:
        return _failed(item, "OpenDSR erases all of an identity, not single fields.")
    if ERASURE not in processor.discovery.types or not processor.discovery.takes(identity):
        return _failed(item, "The processor takes no erasure for this kind of identity.")
    request = request_id(batch, item)
    status = processor.status(request)
    if status is None:
        refused = processor.submit(request, ERASURE, identity)
        status = processor.status(request)
        if status is None and refused:
            return _failed(item, f"{refused} Ask the processor.")
    if status is None:
        return Status(RequestState.PENDING)
    return _RECEIPTS[status.state](item) if status.state in _RECEIPTS else status


def request_id(batch: Batch, item: Item) -> str:
    """A UUID of version 4 by its form, the same whenever this very item is tried again."""
    parts = f"{batch.idempotency_key}\0{batch.collection}\0{item.key}"
    digest = hashlib.sha256(parts.encode("utf-8", "replace")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _failed(item: Item, reason: str) -> Receipt:
    return Receipt(COLLECTION, item.key, Done.FAILED, reason)


_RECEIPTS = {
    RequestState.COMPLETED: lambda item: Receipt(COLLECTION, item.key, Done.ERASED),
    RequestState.CANCELLED: lambda item: _failed(
        item, "The processor cancelled it. Ask the processor."
    ),
}
