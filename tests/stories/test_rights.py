"""Each of the eight rights from intake to a bundle, in a company small enough to read.

One company answers them one after the other, erasure last; the tests look at what came out.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime.installation import reading, transaction
from dsar.services.upkeep import logs
from dsar.services.upkeep.journal_proof import faults
from dsar.store.tables import Suppression
from tests.company import EMAIL, SEEDED, Company, company
from tests.scripted import Script, case
from tests.stories.bundles import checked, everything, report
from workers.run_here import run_until_idle

REVIEW = ""  # as it comes: staff approves what changes data, the rest goes by itself


@dataclass
class Story:
    """The company afterwards, its tickets by right, and everything that was logged."""

    one: Company
    refs: dict[Right, str]
    log: str
    shop: dict[str, object]


ASKED: dict[Right, dict[str, Any]] = {
    Right.ACCESS: {"words": "What do you know of me? Lotta"},
    Right.PORTABILITY: {},
    Right.AUTOMATED_DECISION_REVIEW: {"words": "Why must I pay in advance?"},
    Right.RESTRICTION: {},
    Right.OBJECTION: {"purposes": ("scoring",)},
    Right.CONSENT_WITHDRAWAL: {},
    Right.RECTIFICATION: {"corrections": {"family_name": "Lind"}},
    Right.ERASURE: {},
}


@pytest.fixture(scope="module")
def story(engine_file: Path) -> Iterator[Story]:
    written = io.StringIO()
    logs.configure(out=written)
    desk = Script(records=[case("1", data={"topic": "Login", "text": "Lotta cannot sign in."})])
    url = f"sqlite:///{engine_file}"
    with company(engine_file.parent, url, review=REVIEW, scripts={"desk": desk}) as one:
        refs, shop = {}, {}
        for right, asked in ASKED.items():
            refs[right] = one.ask(right, **asked)
            run_until_idle(one.installation)
            while one.state(refs[right]) == "in_review":
                staff_acts(one, refs[right], right)
                run_until_idle(one.installation)
            shop[right.value] = one.shop("SELECT family_name FROM customers WHERE id = 1")
        logs.configure()
        yield Story(one, refs, written.getvalue(), shop)


def staff_acts(one: Company, ref: str, right: Right) -> None:
    if right is Right.AUTOMATED_DECISION_REVIEW:
        one.decide(ref)
    else:
        one.act(ref, Event.APPROVE)


OUTCOMES = {
    Right.ACCESS: "fulfilled",
    Right.PORTABILITY: "fulfilled",
    Right.AUTOMATED_DECISION_REVIEW: "fulfilled",
    Right.RESTRICTION: "fulfilled",
    Right.OBJECTION: "fulfilled",
    Right.CONSENT_WITHDRAWAL: "fulfilled",
    Right.RECTIFICATION: "fulfilled",
    Right.ERASURE: "partly_fulfilled",
}


@pytest.mark.parametrize("right", Right)
def test_every_right_ends_with_a_whole_bundle_and_a_letter(story: Story, right: Right) -> None:
    view = story.one.view(story.refs[right])
    assert view["state"] == OUTCOMES[right]
    assert all(row["outcome"] != "open" for row in view["coverage"])
    assert view["stuck"] == []
    path = checked(story.one.bundle(story.refs[right]))
    assert path.stat().st_mode & 0o077 == 0  # nobody but the engine's own user reads it
    letter = "partly_delivered" if right is Right.ERASURE else "delivered"
    assert letter in story.one.letters(story.refs[right])


def test_a_copy_says_in_plain_words_what_was_searched_found_and_why_it_is_there(
    story: Story,
) -> None:
    told = report(story.one.bundle(story.refs[Right.ACCESS]))
    for words in (
        "Lindqvist", EMAIL, "Storgatan 5", "49.50", "Credit score", "Family name", "Web shop",
        "Mailing list", "To bill.", "Tax law.", "A score from past payments", "The authority",
    ):  # fmt: skip
        assert words in told, words


def test_nobody_else_is_in_any_bundle(story: Story) -> None:
    for ref in story.refs.values():
        words = everything(story.one.bundle(ref))
        for other in ("bo.berg@mail.example", "Berg", "+46701740606", "K-4712"):
            assert other not in words, other


def test_a_portable_copy_leaves_out_what_was_not_given_on_consent_or_contract(
    story: Story,
) -> None:
    words = everything(story.one.bundle(story.refs[Right.PORTABILITY]))
    assert "Storgatan 5" in words
    assert "49.50" not in words
    line = story.one.line(story.refs[Right.PORTABILITY], "shop")
    assert {k["ground"] for k in line["kept"]} == {"not_portable"}


def test_a_new_decision_is_in_its_bundle_with_its_reasons_and_by_whom(story: Story) -> None:
    told = report(story.one.bundle(story.refs[Right.AUTOMATED_DECISION_REVIEW]))
    for words in ("Payment by invoice is granted.", "Paid in time.", "ben"):
        assert words in told


def test_a_correction_stands_in_the_source_afterwards_and_not_before(story: Story) -> None:
    assert story.shop["consent_withdrawal"] == "Lindqvist"
    assert story.shop["rectification"] == "Lind"


def test_an_erasure_keeps_what_the_law_keeps_and_names_it(story: Story) -> None:
    one, ref = story.one, story.refs[Right.ERASURE]
    assert one.shop(f"SELECT count(*) FROM customers WHERE email = '{EMAIL}'") == 0
    assert one.shop("SELECT count(*) FROM invoices WHERE customer_id = 1") == 1
    assert one.shop("SELECT count(*) FROM customers WHERE id = 2 AND family_name = 'Berg'") == 1
    assert EMAIL not in one.subscribers()
    letter = one.letters(ref)["partly_delivered"]
    assert "Tax law." in letter
    assert "1 June 2034" in letter or "2034-06-01" in letter
    assert "Tax law." in report(one.bundle(ref))


def test_what_was_erased_is_remembered_by_keyed_hash(story: Story) -> None:
    blinds = {row.blind for row in story.one.rows(Suppression)}
    assert story.one.installation.vault.blind("email", EMAIL) in blinds


def test_no_personal_data_lies_in_clear_in_any_column_of_the_database(story: Story) -> None:
    found = []
    engine = story.one.installation.store.engine
    for name in sa.inspect(engine).get_table_names():
        with engine.execution_options(reading=True).connect() as connection:
            for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')).mappings():
                found += [
                    (name, column, word)
                    for column, value in row.items()
                    for word in SEEDED
                    if in_clear(value, word)
                ]
    assert found == []


def in_clear(value: object, word: str) -> bool:
    if isinstance(value, bytes | memoryview):
        return word.encode() in bytes(value)
    return word in str(value)


def test_no_personal_data_lies_in_clear_in_the_files_of_the_database(story: Story) -> None:
    """What was deleted or overwritten would still stand in free pages or in the write-ahead log."""
    folder = story.one.folder
    files = [file for file in folder.glob("dsar.sqlite*") if file.is_file()]
    assert files
    for file in files:
        whole = file.read_bytes()
        assert [word for word in SEEDED if word.encode() in whole] == [], file.name


def test_no_personal_data_is_logged(story: Story) -> None:
    assert [word for word in SEEDED if word in story.log] == []


def test_no_personal_data_is_in_any_journal_and_every_journal_holds(story: Story) -> None:
    for ref in story.refs.values():
        told = str(story.one.view(ref)["journal"])
        assert [word for word in SEEDED if word in told] == []
    with reading(story.one.installation) as session:
        assert list(faults(session)) == []


def test_another_key_opens_nothing(story: Story, tmp_path: Path) -> None:
    """The engine refuses rather than hand over what it cannot read."""
    from dsar.domain.errors import DsarError
    from dsar.services.runtime.seals import subject_of
    from dsar.store.keys.file import FileKey
    from dsar.store.tickets import by_ref
    from dsar.store.vault import Vault

    installation, kept = story.one.installation, story.one.installation.vault
    other = FileKey(tmp_path / "other.key")
    other.make()
    installation.vault = Vault(other)
    installation.vault.unlock(bytes(32))
    try:
        with reading(installation) as session, pytest.raises(DsarError, match="does not open"):
            subject_of(session, by_ref(session, story.refs[Right.ACCESS]))
    finally:
        installation.vault = kept


def test_a_hold_names_nobody_in_clear(story: Story) -> None:
    with transaction(story.one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim of 2026.")
    with reading(story.one.installation) as session:
        assert EMAIL not in str(holds.in_force(session))
