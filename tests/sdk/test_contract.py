"""The contract kit notices each harm it promises to notice: a sound adapter passes, its mutants fail."""

import inspect
from collections.abc import Sequence

import pytest

from dsar.sdk import Adapter, Later, Problem
from dsar.sdk.contract import AdapterContract, World
from tests.sdk.mutants import MUTANTS, Gone, Limited, Patient, Quoting
from tests.sdk.sound import WORLD, Marking, Settings, Sound


@pytest.fixture(autouse=True)
def _no_time_is_spent_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsar.sdk.promises.LONGEST_WAIT", 0.0)


PROMISES = [name for name in vars(AdapterContract) if name.startswith("test_")]


def broken(kind: type[Adapter], world: World = WORLD) -> set[str]:
    """The promises this adapter breaks."""

    class Contract(AdapterContract):
        def unreachable(self) -> Adapter | None:
            return Gone(Settings()) if issubclass(kind, Gone) else None

    found = set()
    for name in PROMISES:
        promise = getattr(Contract(), name)
        given = {"adapter": kind(Settings()), "world": world}
        try:
            promise(**{key: given[key] for key in inspect.signature(promise).parameters})
        except (AssertionError, TypeError, ValueError, KeyError):
            found.add(name.removeprefix("test_"))
    return found


def test_a_sound_adapter_breaks_no_promise() -> None:
    assert broken(Sound) == set()


def test_a_sound_adapter_that_restricts_and_lifts_breaks_no_promise() -> None:
    assert broken(Marking) == set()


def test_a_sound_adapter_that_takes_its_time_and_has_files_breaks_no_promise() -> None:
    assert broken(Patient) == set()


def test_a_sound_adapter_of_a_system_that_limits_requests_breaks_no_promise() -> None:
    assert broken(Limited) == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda kind: kind.__name__)
def test_a_harmful_adapter_breaks_the_promise_about_its_harm(mutant: type[Adapter]) -> None:
    assert MUTANTS[mutant] in broken(mutant)


def test_a_check_that_raises_is_told_to_give_a_problem() -> None:
    class Raising(Gone):
        def check(self) -> Sequence[Problem]:
            raise Later("The server is down.")

    class Contract(AdapterContract):
        def unreachable(self) -> Adapter:
            return Raising(Settings())

    with pytest.raises(AssertionError, match="Let it give a Problem instead"):
        Contract().test_a_source_that_is_not_there_is_named_without_personal_data(WORLD)


def test_a_failure_that_names_the_person_is_noticed() -> None:
    class Contract(AdapterContract):
        def unreachable(self) -> Adapter:
            return QuotingChecked(Settings())

    class QuotingChecked(Quoting):
        def check(self) -> Sequence[Problem]:
            return [Problem("url", "is not there.", "Correct it.")]

    with pytest.raises(AssertionError, match="shows an identifier"):
        Contract().test_a_source_that_is_not_there_is_named_without_personal_data(WORLD)
