"""An adapter in a child process, as the Adapter the engine knows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from typing import Any, TypeVar

import structlog

from dsar.domain.errors import BadInput
from dsar.sandbox import wire
from dsar.sandbox.pool import NURSERY, Child, ProcessStopped
from dsar.sdk import (
    VERBS,
    Adapter,
    Attachment,
    Batch,
    Collection,
    Later,
    Limits,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Subject,
    can,
)
from dsar.sdk.limits import MIB

log = structlog.get_logger("dsar.sources")

T = TypeVar("T")


class SandboxedAdapter(Adapter):
    """The engine's side of an adapter in a child process; subclassed for each kind of adapter."""

    kind: type[Adapter]

    def __init__(self, settings: Any, *, source: str, limits: Limits) -> None:
        super().__init__(settings)
        self._source, self._limits = source, limits
        self._key = f"{source} {self.kind.__module__}:{self.kind.__qualname__} {limits}"
        told, self._child = self._opened()
        self.identifies_by = tuple(map(str, told["identifies_by"]))
        self.gives = tuple(map(str, told["gives"]))

    def _opened(self) -> tuple[dict[str, Any], Child]:
        """An idle child may have ended of itself in this very moment; then a fresh one is asked."""
        asked, last = self._opening(), None
        for fresh in (False, True):
            child = NURSERY.take(self._key, fresh=fresh)
            reused = child.uses > 1
            try:
                return child.ask(asked, self._source, self._limits), child
            except ProcessStopped as stopped:
                alive, last = child.alive, stopped
                NURSERY.give_back(self._key, child, self._limits)
                if alive or not reused:
                    raise
            except (Later, NeedsHuman):
                NURSERY.give_back(self._key, child, self._limits)
                raise
        raise last or ProcessStopped("Its process did not start.")

    def _opening(self) -> dict[str, Any]:
        limits = self._limits
        return {
            "do": "open",
            "adapter": f"{self.kind.__module__}:{self.kind.__qualname__}",
            "settings": sendable(self.settings, at=f"sources.{self._source}"),
            "at": f"sources.{self._source}",
            "memory": limits.memory_mb * MIB,
            "processor_seconds": limits.processor_seconds,
            "depth": limits.depth,
            "longest": limits.page_mb * MIB,
        }

    def _ask(self, do: str, **more: Any) -> Any:
        return self._child.ask({"do": do, **more}, self._source, self._limits)

    def _read(self, convert: Callable[[Any], T], said: Any) -> T:
        """What was said as a value of the SDK; a child that says anything else is stopped."""
        try:
            return convert(said)
        except (AttributeError, KeyError, TypeError, ValueError):
            self._child.end_garbled()

    def _many(self, convert: Callable[[Any], T], said: Any) -> list[T]:
        return self._read(lambda rows: [convert(row) for row in rows], said)

    def collections(self) -> Sequence[Collection]:
        return self._many(wire.to_collection, self._ask("collections"))

    def check(self) -> Sequence[Problem]:
        return self._many(wire.to_problem, self._ask("check"))

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        wanted = {kind: list(values) for kind, values in subject.identifiers.items()}
        stream = self._ask("find", subject=wanted, checkpoint=checkpoint)
        for said in self._flow(stream):
            yield self._read(wire.to_page, said)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        of = {"collection": collection, "key": key, "attachment": asdict(attachment)}
        yield from self._flow(self._ask("read", **of))

    def _flow(self, stream: int) -> Iterator[Any]:
        """Item by item as the engine asks; a flow that is broken off is dropped over there too."""
        try:
            while (item := self._ask("next", stream=stream)) is not None:
                yield item
        finally:
            if self._child.alive:
                with suppress(ProcessStopped, Later, NeedsHuman):
                    self._ask("drop", stream=stream)

    def act(self, verb: str, batch: Batch) -> Iterator[Receipt]:
        """Any verb that takes a batch; the receipts as they are given."""
        for said in self._flow(self._ask("act", verb=verb, batch=wire.from_batch(batch))):
            yield from self._many(wire.to_receipt, said)

    def close(self) -> None:
        """The adapter is closed; its child waits for the next task."""
        if self._child.alive:
            try:
                self._ask("close")
            except (ProcessStopped, Later, NeedsHuman):
                log.warning("adapter.not_closed", source=self._source)
                self._child.stop()
        NURSERY.give_back(self._key, self._child, self._limits)


def sendable(settings: Any, *, at: str) -> Any:
    """Settings as they are sent to the child; BadInput where they hold what cannot be sent."""
    try:
        return wire.from_settings(settings)
    except TypeError as error:
        problem = f"holds a {error}, which cannot be given to a process of its own."
        raise BadInput(at, problem, "Write it as text, or set isolated = false.") from None


def _verb(verb: str) -> Callable[[SandboxedAdapter, Batch], Iterator[Receipt]]:
    return lambda adapter, batch: adapter.act(verb, batch)


@cache
def isolated(kind: type[Adapter]) -> type[SandboxedAdapter]:
    """The class that stands for `kind` here: same names, same settings, the verbs it has."""
    told = {name: getattr(kind, name, "") for name in ("name", "title", "Settings", "repeatable")}
    verbs = {verb: _verb(verb) for verb in (*VERBS, "probe") if can(kind, verb)}
    return type(f"Isolated{kind.__name__}", (SandboxedAdapter,), {"kind": kind, **told, **verbs})
