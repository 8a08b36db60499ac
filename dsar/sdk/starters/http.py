"""Members of a club, in a system behind HTTP."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsar import sdk
from dsar.sdk.http import Reply, fetch

LABELS = {"id": "Number", "email": "E-mail address", "name": "Name"}
REFUSED = {404: (sdk.Done.MISSING, ""), 409: (sdk.Done.KEPT, "A fee is still owed.")}


@dataclass(frozen=True)
class Settings:
    url: str
    """Where its API begins."""
    token: str = field(repr=False)
    """Who we are to it."""


class Club(sdk.Adapter):
    name = "club"
    title = "Members of the club"
    identifies_by = ("email",)
    Settings = Settings

    def collections(self) -> Sequence[sdk.Collection]:
        fields = tuple(sdk.Field(name, {"en": label}) for name, label in LABELS.items())
        return [sdk.Collection("members", {"en": "Members"}, fields)]

    def find(self, subject: sdk.Subject, checkpoint: str | None = None) -> Iterator[sdk.Page]:
        page = int(checkpoint) if checkpoint and checkpoint.isdecimal() else 1
        wanted = [email for email in subject.values("email") if email]
        more = bool(wanted)
        while more:
            answers = [self._answer(query={"email": one, "page": page}).json() for one in wanted]
            rows = [row for answer in answers for row in answer["members"]]
            own = [row for row in rows if sdk.normal_form("email", row["email"]) in wanted]
            page, more = page + 1, any(answer["more"] for answer in answers)
            records = [sdk.Record("members", str(row["id"]), row) for row in own]
            yield sdk.Page(records, str(page) if more else None)

    def erase(self, batch: sdk.Batch) -> Iterator[sdk.Receipt]:
        if batch.collection != "members" or any(item.fields for item in batch.items):
            raise sdk.NeedsHuman("Only whole members can be erased here. Do the rest there.")
        for item in batch.items:
            status = self._answer(item.key, method="DELETE", also=REFUSED).status
            yield sdk.Receipt("members", item.key, *REFUSED.get(status, (sdk.Done.ERASED, "")))

    def _answer(self, *path: str, **request: Any) -> Reply:
        return fetch(self.settings.url, "members", *path, token=self.settings.token, **request)
