"""What a source says reaches the person by its code, in their language; its sentences are staff's,
but for that of what it keeps, which is quoted."""

from collections.abc import Callable, Sequence

import pytest

from dsar.domain.lifecycle import Event
from dsar.sdk import Batch, Done, Later, NeedsHuman, Receipt
from dsar.services.desk import holds
from dsar.services.runtime.installation import transaction
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.work.approved import approved
from tests.stories.bundles import checked, everything

#: A sentence of somebody who writes for staff.
FOR_STAFF = "Ask Pat at crm.internal for a new token."


def told(one: Company, ref: str) -> str:
    """All that the person is given: bundle and letters."""
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)
    letters = one.letters(ref).values()
    return " ".join((" ".join([everything(checked(one.bundle(ref))), *letters])).split())


def fails(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    raise NeedsHuman(FOR_STAFF, code="refused")


def says_nothing(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    raise NeedsHuman(FOR_STAFF)


def not_one(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    first, *rest = script.act(verb, batch)
    return [Receipt(first.collection, first.key, Done.FAILED, FOR_STAFF, "cannot"), *rest]


@pytest.mark.parametrize(
    ("acting", "german"),
    [
        (fails, "Das System hat dies verweigert."),
        (says_nothing, "Dies konnte nicht durchgeführt werden. Bitte fragen Sie uns danach: "),
        (not_one, "Das System kann dies nicht."),
    ],
)
def test_a_failure_is_told_by_its_code_and_never_by_its_sentence(
    make: Make, desk: Script, acting: Callable[..., Sequence[Receipt]], german: str
) -> None:
    desk.records, desk.acting = [case("1"), case("2")], acting
    one = make()
    ref = approved(one, language="de")
    one.work_through()
    assert FOR_STAFF in one.view(ref)["next"]
    one.act(ref, Event.ACCEPT_GAP, reason="by hand")
    said = told(one, ref)
    assert german in said
    assert FOR_STAFF not in said


def keeps(reason: str, code: str = "", done: Done = Done.KEPT) -> Callable[..., list[Receipt]]:
    def act(script: Script, verb: str, batch: Batch) -> list[Receipt]:
        first, *rest = script.act(verb, batch)
        return [Receipt(first.collection, first.key, done, reason, code), *rest]

    return act


@pytest.mark.parametrize(
    ("acting", "german", "quoted"),
    [
        (keeps(FOR_STAFF), f"behält es und nennt als Grund: „{FOR_STAFF}“", True),
        (keeps(""), "behält es und nennt keinen Grund.", False),
        (keeps(FOR_STAFF, "still_referenced"), "Andere Daten in diesem System hängen", False),
        (keeps(FOR_STAFF, "on_hold"), f"behält es und nennt als Grund: „{FOR_STAFF}“", True),
    ],
    ids=["a sentence", "nothing", "a code", "a code that is not theirs"],
)
def test_what_a_source_keeps_is_quoted_unless_it_has_a_code(
    make: Make, desk: Script, acting: Callable[..., list[Receipt]], german: str, quoted: bool
) -> None:
    desk.records, desk.acting = [case("1"), case("2")], acting
    one = make()
    ref = approved(one, language="de")
    one.work_through()
    said = told(one, ref)
    assert german in said
    assert (FOR_STAFF in said) is quoted


@pytest.mark.parametrize(("code", "there"), [("still_referenced", True), ("", False)])
def test_a_remark_on_what_was_done_is_told_by_its_code_only(
    make: Make, desk: Script, code: str, there: bool
) -> None:
    def act(script: Script, verb: str, batch: Batch) -> list[Receipt]:
        first, second = script.act(verb, batch)
        return [
            Receipt(first.collection, first.key, Done.ANONYMISED, FOR_STAFF, code),
            Receipt(second.collection, second.key, Done.KEPT, "Open case."),
        ]

    desk.records, desk.acting = [case("1"), case("2")], act
    one = make()
    ref = approved(one, language="de")
    one.work_through()
    said = told(one, ref)
    assert ("Andere Daten in diesem System hängen davon ab." in said) is there
    assert FOR_STAFF not in said


def test_a_hold_that_comes_in_the_midst_of_a_page_leaves_no_word_of_it_either(
    make: Make, desk: Script
) -> None:
    """What was begun there is not known to the last record: so it could not be done."""

    def half(script: Script, verb: str, batch: Batch) -> list[Receipt]:
        raise Later("Busy.", wait=1)

    desk.records, desk.acting = [case("1"), case("2")], half
    one = make()
    ref = approved(one, language="en")
    one.work()
    with transaction(one.installation) as session:
        holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")
    one.work_through()
    assert one.state(ref) == "action_failed"
    one.act(ref, Event.ACCEPT_GAP, reason="the claim goes on")
    assert one.line(ref, "desk")["outcome"] == "could_not"
    said = told(one, ref)
    assert "Needed for the establishment, exercise or defence of legal claims" in said
    assert not [word for word in ("legal hold", "hold is in force", "lift it") if word in said]
