"""An adapter that does on demand what none should: hang, eat, die, lie, shout."""

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Done,
    Field,
    Later,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)

PERSON = "lotta.lindqvist@mail.example"


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    words: tuple[str, ...] = ("a",)
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Settings:
    does: str = "answer"
    note: Path | None = None
    inner: Inner = field(default_factory=Inner)
    from_: str = "x"


def _hang() -> None:
    time.sleep(600)


def _spin() -> None:
    while True:
        pass


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(b"x" * (1 << 20))


def _eat_at_once() -> None:
    (b"x" * (4 << 30)).count(b"y")


def _eat_beside_the_heap() -> None:
    """Shared memory is none of the process's own data; what it uses is seen all the same."""
    import mmap

    space = mmap.mmap(-1, 1 << 30)
    while True:
        for at in range(0, 1 << 30, 4096):
            space[at] = 1
        time.sleep(0.2)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave() -> None:
    os._exit(3)


def _exit() -> None:
    sys.exit("bye")


def _crash() -> None:
    ctypes.string_at(0)


def _raise() -> None:
    raise ValueError(f"{PERSON} is not a number")


def _log() -> None:
    sys.stdout.write(PERSON)
    sys.stderr.write(PERSON)
    logging.getLogger("strange.inside").error("what about %s", PERSON)
    logging.getLogger("strange.inside").error("what about " + PERSON)  # noqa: G003


def _later() -> None:
    raise Later("Started.", wait=5, checkpoint="job 7")


def _person() -> None:
    raise NeedsHuman("Renew the password.")


def _start_others() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # strange"])
    time.sleep(600)


DOES: dict[str, Any] = {
    "hang": _hang,
    "spin": _spin,
    "eat": _eat,
    "eat_at_once": _eat_at_once,
    "eat_beside_the_heap": _eat_beside_the_heap,
    "kill": _kill,
    "leave": _leave,
    "exit": _exit,
    "crash": _crash,
    "raise": _raise,
    "log": _log,
    "later": _later,
    "person": _person,
    "others": _start_others,
    "answer": lambda: None,
}

VALUES: dict[str, Any] = {
    "nan": float("nan"),
    "bytes": b"x",
    "surrogate": "a\ud800",
    "deep": json.loads("[" * 500 + "]" * 500),
    "big": "x" * (3 << 20),
}


class Strange(Adapter):
    name = "strange"
    title = "Strange system"
    identifies_by = ("email",)
    gives = ("customer_number",)
    Settings = Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if settings.does.startswith("opening "):
            DOES[settings.does.removeprefix("opening ")]()

    def collections(self) -> Sequence[Collection]:
        fields = (Field("text", {"en": "Text", "de": "Text"}, category="content", term="note"),)
        return [Collection("notes", {"en": "Notes"}, fields, {"en": "Kept."})]

    def check(self) -> Sequence[Problem]:
        told = [f"{k}" for k in sorted(os.environ)]
        return [Problem("environment", " ".join(told), f"{self.settings.inner.words}")]

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        first = [Record("notes", "1", {"text": self._first()}, attachments=(FILE,))]
        if checkpoint is None:
            yield Page(first, "1", (("customer_number", "K-4711"),))
        if self.settings.does == "text":
            yield "no page"  # type: ignore[misc]
        DOES.get(self.settings.does, DOES["answer"])()
        yield Page([Record("notes", "2", {"text": subject.values("email")[0]}, subject="7")])

    def _first(self) -> Any:
        return VALUES.get(self.settings.does, "first")

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        yield b""
        yield f"{collection} {key} {attachment.name} ".encode()
        yield b"x" * (3 << 20)

    def erase(self, batch: Batch) -> Iterable[Receipt]:
        if self.settings.does.startswith("twice "):
            return self._twice(batch)
        DOES.get(self.settings.does, DOES["answer"])()
        done = {"garbled": "no such end"}.get(self.settings.does, Done.ERASED)
        return [Receipt(batch.collection, item.key, done) for item in batch.items]  # type: ignore[arg-type]

    def _twice(self, batch: Batch) -> Iterator[Receipt]:
        """Two receipts, then what it does."""
        for number, item in enumerate(batch.items):
            time.sleep(0.15)
            if number == 2:
                DOES[self.settings.does.removeprefix("twice ")]()
            yield Receipt(batch.collection, item.key, Done.ERASED)

    def close(self) -> None:
        if self.settings.note is not None:
            self.settings.note.write_text("closed")


FILE = Attachment(
    "f1", "Årsbesked.pdf", "application/pdf", len("notes 1 Årsbesked.pdf ".encode()) + (3 << 20)
)
