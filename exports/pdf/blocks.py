"""Turns a document and its printed rows into a sequence of HTML blocks, ready to be laid out.

A block is exactly one top-level element. Blocks come in reading order, so that a layout engine can
take them in portions. Every value passes autoescaping and `printable`;
the only addresses that become links are https and mailto.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import IO, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from dsar.domain.clock import Dates
from dsar.domain.coverage import TicketOutcome
from dsar.domain.rights import Right
from dsar.domain.timeline import ENGLISH, PictureStyle, timeline
from dsar.words import Words
from exports.document.processing import Document
from exports.pdf.portions import Block, TableFrame, TableRow
from exports.pdf.print_selection import CARDS, TABLE, rows
from exports.pdf.printable import laid_out
from templates import FOLDER

#: Ends a block in a template. No value can hold it: values are escaped.
BREAK = "<!--block-->"
_SAFE = ("https://", "mailto:")


def _final(value: Any) -> Any:
    """What a template may print: text made printable, nothing that was forgotten."""
    if isinstance(value, Markup):
        return value
    return laid_out(value) if isinstance(value, str) else value


class Templates(Environment):
    """Reads `a.b` as the member b of a dict and nothing else: no method can slip into a page."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if not isinstance(obj, dict):
            return super().getattr(obj, attribute)
        if attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)


@cache
def _environment() -> Environment:
    found = Templates(
        loader=FileSystemLoader(FOLDER / "pdf"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["link"] = link
    found.globals["rights"] = {right.value: right.spec for right in Right}
    return found


def load() -> None:
    """Reads and compiles all templates."""
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)


def link(address: str, text: str | None = None) -> Markup:
    """A link for an https or mailto address; anything else stays plain text."""
    shown = laid_out(text or address.removeprefix("mailto:"))
    if not address.startswith(_SAFE) or any(sign.isspace() for sign in address):
        return escape(shown)
    return Markup('<a href="{}">{}</a>').format(address, shown)


def title(document: Document, words: Words) -> str:
    """The report's title, by right; a copy of nothing is not called one."""
    right = Right(document["request"]["right"])
    if right.spec.copies and document["answer"]["outcome"] == TicketOutcome.NOTHING_HELD:
        return str(words["answer"]["title_nothing"])
    return str(words["title"][right])


def style() -> str:
    """The report's style sheet."""
    return (FOLDER / "pdf" / "report.css").read_text("utf-8")


def foot(document: Document) -> str:
    """What stands at the foot of every page."""
    return laid_out(f"{document['controller']['name']}  ·  {document['request']['reference']}")


def blocks(job: dict[str, Any], texts: IO[bytes]) -> Iterator[Block]:
    """The report's blocks; `job` holds the document, words and sets' facts, `texts` the rows."""
    document, sets = job["document"], job["sets"]
    words = Words(**job["words"])
    context = _context(document, words, printed=sum(facts["printed"] for facts in sets))
    yield from _rendered("front.html", context)
    for facts, records in zip(sets, document["sets"], strict=True):
        heading = {"set": records, "facts": facts, "explained": explains(facts)}
        yield from _rendered("set.html", {**context, **heading})
        yield from _records(records, facts, texts, context)
    yield from _rendered("back.html", context)


def around(document: Document, words: Words) -> tuple[str, str]:
    """What stands before and after the records, for the page that shows them all its own way."""
    context = _context(document, words, printed=document["answer"]["records"])
    front, back = (_rendered(name, context) for name in ("front.html", "back.html"))
    return "\n".join(front), "\n".join(back)


def _context(document: Document, words: Words, *, printed: int) -> dict[str, Any]:
    return {
        "d": document,
        "w": words,
        "title": title(document, words),
        "moment": moment(document, words),
        "copying": Right(document["request"]["right"]).spec.copies,
        "printed": printed,
        "answer": answer(document, words, printed=printed),
        "timeline": _timeline(document, words),
        "retention": lambda activity: " ".join(retention(activity["retention"], words)),
    }


def _timeline(document: Document, words: Words) -> Markup:
    """The dates of the request as a picture; the text beside it says the same.

    An answer that nothing is held is short, and needs none.
    """
    if document["answer"]["outcome"] == TicketOutcome.NOTHING_HELD:
        return Markup()
    days = {name: date.fromisoformat(day) for name, day in document["request"]["clock"].items()}
    if len(days) < 2:
        return Markup()
    drawn = timeline(
        Dates(
            regime="", regime_version="", calendar="", right="", rule=None, basis=None,
            certainty=None, in_force=True, explanation=(), received=days["received"],
            clock_start=days["received"], due=days.get("due"),
            effective_due=days.get("effective_due", days.get("due")),
            extension_valid="effective_due" in days,
        ),
        title=words["request"]["timeline"],
        words={**ENGLISH, **words["timeline"]},
        look=PictureStyle(width=640, spelled=words.date),
    )  # fmt: skip
    return Markup(drawn)  # noqa: S704 - drawn and escaped by the domain


def moment(document: Document, words: Words) -> str:
    """The instant up to which the sources were read, in the controller's time zone."""
    cut_off = datetime.fromisoformat(document["answer"]["cut_off"])
    return words.moment(cut_off, timezone=document["controller"]["timezone"])


def _rendered(template: str, context: dict[str, Any]) -> Iterator[str]:
    text = _environment().get_template(template).render(context)
    return (f"<div>{block}</div>" for part in text.split(BREAK) if (block := part.strip()))


def _table(context: dict[str, Any]) -> TableFrame:
    """A table without its rows: they go where its template breaks."""
    text = _environment().get_template("table.html").render(context).strip()
    start, end = text.split(BREAK)
    return TableFrame(f"<div>{start}", f"{end}</div>")


def _records(
    records: Document, facts: dict[str, Any], texts: IO[bytes], context: dict[str, Any]
) -> Iterator[Block]:
    shown = [records["fields"][column] for column in facts["columns"]]
    picked = ([row[column] for column in facts["columns"]] for row in rows(texts, facts))
    if facts["style"] == TABLE:
        table = _table({**context, "fields": shown, "widths": _widths(facts)})
        yield from (TableRow(table, _row(row)) for row in picked)
    elif facts["style"] == CARDS:
        for number, row in enumerate(picked, 1):
            pairs = [(field, text) for field, text in zip(shown, row, strict=True) if text]
            card = {"number": number, "pairs": pairs, "facts": facts, "explained": explains(facts)}
            yield from _rendered("card.html", {**context, **card})
    else:
        labels = [f"{field['label']}{context['w']['format']['colon']}" for field in shown]
        for number, row in enumerate(picked, 1):
            yield _line(number, labels, row)


def explains(facts: dict[str, Any]) -> bool:
    """Whether the records themselves say what their fields mean: one or two small cards do."""
    small = facts["printed"] <= 2 and max(facts["widths"], default=0) <= 120
    return bool(facts["style"] == CARDS and small)


def _widths(facts: dict[str, Any]) -> list[int]:
    """The columns' shares of the table's width, in percent."""
    wanted = [share + 2 for share in facts["shares"]]
    return [share * 100 // sum(wanted) for share in wanted]


def _row(texts: list[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}</tr>"


def _line(number: int, labels: list[str], row: list[str]) -> str:
    """One record as a paragraph of plain text: the cheapest thing there is to lay out."""
    pairs = " · ".join(f"{label}{text}" for label, text in zip(labels, row, strict=True) if text)
    return f"<p class='line'>{number} · {escape(pairs)}</p>"


#: Which words say how the request ended; the other rights use "outcome".
_OUTCOMES = {Right.ACCESS: "outcome_copy", Right.PORTABILITY: "outcome_portability"}


def answer(document: Document, words: Words, *, printed: int) -> list[str]:
    """The answer in short, as sentences; `printed` records stand in the report itself."""
    right = Right(document["request"]["right"])
    result = document["answer"]["outcome"]
    said = words[_OUTCOMES.get(right, "outcome")].get(result, result)
    if result in _NOBODY:
        done = _searched(document, words)
    else:
        done = _copied(document, words) if right.spec.copies else _acted(document, words)
    return [
        str(words["nothing_held"][right] if result == TicketOutcome.NOTHING_HELD else said),
        *done,
        *_gaps(document, words),
        *_shortened(document, words, printed),
    ]


#: Outcomes by which nothing was found.
_NOBODY = frozenset(
    {TicketOutcome.NOTHING_HELD, TicketOutcome.NOTHING_FOUND, TicketOutcome.NOTHING_MORE}
)


def _searched(document: Document, words: Words) -> Iterator[str]:
    yield words.say("answer", "searched", count=_asked(document))


def _asked(document: Document) -> int:
    """How many systems were searched."""
    return sum(bool(line["searched_at"]) for line in document["coverage"])


def _copied(document: Document, words: Words) -> Iterator[str]:
    records = document["answer"]["records"]
    searched = sum(line["outcome"] != "not_asked" for line in document["coverage"])
    sources = len({each["source"] for each in document["sets"]})
    yield words.say("answer", "access", count=records, sources=sources, searched=searched)


def _acted(document: Document, words: Words) -> Iterator[str]:
    done = sum(line["done"] for line in document["coverage"])
    if done and document["receipts"]:
        yield words.say("answer", "act", count=done, section=words["section"]["done"])


def _gaps(document: Document, words: Words) -> Iterator[str]:
    nothing = document["answer"]["outcome"] == TicketOutcome.NOTHING_HELD
    withheld = 0 if nothing else document["answer"]["withheld"]  # what is left out is others'
    left = "missing" if Right(document["request"]["right"]).spec.copies else "kept"
    failed = sum(line["outcome"] in {"could_not", "open"} for line in document["coverage"])
    unasked = sum(line["outcome"] == "not_asked" for line in document["coverage"])
    for key, count, section in (
        (left, withheld, "withheld" if left == "missing" else "kept"),
        ("failed", failed, "coverage"),
        ("unasked", unasked, "coverage"),
    ):
        if count:
            yield words.say("answer", key, count=count, section=words["section"][section])


def _shortened(document: Document, words: Words, printed: int) -> Iterator[str]:
    records = document["answer"]["records"]
    if printed < records:
        yield words.say("answer", "summarised", printed=printed, records=records)


def retention(facts: Document, words: Words) -> list[str]:
    """How long an activity keeps its data, as sentences."""
    found = []
    if facts["period"]:
        form = "retention_period" if facts["since"] else "retention_period_alone"
        if facts["since"] and facts["whole_years"]:
            form = "retention_year"
        found.append(
            words.say(
                "activity", form, period=words.period(facts["period"]), since=facts["since_label"]
            )
        )
    if facts["because"]:
        found.append(facts["because"])
    if facts["law"]:
        found.append(words.say("activity", "retention_law", law=facts["law"]))
    return [f"{sentence.rstrip('.')}." for sentence in found]
