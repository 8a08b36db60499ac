"""Why a ticket cannot come to an answer is said without starting anything while a page is read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsar.config.sources import Sources
from dsar.domain.rights import Right
from dsar.services.views.hindrances import learn
from tests.company import EMAIL, Company, company

MISTYPED = (("mail", EMAIL),)


@pytest.fixture
def apart(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    """The company, whose mailing list is spoken to in a process of its own."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}") as one:
        known = one.installation.sources
        listed = {source.name: source for source in known}
        listed["mailing"] = replace(listed["mailing"], isolated=True, _answers={})
        one.installation.sources = Sources(listed, known.version)
        yield one


def test_a_source_that_would_have_to_be_started_may_fit(apart: Company) -> None:
    ref = f"{apart.file(Right.ACCESS, identifiers=MISTYPED)}-1"
    assert apart.view(ref)["hindrance"] is None
    assert apart.installation.sources["mailing"].needs_at_hand is None


def test_what_was_learnt_before_is_said(apart: Company) -> None:
    ref = f"{apart.file(Right.ACCESS, identifiers=MISTYPED)}-1"
    learn(apart.installation, ["mail"])
    assert "Mailing list: email" in apart.view(ref)["hindrance"]["text"]


def test_what_the_ledger_says_needs_no_source(apart: Company) -> None:
    ref = apart.ask(Right.ACCESS, identifiers=MISTYPED)
    apart.work()
    apart.installation.sources = Sources({}, "")
    told = apart.view(ref)["hindrance"]["text"]
    assert "Mailing list: email; Web shop: customer_number, email" in told
