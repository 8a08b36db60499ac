"""Every page is a context and a template, and is rendered here from plain values."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta, timezone
from enum import Enum

import pytest
from jinja2 import UndefinedError

from dsar.config.redacted import HIDDEN, RedactedSetting
from dsar.services.desk.doubtful_identifiers import HeldSearch
from dsar.web.app import MessagePage
from dsar.web.console.doubtful_identifiers import DoubtfulIdentifier
from dsar.web.console.queue import QueueLine, QueuePage, Tab
from dsar.web.console.sentences import HistoryLine
from dsar.web.console.sources import Ability, Health, SourceCard, SourcesPage
from dsar.web.console.stages import Stage
from dsar.web.console.steps import NextStep
from dsar.web.console.ticket import Clock, KeptRecords, SourceLine, TicketPage
from dsar.web.console.words import Badge, Due
from dsar.web.pages import PageFrame, clock, day, readable, render, sentence, size, whole
from tests.web.examples import AT as MOMENT
from tests.web.examples import DAY, SEALED, VIEW

SITE = {"title": "T", "controller": "A Controller Ltd", "timezone": "Europe/Berlin"}
AT = "2026-11-22T08:28:38.694270Z"
LINE = QueueLine(
    ref="R-AAAAA-BBBBB-1",
    right="Erasure",
    article="Art. 17",
    state=Badge("A source failed", "trouble"),
    owner="Staff",
    next="shop: it is away",
    due=Due(DAY, "30 days left", "calm"),
    law="EU GDPR",
    sources="1 of 4 sources answered",
    closed_at=None,
)
QUEUE = QueuePage(
    **SITE,
    tabs=(Tab("open", "All open", 1, current=True),),
    lines=(LINE,),
    ended=False,
    overdue=1,
    near=2,
    empty="Nothing.",
    beyond=3,
)
TICKET = TicketPage(
    **SITE,
    view=VIEW,
    sealed=SEALED,
    line=LINE,
    law_title="General Data Protection Regulation",
    stages=(Stage("Received", "done"), Stage("Searched", "trouble"), Stage("Bundle", "ahead")),
    steps=(
        NextStep("Try again", "dsar ticket act R-AAAAA-BBBBB-1 retry", (), ("refusal_excessive",)),
        NextStep("Approve", "dsar ticket act …", ("Not decided by 2026-11-17.",)),
    ),
    clock=Clock(
        at_once="Stop at once.",
        dates=(("Received", "2026-11-22"),),
        steps=(
            {
                "rule": "Local date of receipt",
                "input": "2026-11-22T08:28:38+00:00",
                "result": "2026-11-22",
            },
        ),
        calendar="public holidays of DE-BE",
        waiting_for=("Identity received",),
    ),
    sources=(
        SourceLine(
            view=VIEW.coverage[0],
            badge=Badge("Kept", "part"),
            kept=(
                KeptRecords(
                    "Invoices", "they must be kept", 2, ((1, "2027-12-31"), (1, "2028-12-31"))
                ),
            ),
        ),
    ),
    history=(HistoryLine(1, MOMENT, "ana took it in.", "GDPR Art. 12(6)", mine=True),),
    in_doubt=(
        DoubtfulIdentifier(
            kind="Customer number",
            value="K-1",
            source="Web shop",
            why=("desk gave another one", "whoever sent R-B proved that it is theirs"),
            waiting=(HeldSearch("R-AAAAA-BBBBB-2", "Web shop", again=True),),
            theirs="dsar request identifier …",
            not_theirs="dsar request identifier …",
        ),
    ),
    retries=("dsar ticket act …",),
    ask_again="dsar ticket supplement …",
)
SOURCES = SourcesPage(
    **SITE,
    cards=(
        SourceCard(
            name="shop",
            title="Web shop",
            adapter="sql",
            kind="SQL database",
            alone=True,
            later=True,
            health=Health(Badge("Closed", "trouble"), AT, "it is away", AT, "5 times in a row"),
            abilities=(Ability("Search", "Access", able=True), Ability("Erase", "", able=False)),
            waiting="2 tickets",
            stuck="1 of them for a person",
            at_work="0 now, 1 at most",
            limits=(("Records", "10", True),),
            settings=(
                RedactedSetting("url", HIDDEN, "Where it is."),
                RedactedSetting("page", "10", "How many.", given=False),
            ),
            check="dsar source check shop",
        ),
    ),
    closed=1,
    changed=True,
)
MESSAGE = MessagePage(**SITE, heading="There is nothing here", text="The queue shows every ticket.")
EXAMPLES = {type(page): page for page in (QUEUE, TICKET, SOURCES, MESSAGE)}


def kinds() -> list[type[PageFrame]]:
    """Every page there is. A slotted dataclass leaves its first draft among the subclasses."""
    places = {(kind.__module__, kind.__name__) for kind in PageFrame.__subclasses__()}
    return [getattr(sys.modules[module], name) for module, name in sorted(places)]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_page_is_rendered_from_an_example(kind: type[PageFrame]) -> None:
    html = render(EXAMPLES[kind])
    assert html.startswith("<!doctype html>")
    assert "A Controller Ltd" in html


def texts(value: object) -> Iterator[str]:
    """Every text in a context, however deep."""
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from texts(part)
        case tuple():
            for part in value:
                yield from texts(part)
        case _ if hasattr(value, "__dataclass_fields__"):
            for field in fields(value):
                yield from texts(getattr(value, field.name))


def hostile(value: object) -> object:
    """The same context with markup in every text that is no time, day, tone or name of ours."""
    match value:
        case Enum():
            return value
        case str() if "T" not in value[10:11] and value not in KEPT and not is_day(value):
            return f"{value}<i x='1'>&"
        case dict():
            return {key: hostile(part) for key, part in value.items()}
        case tuple():
            return tuple(hostile(part) for part in value)
        case _ if hasattr(value, "__dataclass_fields__"):
            return type(value)(
                **{field.name: hostile(getattr(value, field.name)) for field in fields(value)}
            )
    return value


#: Texts that must be what they are for the template to work.
KEPT = {"Europe/Berlin", "done", "trouble", "ahead"}


def is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"


@pytest.mark.parametrize("page", list(EXAMPLES.values()), ids=lambda page: type(page).__name__)
def test_markup_in_any_value_is_shown_and_never_obeyed(page: PageFrame) -> None:
    poisoned = hostile(page)
    assert isinstance(poisoned, PageFrame)
    html = render(poisoned)
    assert "<i x=" not in html
    assert html.count("&lt;i x=&#39;1&#39;&gt;&amp;") >= 3


def test_a_template_that_asks_for_what_its_context_lacks_fails() -> None:
    class Short(MessagePage):
        template = "queue.html"

    with pytest.raises(UndefinedError):
        render(Short(**SITE, heading="", text=""))


def test_dates_are_written_as_people_write_them() -> None:
    assert day("2026-12-02") == "2 Dec 2026"
    zone = timezone(timedelta(hours=1))
    assert clock("2026-12-31T23:30:00Z", zone) == "1 Jan 2027, 00:30"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 month from 2026-11-22", "1 month from 22 Nov 2026"),
        ("2026-12-22T23:00:00Z", "22 Dec 2026, 23:00 UTC"),
        ("2026-11-22T08:28:38.694270+00:00 in X", "22 Nov 2026, 08:28 UTC in X"),
        ("2026-11-22T08:28:38+05:30", "22 Nov 2026, 08:28 +05:30"),
        ("2026-02-30 and 2026-13-01", "2026-02-30 and 2026-13-01"),
        ("Regulation 1182/71, order 2026-11-221", "Regulation 1182/71, order 2026-11-221"),
    ],
)
def test_dates_inside_a_text_are_made_readable_and_all_else_is_left(text: str, words: str) -> None:
    assert readable(text) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (86_500, "86.5 kB"),
        (2_000_000, "2.0 MB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes_are_given_in_the_unit_people_use(number: int, words: str) -> None:
    assert size(number) == words


@pytest.mark.parametrize(
    ("text", "words"), [("ask again", "Ask again."), ("Why?", "Why?"), ("", ""), (" x. ", "X.")]
)
def test_a_sentence_begins_large_and_ends_once(text: str, words: str) -> None:
    assert sentence(text) == words


def test_a_command_keeps_its_options_whole_and_stays_text() -> None:
    told = whole("dsar ticket act R-1 retry --reason '<b>'")
    assert told == (
        'dsar ticket act R-1 retry <span class="word">--reason</span> &#39;&lt;b&gt;&#39;'
    )
