"""The files that sources gave for a person's records stand in the bundle they receive."""

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Attachment
from dsar.store.tables import PageRow
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.stories.bundles import checked, members
from workers.run_here import run_until_idle

LETTER = b"Dear " + EMAIL.encode() + b"!" * (3 << 20)
NAMED = Attachment("lotta 1", "Brev från Lotta.pdf", "application/pdf", len(LETTER))
EMPTY = Attachment("2", "empty.txt", "text/plain")


def released(one: Company) -> str:
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    return ref


def test_files_come_out_of_the_bundle_as_the_source_gave_them(make: Make, desk: Script) -> None:
    desk.records = [case("1", attachments=(NAMED, EMPTY)), case("2")]
    desk.files = {"lotta 1": [LETTER[:10], LETTER[10:]], "2": []}
    one = make()
    ref = released(one)
    assert one.state(ref) == "ready"
    found = members(checked(one.bundle(ref)))
    assert found["files/desk/cases/1-brev-fran-lotta.pdf"] == LETTER
    assert found["files/desk/cases/2-empty.txt"] == b""
    assert b"attached_files" in found["data/desk/cases.csv"]
    assert not any(name.startswith("files/shop") for name in found)


def test_a_file_whose_pieces_were_lost_stops_the_bundle_by_name(make: Make, desk: Script) -> None:
    desk.records = [case("1", attachments=(NAMED,))]
    desk.files = {"lotta 1": [LETTER]}
    one = make()
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    lost = next(row.id for row in one.rows(PageRow) if row.role == "attachment")
    with one.installation.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM page WHERE id = ?", (lost,))
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "assembly_failed"
    assert "An attachment of desk.cases is not whole any more" in one.view(ref)["next"]
    assert one.view(ref)["bundles"] == []
    assert list((one.folder / "var" / "bundles").iterdir()) == []
