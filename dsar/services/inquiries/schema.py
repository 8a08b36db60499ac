"""What an answer must look like: read strictly, every fault named by its place with the mend.

    {"outcome": "records", "records": [{"collection", "key", "data", "match"?, "subject"?,
                                        "attachments"?: [{"name", "media_type"?, "content"}]}],
     "identifiers"?: [{"kind", "value"}]}
    {"outcome": "nothing"}
    {"outcome": "receipts", "receipts": [{"collection", "key", "done", "reason"?}]}
    {"outcome": "cannot", "reason"}

No message repeats a value: it may be personal data.
"""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsar.domain.errors import BadInput
from dsar.domain.identity import normal
from dsar.domain.records import Attachment, Done, Match, Receipt, Record
from dsar.sdk import VERBS
from dsar.sdk.desk import Answer, Question
from dsar.services.inquiries.files import Drop

MOST_RECORDS = 100_000
LONGEST_KEY = 200
LONGEST_REASON = 300
DEEPEST = 20
_REASONED = frozenset({Done.KEPT, Done.FAILED})

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What the answer is held against: the verb, the question, the collections of the source."""

    verb: str
    question: Question
    collections: Collection[str]


def read(given: Any, asked: AnswerForm, drop: Drop) -> Answer:
    """The answer in what was sent; its files go into `drop`. Raises BadInput."""
    table = _table(given, "answer")
    outcomes = _OUTCOMES["find" if asked.verb == "find" else "act"]
    outcome = _text(table, "outcome", "", longest=20)
    if outcome not in outcomes:
        choice = ", ".join(f'"{name}"' for name in outcomes)
        raise BadInput("outcome", "is none of the choices.", f"Write one of {choice}.")
    return outcomes[outcome](table, asked, drop)


def _records(table: Table, asked: AnswerForm, drop: Drop) -> Answer:
    _only(table, {"outcome", "records", "identifiers"}, "")
    rows = _list(table, "records", "", most=MOST_RECORDS)
    if not rows:
        mend = 'Write {"outcome": "nothing"} where nothing is held.'
        raise BadInput("records", "is empty.", mend)
    found = tuple(_record(row, f"records[{n}]", asked, drop) for n, row in enumerate(rows))
    _refuse_doubles([(one.collection, one.key) for one in found], "records")
    pairs = _list(table, "identifiers", "", most=100) if "identifiers" in table else []
    known = tuple(_identifier(pair, f"identifiers[{n}]") for n, pair in enumerate(pairs))
    return Answer(records=found, identifiers=known)


def _record(given: Any, at: str, asked: AnswerForm, drop: Drop) -> Record:
    row = _table(given, at)
    _only(row, {"collection", "key", "data", "match", "subject", "attachments"}, f"{at}.")
    collection = _collection(row, at, asked)
    data = _table(row.get("data"), f"{at}.data")
    _refuse_depth(data, f"{at}.data")
    files = _list(row, "attachments", f"{at}.", most=100) if "attachments" in row else []
    return Record(
        collection=collection,
        key=_text(row, "key", f"{at}.", longest=LONGEST_KEY),
        data=dict(data),
        match=_choice(Match, row.get("match", Match.VERIFIED_IDENTIFIER), f"{at}.match"),
        subject=_text(row, "subject", f"{at}.", longest=LONGEST_KEY) if "subject" in row else None,
        attachments=tuple(
            _attachment(one, f"{at}.attachments[{n}]", drop) for n, one in enumerate(files)
        ),
    )


def _collection(row: Table, at: str, asked: AnswerForm) -> str:
    name = _text(row, "collection", f"{at}.", longest=120)
    if name not in asked.collections:
        choice = ", ".join(asked.collections)
        raise BadInput(f"{at}.collection", "is not one of this source's.", f"Use one of: {choice}.")
    return name


def _attachment(given: Any, at: str, drop: Drop) -> Attachment:
    """A file: sent inside the JSON as base64, or named by what came before it (`reference`)."""
    row = _table(given, at)
    if "reference" in row:
        return _dropped(row, at, drop)
    _only(row, {"name", "media_type", "content"}, f"{at}.")
    name = _text(row, "name", f"{at}.", longest=LONGEST_KEY)
    kind = row.get("media_type", "application/octet-stream")
    if not isinstance(kind, str) or "/" not in kind or len(kind) > 100:
        raise BadInput(f"{at}.media_type", "is no media type.", 'Write one such as "image/png".')
    try:
        content = base64.b64decode(row.get("content", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise BadInput(f"{at}.content", "is not base64.", "Encode the file's bytes.") from None
    dropped = drop.begin(name, kind)
    drop.write(content)
    drop.end()
    return dropped.attachment


def _dropped(row: Table, at: str, drop: Drop) -> Attachment:
    for dropped in drop.files:
        if dropped.reference == row["reference"]:
            return dropped.attachment
    raise BadInput(f"{at}.reference", "names no file that came along.", "Send its content.")


def _identifier(given: Any, at: str) -> tuple[str, str]:
    row = _table(given, at)
    _only(row, {"kind", "value"}, f"{at}.")
    kind, value = (_text(row, name, f"{at}.", longest=200) for name in ("kind", "value"))
    try:
        return kind, normal(kind, value)
    except BadInput as wrong:
        raise BadInput(f"{at}.value", wrong.problem, wrong.mend) from None


def _receipts(table: Table, asked: AnswerForm, drop: Drop) -> Answer:
    del drop
    _only(table, {"outcome", "receipts"}, "")
    rows = _list(table, "receipts", "", most=MOST_RECORDS)
    found = [_receipt(row, f"receipts[{n}]", asked) for n, row in enumerate(rows)]
    _refuse_doubles([(one.collection, one.key) for one in found], "receipts")
    by_place = {(one.collection, one.key): one for one in found}
    places = [(one.collection, one.key) for one in asked.question.wanted]
    missing = sum(place not in by_place for place in places)
    if missing:
        problem = f"{missing} of {len(places)} records have no receipt."
        raise BadInput("receipts", problem, "Give exactly one for each record of the question.")
    if len(by_place) > len(places):
        mend = "Give receipts for the records of the question only."
        raise BadInput("receipts", "names a record that was not asked about.", mend)
    return Answer(receipts=tuple(by_place[place] for place in places))


def _receipt(given: Any, at: str, asked: AnswerForm) -> Receipt:
    row = _table(given, at)
    _only(row, {"collection", "key", "done", "reason"}, f"{at}.")
    done = _choice(Done, row.get("done"), f"{at}.done", among=VERBS[asked.verb])
    reason = _text(row, "reason", f"{at}.", longest=LONGEST_REASON) if row.get("reason") else ""
    if done in _REASONED and not reason:
        raise BadInput(f"{at}.reason", "is missing.", "Say in a sentence why, naming nobody.")
    key = _text(row, "key", f"{at}.", longest=LONGEST_KEY)
    return Receipt(_collection(row, at, asked), key, done, reason)


def _nothing(table: Table, asked: AnswerForm, drop: Drop) -> Answer:
    del asked, drop
    _only(table, {"outcome"}, "")
    return Answer()


def _cannot(table: Table, asked: AnswerForm, drop: Drop) -> Answer:
    del asked, drop
    _only(table, {"outcome", "reason"}, "")
    return Answer(cannot=_text(table, "reason", "", longest=LONGEST_REASON))


_OUTCOMES: Mapping[str, Mapping[str, Callable[[Table, AnswerForm, Drop], Answer]]] = {
    "find": {"records": _records, "nothing": _nothing, "cannot": _cannot},
    "act": {"receipts": _receipts, "cannot": _cannot},
}


def _table(given: Any, at: str) -> Table:
    if not isinstance(given, Mapping):
        raise BadInput(at, "is no JSON object.", 'Write it as {"…": …}.')
    return given


def _only(table: Table, known: set[str], at: str) -> None:
    """A part we do not know is named by what we do know: its name may be a value put wrongly."""
    if not table.keys() <= known:
        mend = f"Known: {', '.join(sorted(known))}."
        raise BadInput(at.rstrip(".") or "answer", "has an unknown part.", mend)


def _list(table: Table, name: str, at: str, *, most: int) -> Sequence[Any]:
    value = table.get(name)
    if not isinstance(value, list):
        raise BadInput(f"{at}{name}", "is no list.", "Write it as […].")
    if len(value) > most:
        raise BadInput(f"{at}{name}", f"has more than {most} entries.", "Send fewer.")
    return value


def _text(table: Table, name: str, at: str, *, longest: int) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{at}{name}", "is missing or no text.", "Write it in quotes.")
    if len(value) > longest:
        raise BadInput(f"{at}{name}", f"is longer than {longest} characters.", "Shorten it.")
    return value.strip()


def _choice(kind: Any, value: Any, at: str, *, among: Collection[Any] | None = None) -> Any:
    allowed = [one for one in kind if among is None or one in among]
    if value not in [one.value for one in allowed]:
        choice = ", ".join(f'"{one}"' for one in allowed)
        raise BadInput(at, "is none of the choices.", f"Write one of {choice}.")
    return kind(value)


def _refuse_doubles(places: Sequence[tuple[str, str]], at: str) -> None:
    if len(set(places)) < len(places):
        mend = "Give each record of a collection a key of its own."
        raise BadInput(at, "names a record twice.", mend)


def _refuse_depth(value: Any, at: str, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise BadInput(at, f"is nested deeper than {DEEPEST} levels.", "Flatten it.")
    inner = value.values() if isinstance(value, Mapping) else value
    for one in inner if isinstance(value, Mapping | list) else ():
        _refuse_depth(one, at, depth + 1)
