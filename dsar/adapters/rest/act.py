"""Changes records one by one, each request under its own idempotency key, each with its receipt."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dsar.adapters.http import Client, HttpAnswer
from dsar.adapters.rest import paths, templates
from dsar.adapters.rest.rest_settings import Endpoint, ErasedWith, RestCollection, RestSettings
from dsar.sdk import Batch, Done, Item, NeedsHuman, Receipt

_METHODS: Mapping[str, str] = {
    "erase": "DELETE",
    "rectify": "PATCH",
    "restrict": "PATCH",
    "lift": "PATCH",
    "object_to": "PATCH",
}
#: What a refused change means where the declaration does not say.
_REFUSALS: Mapping[int, str] = {
    400: "the request is not as the system wants it; correct the declaration's body",
    405: "the system has no such method here; correct the declaration",
    409: "another state of the record stands against it (conflict); look there",
    412: "a condition of the system is not met; look there",
    415: "the system wants another type of content; correct the declaration",
    422: "the system does not take the values; look there",
    423: "the record is locked there; look there",
    451: "the system may not for legal reasons; ask its operator",
}


class BatchAction:
    """One verb on one batch."""

    def __init__(self, client: Client, settings: RestSettings, verb: str, batch: Batch) -> None:
        self._client = client
        self._settings = settings
        self._verb = verb
        self._batch = batch

    def receipts(self) -> Iterator[Receipt]:
        """One per item, each as soon as it is there: what breaks off goes on behind them."""
        declared = self._settings.collections.get(self._batch.collection)
        for item in self._batch.items:
            if declared is None:
                reason = f"The source declares no collection {self._batch.collection}."
                yield self._receipt(item, Done.FAILED, reason)
            else:
                yield self._one(declared, item)

    def _one(self, declared: RestCollection, item: Item) -> Receipt:
        planned = _PLANS[self._verb](declared, self._batch, item)
        if isinstance(planned, tuple):
            return self._receipt(item, *planned)
        endpoint, done, changes = planned.endpoint, planned.done, planned.changes
        values = {"key": item.key, "changes": changes}
        try:
            path = templates.path(endpoint.path, values)
        except NeedsHuman as refused:
            return self._receipt(item, Done.FAILED, refused.reason)
        self._settings.pace.wait()
        reply = self._client.request(
            endpoint.method or planned.method,
            path,
            query=templates.query(endpoint.query, values),
            headers={**self._settings.headers, "idempotency-key": self._key(item)},
            body=None if planned.body is None else templates.body(planned.body, values),
        )
        return self._receipt(item, *self._judged(endpoint, reply, (done, planned.reason)))

    def _judged(
        self, endpoint: Endpoint, reply: HttpAnswer, done: tuple[Done, str]
    ) -> tuple[Done, str]:
        if reply.status == 202 and not endpoint.accepted:
            return Done.FAILED, (
                "The system only promised to do it (202). Try again once it has, or declare "
                "accepted = true if that is all it ever says."
            )
        if reply.ok:
            return done
        if reply.status in endpoint.missing:
            return Done.MISSING, ""
        kept = endpoint.kept.get(str(reply.status))
        if kept:
            return Done.KEPT, kept
        why = _REFUSALS.get(reply.status, "look there, and do it by hand")
        return Done.FAILED, f"The system refuses ({reply.status}): {why}."

    def _key(self, item: Item) -> str:
        """The same whenever this very change is tried again; says nothing about the record."""
        parts = (self._verb, self._batch.idempotency_key, self._batch.collection, item.key)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]

    def _receipt(self, item: Item, done: Done, reason: str = "", code: str = "") -> Receipt:
        return Receipt(self._batch.collection, item.key, done, reason, code)


class PlannedRequest:
    """The request for one item, and what it means that it is answered well."""

    __slots__ = ("body", "changes", "done", "endpoint", "method", "reason")

    def __init__(
        self,
        endpoint: Endpoint,
        method: str,
        done: Done,
        *,
        body: Any = None,
        changes: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        self.endpoint = endpoint
        self.method = method
        self.done = done
        self.body = endpoint.body if body is None else body
        self.changes = changes or {}
        self.reason = reason


Plan = PlannedRequest | tuple[Done, str] | tuple[Done, str, str]


def _undeclared(verb: str, batch: Batch) -> Plan:
    return Done.FAILED, (
        f"{batch.collection} declares no {verb}. Declare its request, or do it by hand there."
    )


def _erase(declared: RestCollection, batch: Batch, item: Item) -> Plan:
    """The whole record; single fields only where the system can be given corrections."""
    if item.fields:
        plan = _written(declared, batch, dict.fromkeys(item.fields))
        if isinstance(plan, PlannedRequest):
            plan.done = Done.ANONYMISED
            return plan
        return Done.FAILED, f"Only some fields are to go. {plan[1]}"
    if declared.erased_with:
        return _looked_for(declared.erased_with)
    if declared.erase is None:
        return _undeclared("erase", batch)
    return PlannedRequest(declared.erase, _METHODS["erase"], Done(declared.erase.done))


def _looked_for(taken: ErasedWith) -> Plan:
    """Nothing is erased here: a record that is gone is missing, one that is still there a failure.

    It is never called erased, since nobody saw it go: it may have been gone before.
    """
    looking = Endpoint(path=taken.path, query=taken.query, missing=taken.missing)
    left = f"It is still there, although it goes with {taken.collection}. Look there."
    return PlannedRequest(looking, "GET", Done.FAILED, reason=left)


def _rectify(declared: RestCollection, batch: Batch, item: Item) -> Plan:
    if not item.changes:
        return Done.FAILED, "Nothing to change was given. Name the field and its new value."
    return _written(declared, batch, item.changes)


def _written(declared: RestCollection, batch: Batch, changes: Mapping[str, Any]) -> Plan:
    for name in changes:
        if name not in declared.columns:
            return Done.FAILED, f"{batch.collection} declares no field {name}. Correct its name."
        if name == declared.key:
            return Done.FAILED, f"{name} is the record's key and is never changed."
    if declared.rectify is None:
        return _undeclared("rectify", batch)
    return PlannedRequest(
        declared.rectify,
        _METHODS["rectify"],
        Done.RECTIFIED,
        body="{changes}" if declared.rectify.body is None else None,
        changes=paths.gathered(changes, declared.spread),
    )


def _restrict(declared: RestCollection, batch: Batch, item: Item) -> Plan:
    del item
    if declared.restrict is None:
        return _undeclared("restrict", batch)
    return PlannedRequest(declared.restrict, _METHODS["restrict"], Done.RESTRICTED)


def _lift(declared: RestCollection, batch: Batch, item: Item) -> Plan:
    del item
    if declared.lift is None:
        return _undeclared("lift", batch)
    return PlannedRequest(declared.lift, _METHODS["lift"], Done.LIFTED)


def _object_to(declared: RestCollection, batch: Batch, item: Item) -> Plan:
    del item
    endpoint = declared.object_to
    if endpoint is None:
        return _undeclared("object_to", batch)
    if endpoint.purposes and not set(endpoint.purposes) & set(batch.purposes):
        stopped = ", ".join(endpoint.purposes)
        told = f"{batch.collection} takes objections to {stopped} only."
        return Done.KEPT, told, "other_purposes"
    return PlannedRequest(endpoint, _METHODS["object_to"], Done.STOPPED)


_PLANS: Mapping[str, Callable[[RestCollection, Batch, Item], Plan]] = {
    "erase": _erase,
    "rectify": _rectify,
    "restrict": _restrict,
    "lift": _lift,
    "object_to": _object_to,
}
