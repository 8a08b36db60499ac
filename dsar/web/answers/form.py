"""What a colleague fills in, turned into an answer; and the fields it is filled in with."""

from collections.abc import Iterator, Mapping
from typing import Any

from dsar.domain.records import Done
from dsar.sdk import VERBS
from dsar.sdk.desk import Wanted
from dsar.services.inquiries.answers import OpenedLink
from dsar.services.inquiries.files import IncomingFile
from dsar.web.answers.multipart import MultipartForm

#: Blank entries a page begins with, per collection, and how many more are asked for at once.
LINES, MORE_LINES, MOST_LINES = 2, 5, 100
#: The collection of files sent along: each file a record of its own.
FILES = "files"

_REASONED = frozenset({Done.KEPT.value, Done.FAILED.value})


class MissingInput(Exception):  # noqa: N818 - the form is
    """Something is missing: the field's id and the key of the words that say what."""

    def __init__(self, field: str, word: str) -> None:
        super().__init__(word)
        self.field = field
        self.word = word


def kind(opened: OpenedLink) -> str:
    """Which of the three forms: to find, to look again, to act."""
    if opened.verb != "find":
        return "act"
    return "again" if opened.question.wanted else "find"


def answer(opened: OpenedLink, form: MultipartForm) -> dict[str, Any]:
    """The answer as the protocol has it. Raises MissingInput."""
    outcome = form.fields.get("outcome", "")
    if outcome == "cannot":
        reason = form.fields.get("reason", "").strip()
        if not reason:
            raise MissingInput("reason", "reason")
        return {"outcome": "cannot", "reason": reason}
    return _ANSWERS[kind(opened)](opened, form, outcome)


def _find(opened: OpenedLink, form: MultipartForm, outcome: str) -> dict[str, Any]:
    note = form.fields.get("note", "").strip()
    rows = [*_entries(opened, form), *_files([file for _, file in form.files], note)]
    if outcome == "nothing":
        if rows:
            raise MissingInput("outcome-nothing", "contradiction")
        return {"outcome": "nothing"}
    if outcome != "records":
        raise MissingInput("outcome-records", "outcome")
    if not rows:
        raise MissingInput("outcome-records", "empty")
    return {"outcome": "records", "records": rows}


def _entries(opened: OpenedLink, form: MultipartForm) -> Iterator[dict[str, Any]]:
    for name, collection in opened.collections.items():
        for number in range(1, lines(form.fields) + 1):
            data = {
                field.name: text
                for field in collection.fields
                if (text := form.fields.get(place(name, number, field.name), "").strip())
            }
            if data and name != FILES:
                yield {"collection": name, "key": str(number), "data": data}


def _files(files: list[IncomingFile], note: str) -> Iterator[dict[str, Any]]:
    for number, file in enumerate(files, start=1):
        data = {"name": file.name, **({"note": note} if note else {})}
        row = {"collection": FILES, "key": str(number), "data": data}
        yield {**row, "attachments": [{"reference": file.reference}]}


def place(collection: str, number: int, field: str) -> str:
    """The name and id of one input."""
    return f"{collection}.{number}.{field}"


def lines(fields: Mapping[str, str]) -> int:
    """How many entries of each collection the page offers."""
    text = fields.get("lines", "")
    asked = int(text) if text.isdecimal() and len(text) < 5 else LINES
    return min(max(asked, LINES), MOST_LINES)


def _act(opened: OpenedLink, form: MultipartForm, outcome: str) -> dict[str, Any]:
    if outcome != "receipts":
        raise MissingInput("outcome-receipts", "outcome")
    allowed = {done.value for done in VERBS[opened.verb]}
    rows = []
    for number, one in enumerate(opened.question.wanted):
        done = form.fields.get(f"done.{number}") or form.fields.get("done.all", "")
        why = form.fields.get(f"why.{number}", "").strip() or form.fields.get("why.all", "").strip()
        if done not in allowed:
            raise MissingInput("done.all", "done")
        if done in _REASONED and not why:
            raise MissingInput(f"why.{number}", "why")
        reason = {"reason": why} if done in _REASONED else {}
        rows.append({"collection": one.collection, "key": one.key, "done": done, **reason})
    return {"outcome": "receipts", "receipts": rows}


def _again(opened: OpenedLink, form: MultipartForm, outcome: str) -> dict[str, Any]:
    """What a second look finds: what is gone is not there, what was corrected reads as asked."""
    if outcome != "looked":
        raise MissingInput("outcome-looked", "outcome")
    rows = []
    for number, one in enumerate(opened.question.wanted):
        said = form.fields.get(f"done.{number}") or form.fields.get("done.all", "")
        if said not in {"gone", "still"}:
            raise MissingInput("done.all", "done")
        data = _left(one, done=said == "gone")
        if data is not None:
            rows.append({"collection": one.collection, "key": one.key, "data": data})
    return {"outcome": "records", "records": rows} if rows else {"outcome": "nothing"}


def _left(one: Wanted, *, done: bool) -> dict[str, Any] | None:
    if not done:
        return dict(one.data)
    if one.changes:
        return {**one.data, **one.changes}
    if one.fields:
        return {name: value for name, value in one.data.items() if name not in one.fields}
    return None


_ANSWERS = {"find": _find, "act": _act, "again": _again}
