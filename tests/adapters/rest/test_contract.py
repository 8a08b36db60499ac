"""The rest adapter keeps the contract, on each of the README's declarations as it stands."""

from collections.abc import Iterator

import pytest

from dsar.adapters.rest import Rest
from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World
from tests.adapters.rest.apis import Api, Cascade
from tests.adapters.rest.declared import SHAPES, erased_with, opened, table
from tests.servers import free_port


class Contract(AdapterContract):
    shape = ""

    @pytest.fixture
    def api(self) -> Iterator[Api]:
        api = SHAPES[self.shape]()
        with api.server:
            yield api

    @pytest.fixture
    def adapter(self, api: Api) -> Iterator[Adapter]:
        source = opened(table(self.shape, api))
        yield source
        source.close()

    def unreachable(self) -> Rest:
        nowhere = SHAPES[self.shape]()
        declared = table(self.shape, nowhere)
        nowhere.server.unused()
        return opened({**declared, "url": f"http://127.0.0.1:{free_port()}"})


class TestCrm(Contract):
    shape = "rest_crm"

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann.lee@example.com")]),
            keys={
                "contacts": frozenset({"1", "4", "6", "8"}),
                "notes": frozenset({"n1", "n1b", "n4", "n8"}),
            },
            neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
            correction=("contacts", "properties.name", 'Ann "the" Lee,\nnéé'),
        )


class TestCascade(TestCrm):
    @pytest.fixture
    def api(self) -> Iterator[Api]:
        api = Cascade()
        with api.server:
            yield api

    @pytest.fixture
    def adapter(self, api: Api) -> Iterator[Adapter]:
        source = opened(erased_with(table("rest_crm", api)))
        yield source
        source.close()


class TestShop(Contract):
    shape = "rest_shop"

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann.lee@example.com")]),
            keys={
                "customers": frozenset({"1", "4", "6", "8"}),
                "orders": frozenset({"101", "102", "103", "105", "106"}),
            },
            neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
        )


class TestDesk(Contract):
    shape = "rest_desk"

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann.lee@example.com")]),
            keys={
                "users": frozenset({"u1", "u4", "u6", "u8"}),
                "tickets": frozenset({"t1", "t2", "t3", "t5", "t6"}),
            },
            neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
        )
