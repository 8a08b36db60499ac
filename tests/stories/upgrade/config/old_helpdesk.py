"""The helpdesk of the company whose database is upgraded: it does what its file `mood` says."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsar.sdk import (
    Adapter,
    Batch,
    Collection,
    Done,
    Field,
    Match,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)


@dataclass(frozen=True)
class HelpdeskSettings:
    """The folder with its cases (`cases.json`: by e-mail address) and its mood."""

    path: str


class Helpdesk(Adapter):
    """Answers and acts, unless its mood is "VERB hangs" or "VERB asks for a person"."""

    name = "old_helpdesk"
    title = "Helpdesk"
    identifies_by = ("email",)
    Settings = HelpdeskSettings

    def collections(self) -> Sequence[Collection]:
        fields = (
            Field("topic", {"en": "Topic"}),
            Field("text", {"en": "Text"}, about_others=True),
        )
        return [Collection("cases", {"en": "Cases"}, fields)]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        del checkpoint
        self._obey("find")
        cases = self._cases()
        rows = [
            row
            for address in subject.identifiers.get("email", ())
            for row in cases.get(address, [])
        ]
        match = Match.VERIFIED_IDENTIFIER
        yield Page([Record("cases", key, data, match) for key, data in rows])

    def erase(self, batch: Batch) -> Sequence[Receipt]:
        gone = {item.key for item in batch.items}
        kept = {
            address: [row for row in rows if row[0] not in gone]
            for address, rows in self._cases().items()
        }
        (Path(self.settings.path) / "cases.json").write_text(json.dumps(kept))
        self._obey("erase")  # what hangs has already erased: nobody can tell from outside
        return [Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items]

    def restrict(self, batch: Batch) -> Sequence[Receipt]:
        return [Receipt(batch.collection, item.key, Done.RESTRICTED) for item in batch.items]

    def lift(self, batch: Batch) -> Sequence[Receipt]:
        return [Receipt(batch.collection, item.key, Done.LIFTED) for item in batch.items]

    def _cases(self) -> dict[str, list[tuple[str, dict[str, str]]]]:
        found: dict[str, list[tuple[str, dict[str, str]]]] = json.loads(
            (Path(self.settings.path) / "cases.json").read_text()
        )
        return found

    def _obey(self, verb: str) -> None:
        mood = (Path(self.settings.path) / "mood").read_text().strip()
        if mood == f"{verb} hangs":
            time.sleep(600)
        if mood == f"{verb} asks for a person":
            raise NeedsHuman("The helpdesk is closed. Ask its team to open it.")
