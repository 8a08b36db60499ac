"""What a person reads of an erasure that a legal hold came before: its ground, and nothing else."""

from collections.abc import Callable

import pytest

from dsar.domain.lifecycle import Event
from dsar.sdk import Batch, Receipt
from dsar.services.desk import holds
from dsar.services.runtime.installation import transaction
from dsar.services.work.decide import BATCH
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.work.approved import approved
from tests.stories.bundles import everything, members, report

#: What staff is told of a hold, and what would tell a person of one.
OF_STAFF = ("lift it", "try again", "named gap", "hold is in force", "legal hold", "Aufbewahrungs")
GROUND = {
    "en": ("Needed for the establishment, exercise or defence of legal claims", "Art. 17(3)(e)"),
    "de": ("Zur Geltendmachung, Ausübung oder Verteidigung von Rechtsansprüchen", "lit. e DSGVO"),
}


def hold(one: Company) -> None:
    with transaction(one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")


def given_up(one: Company, language: str) -> str:
    """An erasure a hold came before once it was approved, that staff gave up and handed over."""
    ref = approved(one, language=language)
    hold(one)
    one.work()
    assert one.state(ref) == "action_failed"
    one.act(ref, Event.ACCEPT_GAP, reason="the claim goes on")
    return handed_over(one, ref)


def handed_over(one: Company, ref: str) -> str:
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)
    return ref


def held_before(one: Company, language: str) -> str:
    """An erasure that was decided, approved and handed over under a hold."""
    hold(one)
    return handed_over(one, approved(one, language=language))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("ended", [given_up, held_before])
def test_the_person_reads_the_ground_and_never_of_the_hold(
    small: Company, language: str, ended: Callable[[Company, str], str]
) -> None:
    ref = ended(small, language)
    bundle = small.bundle(ref)
    words, article = GROUND[language]
    processing = members(bundle)["processing.json"].decode()
    for told in (processing, small.letters(ref)["partly_delivered"]):
        assert words in told
    assert article in " ".join(report(bundle).split())
    for told in (everything(bundle), *small.letters(ref).values()):
        assert [word for word in OF_STAFF if word.lower() in told.lower()] == []


def test_it_counts_the_records_as_kept_and_no_system_as_failed(small: Company) -> None:
    ref = given_up(small, "en")
    for source in ("shop", "mailing"):
        line = small.line(ref, source)
        assert line["outcome"] == "withheld"
        assert {kept["ground"] for kept in line["kept"]} >= {"legal_claims"}
        assert sum(kept["count"] for kept in line["kept"]) == line["found"]
    assert "could not be searched" not in report(small.bundle(ref))


def test_what_was_erased_before_the_hold_is_told_apart_from_what_it_kept(
    make: Make, desk: Script
) -> None:
    """A hold between two pages: the first is erased and searched for again, the second is kept."""
    desk.records = [case(str(number)) for number in range(BATCH + 1)]

    def held_meanwhile(script: Script, verb: str, batch: Batch) -> list[Receipt]:
        hold(one)
        return script.act(verb, batch)

    desk.acting = held_meanwhile
    one = make()
    ref = approved(one)
    one.work()
    assert one.state(ref) == "action_failed"
    one.act(ref, Event.ACCEPT_GAP, reason="the claim goes on")
    one.work()
    line = one.line(ref, "desk")
    assert (line["outcome"], line["done"], line["residue"]) == ("withheld", BATCH, 0)
    assert [(kept["count"], kept["ground"]) for kept in line["kept"]] == [(1, "legal_claims")]
    assert one.state(ref) == "assembling"
