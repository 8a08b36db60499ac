"""The opendsr adapter keeps the contract on a reference processor that answers at once."""

import hashlib

import pytest

from dsar.sdk import Adapter, Batch, Done, Item, Subject
from dsar.sdk.contract import AdapterContract, World
from tests.adapters.opendsr.conftest import Opened
from tests.adapters.opendsr.processors import ReferenceProcessor
from tests.servers import free_port


def hashed(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


ANN, BOB = hashed("ann@example.com"), hashed("ann+tag@example.com")


class TestOpenDsr(AdapterContract):
    @pytest.fixture
    def adapter(self, processor: ReferenceProcessor, opened: Opened) -> Adapter:
        processor.people = {
            ("email", ANN): [{"segment": "shoes"}, {"segment": "books", "n": 1}],
            ("controller_customer_id", "C1"): [{"clicks": 7}],
            ("email", BOB): [{"segment": "boats"}],
        }
        self._opened = opened
        return opened()

    @pytest.fixture
    def world(self) -> World:
        person = [("email", "ann@example.com"), ("customer_number", "C1")]
        return World(
            person=Subject.of(person),
            keys={"held": frozenset({f"email:sha256:{ANN}", "controller_customer_id:raw:C1"})},
            neighbour=Subject.of([("email", "ann+tag@example.com")]),
        )

    def unreachable(self) -> Adapter | None:
        return None  # below, where the fixture of this test's server is at hand

    def test_a_processor_that_is_not_there_is_named_without_personal_data(
        self, adapter: Adapter, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = self._opened(url=f"http://127.0.0.1:{free_port()}/v2")
        monkeypatch.setattr(self, "unreachable", lambda: nowhere)
        self.test_a_source_that_is_not_there_is_named_without_personal_data(world)

    def test_a_record_that_is_not_there_is_never_called_erased(
        self, adapter: Adapter, world: World
    ) -> None:
        """OpenDSR has no word for it: the same batch is the same request, and its answer stands.

        What must hold instead: asking again makes no second request.
        """
        items = [Item(key) for key in sorted(world.keys["held"])]
        batch = Batch("held", items, "contract-erase")
        first, again = adapter.erase(batch), adapter.erase(batch)  # type: ignore[attr-defined]
        assert first == again
        assert {one.done for one in again} == {Done.ERASED}

    def test_a_batch_tried_again_makes_no_second_request(
        self, adapter: Adapter, world: World, processor: ReferenceProcessor
    ) -> None:
        batch = Batch("held", [Item(key) for key in sorted(world.keys["held"])], "k")
        adapter.erase(batch)  # type: ignore[attr-defined]
        self._opened().erase(batch)
        assert len(processor.taken) == 2
