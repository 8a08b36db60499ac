"""Staff withholds a single file of a record: it is nowhere in the bundle, and counted by ground."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.records import Match
from dsar.domain.rights import Right
from dsar.sdk import Attachment
from dsar.services.bundles import files_view
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import reading, transaction
from dsar.services.views.json_values import as_json
from dsar.store.tables import Request, RulingRow
from dsar.store.tickets import by_ref
from dsar.store.vault import KeyLost
from tests.company import BEN, Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.stories.bundles import checked, data, everything, members
from workers.run_here import run_until_idle

LETTER = Attachment("l 1", "Brev till Lotta.txt", "text/plain")
PARTY = Attachment("p 1", "Kräftskiva hos Bo Berg.jpg", "image/jpeg")
FACES = b"\xff\xd8 the face of somebody else " * 999
GROUND = "rights_of_others"


def held(desk: Script) -> None:
    """Two cases: a letter and a photograph that shows somebody else, and another letter."""
    again = replace(LETTER, reference="l 2")
    desk.records = [case("lotta 1", attachments=(LETTER, PARTY)), case("2", attachments=(again,))]
    desk.files = {"l 1": [b"Dear Lotta"], "p 1": [FACES], "l 2": [b"Dear Lotta, again"]}


def files(one: Company, ref: str) -> dict[str, Any]:
    """What staff sees of the files, by name and record."""
    with reading(one.installation) as session:
        told = files_view.of_ticket(session, BEN, by_ref(session, ref))
    assert told.count == len(told.files)
    return {f"{row.record}/{row.name}": as_json(row) for row in told.files}


def photo(one: Company, ref: str) -> str:
    return str(files(one, ref)[f"lotta 1/{PARTY.name}"]["place"])


def ruled(one: Company, *rulings: str, right: Right = Right.ACCESS) -> str:
    """A ticket whose photograph was ruled on; `{photo}` in a ruling is its place."""
    ref = one.ask(right)
    run_until_idle(one.installation)
    one.rule(ref, *(text.format(photo=photo(one, ref)) for text in rulings))
    run_until_idle(one.installation)
    return ref


def released(one: Company, ref: str) -> str:
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    return one.state(ref)


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_a_photograph_of_somebody_else_is_not_in_the_bundle_and_its_record_is(
    make: Make, desk: Script, right: Right
) -> None:
    held(desk)
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}", right=right)
    assert released(one, ref) == "ready"
    found = members(checked(one.bundle(ref)))
    assert [name for name in found if name.startswith("files/")] == [
        "files/desk/cases/1-brev-till-lotta.txt",
        "files/desk/cases/2-brev-till-lotta.txt",
    ]
    assert not any(FACES in body for body in found.values())
    said = everything(one.bundle(ref)).lower()
    assert "kräftskiva" not in said
    assert "bo berg" not in said
    (cases,) = (rows for name, rows in data(one.bundle(ref)).items() if "cases" in name)
    assert [len(row["files"]) for row in cases] == [1, 1]


def test_what_was_withheld_is_counted_by_ground_and_never_named(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}")
    (kept,) = one.line(ref, "desk")["kept"]
    assert (kept["count"], kept["ground"], kept["part"]) == (1, GROUND, "file")
    assert one.line(ref, "desk")["done"] == 2  # both records are handed over
    released(one, ref)
    manifest = members(one.bundle(ref))["manifest.json"].decode()
    assert '"part": "file"' in manifest
    assert b'"withheld_files": 1' in members(one.bundle(ref))["processing.json"]


def test_a_ruling_on_a_file_lies_sealed_and_is_in_the_journal(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}")
    (ruling,) = one.rows(RulingRow)
    assert b"p 1" not in bytes(ruling.sealed_file)
    assert b"lotta" not in bytes(ruling.sealed_key)
    journal = str(one.view(ref)["journal"])
    assert "desk.cases=withhold" in journal
    assert "lotta" not in journal.lower()
    assert "lotta" not in photo(one, ref).lower()


def test_a_file_that_was_released_again_is_handed_over(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}")
    one.rule(ref, f"{photo(one, ref)}=release")
    run_until_idle(one.installation)
    assert files(one, ref)[f"lotta 1/{PARTY.name}"]["withheld"] == ""
    assert released(one, ref) == "ready"
    assert FACES in members(one.bundle(ref)).values()


def test_the_same_bytes_at_another_record_block_the_release(make: Make, desk: Script) -> None:
    held(desk)
    copy = Attachment("c", "IMG_0001.jpg", "image/jpeg")
    desk.records.append(case("3", attachments=(copy,)))
    desk.files["c"] = [FACES[:100], FACES[100:]]
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}")
    assert released(one, ref) == "assembly_failed"
    said = one.view(ref)["next"]
    assert "3-img_0001.jpg: is a file that was withheld in desk.cases" in said
    one.rule(ref, f"{files(one, ref)['3/IMG_0001.jpg']['place']}=withhold:{GROUND}")
    run_until_idle(one.installation)
    assert released(one, ref) == "ready"


def test_a_name_that_stands_elsewhere_blocks_the_release(make: Make, desk: Script) -> None:
    held(desk)
    text = {"topic": "Party", "text": f"See the file {PARTY.name}."}
    desk.records.append(case("3", data=text))
    one = make()
    ref = ruled(one, f"{{photo}}=withhold:{GROUND}")
    assert released(one, ref) == "assembly_failed"
    assert "withheld as desk.cases (the name of a file)" in one.view(ref)["next"]
    assert "Bo Berg" not in one.view(ref)["next"]
    one.rule(ref, f"desk.cases:3.text=withhold:{GROUND}")
    run_until_idle(one.installation)
    assert released(one, ref) == "ready"


@pytest.mark.parametrize("name", ["Brev till Lotta.txt", "1.txt", "till Lotta.txt"])
def test_a_name_the_person_has_anyway_or_that_tells_nothing_blocks_nothing(
    make: Make, desk: Script, name: str
) -> None:
    held(desk)
    named = replace(PARTY, name=name)
    desk.records[0] = case("lotta 1", attachments=(LETTER, named))
    one = make()
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    (row,) = (row for row in files(one, ref).values() if row["media_type"] == "image/jpeg")
    one.rule(ref, f"{row['place']}=withhold:{GROUND}")
    run_until_idle(one.installation)
    assert released(one, ref) == "ready"


def test_a_record_withheld_as_a_whole_takes_its_files_along_and_a_common_logo_stays(
    make: Make, desk: Script
) -> None:
    held(desk)
    logo = Attachment("logo", "logo.gif", "image/gif")
    desk.records.append(case("3", attachments=(logo,)))
    desk.records[0] = case("lotta 1", attachments=(LETTER, PARTY, logo))
    desk.files["logo"] = [b"GIF89a"]
    one = make()
    ref = ruled(one, f"desk.cases:lotta 1=withhold:{GROUND}")
    assert files(one, ref)[f"lotta 1/{PARTY.name}"]["withheld"] == GROUND
    assert released(one, ref) == "ready"
    found = members(checked(one.bundle(ref)))
    assert FACES not in found.values()
    assert b"GIF89a" in found.values()


def test_a_right_that_hands_no_file_over_knows_no_ruling_on_one(make: Make, desk: Script) -> None:
    desk.records = [case("1", match=Match.NAME_ONLY, attachments=(LETTER,))]
    one = make()
    ref = one.ask(Right.RESTRICTION)
    run_until_idle(one.installation)
    with pytest.raises(BadInput, match="hands none over"):
        one.rule(ref, "desk.cases#0123456789ab=withhold:not_this_person")
    assert files(one, ref) == {}


def test_a_key_that_looks_like_a_file_is_still_a_key(make: Make, desk: Script) -> None:
    desk.records = [case("1#0123456789ab"), case("2")]
    one = make()
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    one.rule(ref, f"desk.cases:1#0123456789ab=withhold:{GROUND}")
    run_until_idle(one.installation)
    assert one.line(ref, "desk")["done"] == 1


def test_whoever_must_look_at_a_file_gets_it_and_the_journal_says_so(
    make: Make, desk: Script, tmp_path: Path
) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    out = tmp_path / "photo.jpg"
    size = files_view.take_out(one.installation, staff("ana"), ref, photo(one, ref), out)
    assert (out.read_bytes(), size) == (FACES, len(FACES))
    assert one.view(ref)["journal"][-1]["event"] == "file_looked_at"
    assert one.view(ref)["journal"][-1]["actor"] == "staff:ana"
    with pytest.raises(BadInput, match="is no file of this ticket"):
        files_view.take_out(one.installation, staff("ana"), ref, "shop.customers#0123456789ab", out)


def test_the_files_of_somebody_forgotten_are_not_shown(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    with transaction(one.installation) as session:
        for request in session.exec(select(Request)):
            request.data_key = None
            session.add(request)
    with pytest.raises(KeyLost):
        files(one, ref)
