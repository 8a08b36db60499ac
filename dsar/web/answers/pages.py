"""The pages for answers: their contexts, and how they are rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import templates
from dsar.domain.records import Collection
from dsar.sdk import VERBS
from dsar.sdk.desk import Wanted
from dsar.services.inquiries.answers import OpenedLink
from dsar.web.answers import form
from dsar.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage:
    """What every page here says: its words, whose it is, its heading."""

    template: ClassVar[str] = "message.html"

    w: Words
    controller: str
    heading: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One line to fill in: its name, label, what it means, what was typed."""

    name: str
    label: str
    meaning: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one collection; each a list of inputs."""

    title: str
    meaning: str
    entries: tuple[tuple[Input, ...], ...]


@dataclass(frozen=True, slots=True)
class QuestionedRecord:
    """One record a question is about: what is known of it, what is to change, what was chosen."""

    number: int
    title: str
    data: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    done: str
    why: str


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with the form: the field's id and the sentence."""

    field: str
    text: str


class FormInput(dict[str, str]):
    """What stood in a form: nothing where nothing was typed."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPage(AnswerPage):
    """A question and the form to answer it with."""

    template: ClassVar[str] = "question.html"

    kind: str
    whom: str
    by: str
    task: str
    identifiers: tuple[tuple[str, str], ...]
    purposes: tuple[str, ...]
    groups: tuple[Group, ...]
    rows: tuple[QuestionedRecord, ...]
    choices: tuple[str, ...]
    typed: Mapping[str, str]
    lines: int
    megabytes: int
    fault: FormFault | None = None


def question(
    opened: OpenedLink,
    w: Words,
    *,
    controller: str,
    megabytes: int,
    typed: Mapping[str, str] | None = None,
    fault: FormFault | None = None,
) -> QuestionPage:
    """The page of a question; `typed` is what stood in its form before."""
    given = FormInput(typed or {})
    kind = form.kind(opened)
    number = form.lines(given)
    return QuestionPage(
        w=w,
        controller=controller,
        heading=opened.title,
        kind=kind,
        whom=opened.question.whom,
        by=w.date(opened.answer_by, length="medium"),
        task=w.of(opened.question.words),
        identifiers=tuple((k.replace("_", " "), v) for k, v in opened.question.identifiers),
        purposes=opened.question.purposes,
        groups=_groups(opened, w, given, number) if kind == "find" else (),
        rows=tuple(_row(opened, n, one, w, given) for n, one in enumerate(opened.question.wanted)),
        choices=_choices(opened, kind),
        typed=given,
        lines=number,
        megabytes=megabytes,
        fault=fault,
    )


def _choices(opened: OpenedLink, kind: str) -> tuple[str, ...]:
    if kind == "again":
        return ("gone", "still")
    if kind == "find":
        return ()
    order = ("erased", "anonymised", "rectified", "restricted", "lifted", "stopped", "kept")
    return tuple(name for name in (*order, "missing", "failed") if name in VERBS[opened.verb])


def _groups(
    opened: OpenedLink, w: Words, given: Mapping[str, str], number: int
) -> tuple[Group, ...]:
    return tuple(
        Group(
            w.of(one.title),
            w.of(one.meaning),
            tuple(_inputs(one, entry, w, given) for entry in range(1, number + 1)),
        )
        for name, one in opened.collections.items()
        if name != form.FILES and one.fields
    )


def _inputs(one: Collection, entry: int, w: Words, given: Mapping[str, str]) -> tuple[Input, ...]:
    named = [(form.place(one.name, entry, field.name), field) for field in one.fields]
    return tuple(
        Input(
            name,
            w.of(field.label),
            w.of(field.meaning),
            given.get(name, ""),
        )
        for name, field in named
    )


def _row(
    opened: OpenedLink, number: int, one: Wanted, w: Words, given: Mapping[str, str]
) -> QuestionedRecord:
    known = opened.collections.get(one.collection) or Collection(one.collection, {})
    labels = {entry.name: w.of(entry.label) for entry in known.fields}
    said = [(labels.get(name, name), str(value)) for name, value in one.data.items()]
    return QuestionedRecord(
        number=number,
        title=w.of(known.title) or one.collection,
        data=tuple(said) or ((one.collection, one.key),),
        changes=tuple((labels.get(name, name), str(to)) for name, to in one.changes.items()),
        parts=tuple(labels.get(name, name) for name in one.fields),
        done=given.get(f"done.{number}", ""),
        why=given.get(f"why.{number}", ""),
    )


def render(page: AnswerPage) -> str:
    """The page as HTML; everything in it is text, whoever wrote it."""
    return _environment().get_template(page.template).render(page=page, w=page.w)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates.FOLDER / "answers"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
