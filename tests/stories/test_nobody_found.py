"""A person of whom nothing is held: first they are asked what else they are known by, then told so.

No letter, report or page says that data is held, nor that something was done with it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.records import Match
from dsar.domain.rights import Right
from dsar.services.desk import further_identifiers
from dsar.services.runtime.installation import transaction
from dsar.store.tickets import by_ref
from tests.company import ANA, EMAIL, Company, company
from tests.scripted import Script, case
from tests.services.supplemented import ask_again, ended
from tests.stories.bundles import checked, everything, members, report
from workers.run_here import run_until_idle

NOBODY = (("email", "niemand@mail.example"),)

#: What each right needs beside an identifier.
ASKED: dict[Right, dict[str, Any]] = {
    Right.RECTIFICATION: {"corrections": {"family_name": "Lind"}},
    Right.OBJECTION: {"purposes": ("scoring",)},
}

#: What would be untrue, in the words of either language.
UNTRUE = (
    "Yes, we hold", "Ja, wir haben", "All of it is in", "or that arose", "We have done", "Wir haben alles getan",
    "has been fulfilled", "haben wir entsprochen", "0 records", "0 Datensätze",
)  # fmt: skip

#: The beginning of the one sentence, and what ends it for a right.
SAID = {
    "en": ("We found no personal data about you.", {
        Right.ACCESS: "we process none", Right.PORTABILITY: "take with you",
        Right.ERASURE: "nothing to erase", Right.RECTIFICATION: "nothing to correct",
        Right.RESTRICTION: "restrict", Right.OBJECTION: "to stop",
        Right.CONSENT_WITHDRAWAL: "a consent of yours",
        Right.AUTOMATED_DECISION_REVIEW: "to review",
    }),
    "de": ("keine personenbezogenen Daten über Sie gefunden.", {
        Right.ACCESS: "verarbeiten wir keine", Right.PORTABILITY: "mitnehmen",
        Right.ERASURE: "nichts zu löschen", Right.RECTIFICATION: "nichts zu berichtigen",
        Right.RESTRICTION: "einschränken", Right.OBJECTION: "zu beenden",
        Right.CONSENT_WITHDRAWAL: "Einwilligung von Ihnen",
        Right.AUTOMATED_DECISION_REVIEW: "zu überprüfen",
    }),
}  # fmt: skip


@pytest.fixture
def one(tmp_path: Path, tables_url: str) -> Iterator[Company]:
    """The company with the settings as they come, on either database."""
    with company(tmp_path, tables_url, review="") as made:
        yield made


@pytest.fixture
def small(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    """The company on SQLite alone."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}", review="") as made:
        yield made


def asked(one: Company, right: Right, **more: Any) -> str:
    ref = one.ask(right, **({"identifiers": NOBODY} | ASKED.get(right, {}) | more))
    run_until_idle(one.installation)
    return ref


def confirmed(one: Company, ref: str) -> None:
    one.act(ref, Event.CONFIRM_NOTHING, reason="she is no customer")
    run_until_idle(one.installation)


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_it_waits_for_staff_who_reads_why(one: Company, right: Right) -> None:
    ref = asked(one, right)
    view = one.view(ref)
    assert (view["state"], view["owner"]) == ("nobody_found", "staff")
    assert view["hindrance"]["code"] == "nobody_found"
    assert "e-mail address" in view["next"]
    assert view["bundles"] == []
    assert {row["outcome"] for row in view["coverage"]} == {"nothing_held"}
    possible = {row["event"]: row for row in view["possible"]}
    assert {"ask_identifiers", "search_anew", "confirm_nothing"} <= set(possible)
    assert possible["confirm_nothing"]["asks"] == ["reasoned"]


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("language", SAID)
def test_what_staff_confirmed_is_said_in_letter_and_report_as_one_sentence(
    small: Company, right: Right, language: str
) -> None:
    ref = asked(small, right, language=language)
    assert small.state(ref) == "nobody_found"
    confirmed(small, ref)
    view = small.view(ref)
    assert view["state"] == "nothing_held"
    letter, printed = small.letters(ref)["nothing_held"], report(checked(small.bundle(ref)))
    said, rest = SAID[language]
    for told in (letter, " ".join(printed.split())):
        assert said in told
        assert rest[right] in told
        assert [words for words in UNTRUE if words in told] == []
    assert not {"delivered", "partly_delivered"} & set(small.letters(ref))


def test_every_form_of_the_bundle_says_so(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    confirmed(one, ref)
    path = checked(one.bundle(ref))
    found = members(path)
    start = next(body.decode() for name, body in found.items() if name.endswith("START-HERE.html"))
    told = orjson.loads(next(b for n, b in found.items() if n.endswith("processing.json")))
    manifest = orjson.loads(next(b for n, b in found.items() if n.endswith("manifest.json")))
    assert SAID["en"][0] in start
    assert told["answer"]["outcome"] == "nothing_held"
    assert "nothing_held" in str(manifest)
    assert [words for words in UNTRUE if words in everything(path)] == []
    assert [name for name in found if "/data/" in name or name.startswith("data/")] == []


def test_an_erasure_of_nothing_is_certified_as_one_and_erases_nothing(one: Company) -> None:
    before = one.shop("SELECT count(*) FROM customers")
    ref = asked(one, Right.ERASURE)
    confirmed(one, ref)
    printed = " ".join(report(checked(one.bundle(ref))).split())
    assert "Certificate" in printed
    assert "holds no personal data found by them" in printed
    assert printed.count("nothing to erase") == 2
    assert one.shop("SELECT count(*) FROM customers") == before
    assert {row["kind"] for row in one.view(ref)["tasks"]} == {"search", "bundle"}


def test_the_person_is_asked_first_and_found_by_what_they_say(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    due = one.view(ref)["due_on"]
    one.act(ref, Event.ASK_IDENTIFIERS, reason="By which address do you order?")
    view = one.view(ref)
    assert (view["state"], view["owner"], view["hindrance"]) == (
        "awaiting_identifiers", "person", None,
    )  # fmt: skip
    assert view["due_on"] == due  # Art. 12(3): no law we know lets the clock stand for that
    letter = one.letters(ref)["ask_identifiers"]
    assert "By which address do you order?" in letter
    with transaction(one.installation) as session:
        pairs = (("email", EMAIL),)
        further_identifiers.add(session, ANA, by_ref(session, ref), pairs, reason="she wrote")
    run_until_idle(one.installation)
    assert one.state(ref) == "fulfilled"
    assert "Storgatan 5" in report(one.bundle(ref))


def test_whoever_does_not_answer_is_told_that_nothing_is_held(one: Company) -> None:
    ref = asked(one, Right.ERASURE)
    one.act(ref, Event.ASK_IDENTIFIERS, reason="What else do we know you by?")
    confirmed(one, ref)
    assert one.state(ref) == "nothing_held"


def test_a_source_that_could_not_be_searched_is_no_proof_that_nothing_is_held(
    small: Company,
) -> None:
    small.shop("DROP TABLE customers")
    ref = asked(small, Right.ACCESS)
    assert small.state(ref) == "source_failed"
    with pytest.raises(NotAllowed):
        small.act(ref, Event.CONFIRM_NOTHING)
    small.act(ref, Event.ACCEPT_GAP, reason="the table was lost")
    run_until_idle(small.installation)
    assert small.state(ref) == "partly_fulfilled"
    printed = " ".join(report(checked(small.bundle(ref))).split())
    assert "where we could search" in printed
    assert "process none" not in printed
    assert "Yes, we hold" not in printed


def test_a_source_that_searches_by_something_else_is_named_to_the_person(
    tmp_path: Path, sqlite_tables: Path
) -> None:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    logs = Script(records=[], needs=("user_id",))
    url = f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    with company(tmp_path, url, review="", scripts={"logs": logs}) as one:
        ref = asked(one, Right.ACCESS)
        confirmed(one, ref)
        assert one.state(ref) == "nothing_held"
        assert one.line(ref, "logs")["outcome"] == "not_asked"
        printed = " ".join(report(checked(one.bundle(ref))).split())
        for told in (one.letters(ref)["nothing_held"], printed):
            assert "user id" in told
        assert "2 systems were searched." in printed
        assert "1 system is searched by something that we do not know of you" in printed


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_records_that_are_all_somebody_elses_are_nothing_held_of_this_person(
    tmp_path: Path, sqlite_tables: Path, right: Right
) -> None:
    """What staff ruled to be another person's is not held of the one who asks, and not erased."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    desk = Script(records=[case("1", match=Match.NAME_ONLY)])
    url = f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    with company(tmp_path, url, review="", scripts={"desk": desk}) as one:
        ref = asked(one, right)
        assert one.state(ref) == "in_review"
        one.rule(ref, "desk.cases:1=keep:not_this_person")
        run_until_idle(one.installation)
        if one.state(ref) == "in_review":
            one.act(ref, Event.APPROVE)
            run_until_idle(one.installation)
        assert one.state(ref) == "nothing_held"
        assert [record.key for record in desk.records] == ["1"]
        printed = " ".join(report(checked(one.bundle(ref))).split())
        assert SAID["en"][0] in printed
        assert [words for words in UNTRUE if words in printed] == []
        assert "Not data about you" in printed


def test_a_supplement_that_finds_nothing_says_that_there_is_nothing_more(
    tmp_path: Path, sqlite_tables: Path
) -> None:
    """The first answer had handed data over: it is not said that none is held."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    desk = Script(records=[])
    url = f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    with company(tmp_path, url, scripts={"desk": desk}) as one:
        first = ended(one, desk)
        desk.records = []
        late = ask_again(one, first)
        one.work(render=True)
        one.act(late, Event.APPROVE)
        one.work(render=True)
        with pytest.raises(NotAllowed, match="is held"):
            one.act(late, Event.DELIVER_NOTHING)
        one.act(late, Event.DELIVER)
        assert one.state(late) == "fulfilled"
        printed = " ".join(report(checked(one.bundle(late))).split())
        assert "found nothing more about you" in printed
        assert [words for words in (*UNTRUE, "process none") if words in printed] == []


def test_a_found_person_is_never_told_that_nothing_is_held(small: Company) -> None:
    ref = small.ask(Right.ACCESS, identifiers=(("email", EMAIL),))
    run_until_idle(small.installation)
    assert small.state(ref) == "fulfilled"
    assert "nothing_held" not in small.letters(ref)


def test_a_bundle_of_nothing_is_built_again_byte_for_byte(small: Company) -> None:
    from dsar.services.bundles.build import rebuild

    ref = asked(small, Right.ACCESS)
    confirmed(small, ref)
    small.clock.turn(days=1)
    assert rebuild(small.installation, ANA, ref, None).same
