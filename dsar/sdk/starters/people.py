"""People in one JSON file: [{"id": 1, "email": "…", "name": "…"}, …]."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsar import sdk

FIELDS = (
    sdk.Field("id", {"en": "Number"}),
    sdk.Field("email", {"en": "E-mail address"}, category="contact", term="email"),
    sdk.Field("name", {"en": "Name"}, {"en": "As typed when the account was opened."}),
)


@dataclass(frozen=True)
class Settings:
    path: Path
    """The file with the people."""


class People(sdk.Adapter):
    name = "people"
    title = "People in a JSON file"
    identifies_by = ("email",)
    Settings = Settings

    def collections(self) -> Sequence[sdk.Collection]:
        return [sdk.Collection("people", {"en": "People"}, FIELDS)]

    def check(self) -> Sequence[sdk.Problem]:
        there = self.settings.path.is_file()
        return [] if there else [sdk.Problem("path", "is not a file.", "Correct it.")]

    def find(self, subject: sdk.Subject, checkpoint: str | None = None) -> Iterator[sdk.Page]:
        del checkpoint  # a single page: there is nothing to go on with
        wanted = {email for email in subject.values("email") if email}
        rows = self._rows()
        own = [row for row in rows if sdk.normal_form("email", row["email"]) in wanted]
        if own:
            yield sdk.Page([sdk.Record("people", str(row["id"]), row) for row in own])

    def erase(self, batch: sdk.Batch) -> list[sdk.Receipt]:
        if batch.collection != "people":
            raise sdk.NeedsHuman("This source holds nothing but people.")
        rows, gone = self._rows(), {item.key for item in batch.items}
        left = [row for row in rows if str(row["id"]) not in gone]
        self.settings.path.write_text(json.dumps(left), encoding="utf-8")
        there = {str(row["id"]) for row in rows}
        done = {True: sdk.Done.ERASED, False: sdk.Done.MISSING}
        return [sdk.Receipt("people", item.key, done[item.key in there]) for item in batch.items]

    def _rows(self) -> list[dict[str, Any]]:
        try:
            return list(json.loads(self.settings.path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise sdk.NeedsHuman("The file of people cannot be read. Restore it.") from None
