"""What goes on paper and how: answer first, small sets as tables, long ones as lines, nothing silently cut."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsar.domain.coverage import Line, Outcome
from dsar.domain.rights import Right
from exports.contents import Contents
from exports.data.datafiles import MemberPlace
from exports.document import processing
from exports.pdf import blocks
from exports.pdf.print_selection import CARDS, LINES, SAMPLE, TABLE, PrintSelection, shares
from tests.exports import samples

WORDS = samples.words("en")


def printed_set(tmp_path: Path, rows: list[dict[str, Any]], *, allowed: int = 1000) -> Any:
    """How a collection of orders with these rows would be printed."""
    records = samples.a_set(samples.ORDERS, rows, "orders")
    selection = PrintSelection.on(tmp_path, WORDS)
    writer = selection.begin(records, allowed, data_file="data/shop/orders.json")
    names = [field.name for field in samples.ORDERS.fields]
    writer.take(
        [[record.key, *(record.data.get(name) for name in names)] for record in records.records()]
    )
    selection.close()
    return selection.sets[0]


def order(article: str = "Editor Pro") -> dict[str, Any]:
    return {"ordered_on": "2026-03-02", "article": article, "amount": 49.0, "status": "paid"}


@pytest.mark.parametrize(
    ("rows", "style"),
    [
        ([order()], CARDS),
        ([order()] * 2, TABLE),
        ([order()] * 200, TABLE),
        ([order()] * 201, LINES),
        ([order("long words " * 9)] * 25, CARDS),
        ([order("long words " * 9)] * 26, LINES),
        ([], CARDS),
    ],
)
def test_the_form_follows_number_and_width(
    tmp_path: Path, rows: list[dict[str, Any]], style: str
) -> None:
    assert printed_set(tmp_path, rows).style == style


def test_columns_without_any_value_are_not_printed(tmp_path: Path) -> None:
    assert printed_set(tmp_path, [{"ordered_on": "2026-03-02", "status": None}] * 3).used == [0]


def test_no_more_records_are_kept_for_paper_than_allowed(tmp_path: Path) -> None:
    assert printed_set(tmp_path, [order()] * 90, allowed=40).printed == 40


@settings(deadline=None)
@given(st.lists(st.integers(0, 30_000), max_size=8), st.integers(0, 20_000))
def test_each_collection_is_printed_whole_or_as_a_sample_and_the_small_ones_first(
    counts: list[int], budget: int
) -> None:
    found = shares(counts, budget)
    whole = [
        count
        for count, share in zip(counts, found, strict=True)
        if share == count and count > SAMPLE
    ]
    assert sum(whole) <= budget
    for count, share in zip(counts, found, strict=True):
        assert share in {count, min(SAMPLE, count)}
        if share < count:
            assert all(other <= count for other in whole)


def documented(contents: Contents) -> processing.Document:
    places = [
        MemberPlace(f"data/{s.source}/{s.collection.name}", "viewer/x", s.count)
        for s in contents.sets
    ]
    receipts = [
        MemberPlace(f"receipts/{s.source}/{s.collection.name}", "", s.count)
        for s in contents.receipts
    ]
    return processing.document(contents, places, receipts)


@pytest.mark.parametrize(
    ("contents", "sentences"),
    [
        (
            samples.access(),
            [
                "Part of it is in this bundle",
                "66 records from 3 of 5 systems searched.",
                "1 record is not included",
                "1 system could not be searched",
            ],
        ),
        (
            samples.access(outcome="fulfilled", coverage=()),
            ["All of it is in this bundle.", "66 records"],
        ),
        (
            samples.erasure(),
            [
                "We have done part of what you asked.",
                "17 records were dealt with",
                "8 records were kept",
            ],
        ),
    ],
)
def test_the_answer_in_short_names_what_is_missing(
    contents: Contents, sentences: list[str]
) -> None:
    found = blocks.answer(documented(contents), WORDS, printed=66)
    assert len(found) == len(sentences)
    for sentence, start in zip(found, sentences, strict=True):
        assert start in sentence


def test_a_portability_answer_does_not_claim_to_hold_everything() -> None:
    base = samples.access(outcome="fulfilled")
    contents = replace(base, request=replace(base.request, right=Right.PORTABILITY))
    first = blocks.answer(documented(contents), WORDS, printed=66)[0]
    assert first.startswith("The data you gave us or that arose from your use")


def front(contents: Contents) -> str:
    return blocks.around(documented(contents), WORDS)[0]


def test_every_answer_of_article_15_stands_on_the_card() -> None:
    text = front(samples.access())
    for said in (
        "We process your orders",
        "A contract with you",
        "Art. 6(1)(b)",
        "Contact data, Contract data, Payment data",
        "Zahlwerk AG (DE): payment service",
        "Data Privacy Framework",
        "7 years, counted from the end of the year of the date “Ordered on”.",
        "Required by § 147 AO.",
        "It arose from your use of our services",
        "A rule blocks an address for an hour",
        "Used for direct marketing",
        "a secure and useful website",
    ):
        assert said in text


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_of_a_source_is_printed_in_words(outcome: Outcome) -> None:
    text = front(samples.access(coverage=(Line("crm", "Customer relations", outcome),)))
    assert WORDS["coverage_outcome"][outcome] in text


@pytest.mark.parametrize("right", Right)
def test_every_right_has_its_report(right: Right) -> None:
    base = samples.access()
    contents = replace(base, request=replace(base.request, right=right))
    assert WORDS["title"][right] in front(contents)
    assert ("Orders and invoices" in front(contents)) == (right is Right.ACCESS)


def test_residue_reasons_and_end_dates_are_printed() -> None:
    line = Line("crm", "CRM", Outcome.COULD_NOT, found=3, reason="The table is gone.", residue=2)
    text = front(replace(samples.erasure(), coverage=(*samples.erasure().coverage, line)))
    assert "The table is gone." in text
    assert "2 still there when searched again" in text
    assert "Until 31 December 2033" in text


def test_a_person_decided_anew_is_told_who_and_why() -> None:
    text = front(samples.review())
    assert "Jonas Petersen, head of sales" in text
    assert "Your order is accepted." in text
