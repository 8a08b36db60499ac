"""The mongo adapter keeps the contract, and what it promises beyond, on a server of that protocol."""

import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from bson import Binary
from bson.objectid import ObjectId
from pymongo.database import Database

from dsar.adapters.mongo import Mongo
from dsar.adapters.mongo.match import held, identifiers_at, in_normal_form
from dsar.adapters.mongo.mongo_settings import MongoCollection
from dsar.adapters.mongo.values import json_of, key_of, like, number_of
from dsar.sdk import Adapter, Batch, Done, Item, Later, Match, NeedsHuman, Record, Subject
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.registry import settings_from
from dsar.sdk.settings import BadInput
from tests.adapters.mongodb import MongoServer

ANN = Subject.of([("email", "ann@example.com")])
OIDS = [ObjectId(f"{number:024x}") for number in range(10)]
PEOPLE = [
    {
        "_id": OIDS[0],
        "mail": {"main": "Ann@Example.com"},
        "name": "Ann",
        "flag": "none",
        "born": datetime(1980, 5, 6, tzinfo=UTC),
    },
    {"_id": OIDS[1], "mail": {"main": "joann@example.com"}, "name": "Joann", "flag": "none"},
    {"_id": OIDS[2], "mail": {"main": "bob@example.com"}, "name": "Bob", "flag": "none"},
    {"_id": "text", "mail": {"main": "ann@example.com"}, "name": "Ann again", "flag": "none"},
    {"_id": 7, "mail": {"main": {"$ne": "x"}}, "name": "odd", "flag": "none"},
    {"_id": 8, "mail": {"main": ""}, "name": "nobody", "flag": "none"},
    {"_id": 9, "mail": {"main": "ann@example.com"}, "name": "third", "flag": "none"},
]
ORDERS = [
    {"_id": 1, "person": OIDS[0], "total": 5, "flag": "none"},
    {"_id": 2, "person": OIDS[2], "total": 6, "flag": "none"},
    {"_id": 3, "person": "text", "total": 7, "flag": "none"},
    {"_id": 4, "total": 8, "flag": "none"},
]
MARKS = {
    "restrict": {"column": "flag", "value": "restricted", "lifted": "none"},
    "object_to": {"column": "flag", "value": "stopped", "purposes": ["news"]},
}
COLLECTIONS: dict[str, dict[str, Any]] = {
    "orders": {
        "from": {"person": "people._id"},
        "columns": {"_id": "Number", "person": "Person", "total": "Total", "flag": "Mark"},
        **MARKS,
    },
    "people": {
        "identify": {"email": "mail.main"},
        "columns": {
            "_id": "Number",
            "mail": "Mail",
            "name": "Name",
            "flag": "Mark",
            "born": "Born",
        },
        **MARKS,
    },
}


def mongo(server: MongoServer, database: str, changed: dict[str, Any] | None = None) -> Mongo:
    collections = {
        name: {**one, **(changed or {}).get(name, {})} for name, one in COLLECTIONS.items()
    }
    given = {"url": server.url, "database": database, "collections": collections, "page": 2}
    return Mongo(settings_from(Mongo, {**given, "mask_key": "a secret"}, at="sources.app"))


@pytest.fixture
def filled(mongo_database: Database[Any]) -> Database[Any]:
    mongo_database.people.insert_many([dict(one) for one in PEOPLE])
    mongo_database.orders.insert_many([dict(one) for one in ORDERS])
    return mongo_database


@pytest.fixture
def source(mongo_server: MongoServer, filled: Database[Any]) -> Iterator[Mongo]:
    made = mongo(mongo_server, filled.name)
    yield made
    made.close()


def found(source: Mongo, subject: Subject = ANN) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


class TestMongo(AdapterContract):
    changed: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def adapter(self, mongo_server: MongoServer, filled: Database[Any]) -> Iterator[Adapter]:
        made = mongo(mongo_server, filled.name, self.changed)
        yield made
        made.close()

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=ANN,
            keys={
                "people": frozenset({key_of(OIDS[0]), '"text"', "9"}),
                "orders": frozenset({"1", "3"}),
            },
            neighbour=Subject.of([("email", "bob@example.com")]),
            correction=("people", "name", "Ann $Lee.x"),
        )

    def unreachable(self) -> Adapter:
        given = {"url": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300", "database": "x"}
        whole = {**given, "collections": COLLECTIONS, "timeout": 0.3}
        return Mongo(settings_from(Mongo, whole, at="sources.app"))


class TestMasking(TestMongo):
    changed: ClassVar[dict[str, Any]] = {"people": {"erase": "mask"}, "orders": {"erase": "mask"}}


def test_a_reference_is_evidence_of_its_own(source: Mongo) -> None:
    matches = {record.collection: record.match for record in found(source)}
    assert matches == {"people": Match.VERIFIED_IDENTIFIER, "orders": Match.DERIVED_KEY}
    assert [one.name for one in source.collections()] == ["people", "orders"]


def test_documents_with_keys_of_several_kinds_are_all_found(source: Mongo) -> None:
    keys = {record.key for record in found(source) if record.collection == "people"}
    assert keys == {'{"$oid": "000000000000000000000000"}', '"text"', "9"}


@pytest.mark.parametrize("value", ["$ne", '{"$ne": null}', '{"$gt": ""}', "$where", "$mail.main"])
def test_no_identifier_is_ever_an_operator(source: Mongo, value: str) -> None:
    assert found(source, Subject({"email": (value,)})) == []
    asked, _ = in_normal_form("mail.main", "email", [value], "")
    assert value in asked["$expr"]["$in"][1]["$literal"]


def test_one_identifier_in_two_documents_stops_where_it_must_be_unique(
    mongo_server: MongoServer, filled: Database[Any]
) -> None:
    with pytest.raises(NeedsHuman, match="more than one person in people") as stopped:
        found(mongo(mongo_server, filled.name, {"people": {"unique": True}}))
    assert "ann" not in str(stopped.value).lower()
    shared = mongo(mongo_server, filled.name, {"people": {"unique": True, "shared": True}})
    assert {(r.collection, r.match) for r in found(shared)} == {("people", Match.NAME_ONLY)}


def test_a_document_that_went_between_pages_loses_no_other(source: Mongo) -> None:
    first = next(iter(source.find(ANN)))
    last = first.records[-1]
    source.erase(Batch(last.collection, [Item(last.key)], "k1"))
    rest = {r.key for page in source.find(ANN, first.checkpoint) for r in page.records}
    assert {'{"$oid": "000000000000000000000000"}', "1"} & rest
    assert "ann" not in str(first.checkpoint)


def test_numbers_are_found_as_numbers_and_further_identifiers_are_offered(
    mongo_server: MongoServer, filled: Database[Any]
) -> None:
    changed = {"orders": {"identify": {"total": "total"}, "gives": {"order": "_id"}}}
    source = mongo(mongo_server, filled.name, changed)
    pages = list(source.find(Subject.of([("total", "5")])))
    assert [(r.key, r.match) for page in pages for r in page.records] == [
        ("1", Match.VERIFIED_IDENTIFIER)
    ]
    assert pages[0].identifiers == (("order", "1"),)
    assert found(source, Subject.of([("total", "05")])) == []


def test_each_mask_writes_what_it_says(mongo_server: MongoServer, filled: Database[Any]) -> None:
    columns = {
        "_id": "Number",
        "mail": {"label": "Mail", "mask": "hash"},
        "name": {"label": "Name", "mask": "gone"},
        "born": {"label": "Born", "mask": "year"},
        "flag": "Mark",
    }
    source = mongo(mongo_server, filled.name, {"people": {"erase": "mask", "columns": columns}})
    [receipt] = source.erase(Batch("people", [Item(key_of(OIDS[0]))], "k1"))
    assert receipt.done is Done.ANONYMISED
    left = filled.people.find_one({"_id": OIDS[0]})
    assert left["name"] == "gone"
    assert str(left["born"]).startswith("1980-01-01")  # this server makes a text of it
    assert like(datetime(1980, 5, 6, tzinfo=UTC), "1980-01-01") == datetime(1980, 1, 1, tzinfo=UTC)
    assert (len(left["mail"]), left["flag"]) == (64, "none")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shoe": 39}, "has no field shoe"),
        ({"_id": 5}, "the document's key"),
        ({"born": "1980-02-30"}, "does not fit field people.born"),
        ({"name": {"$set": 1}}, "does not fit field people.name"),
        ({"name": [{"a.b": 1}]}, "does not fit field people.name"),
        ({}, "Nothing to change"),
    ],
)
def test_a_correction_that_cannot_be_written_is_refused(
    source: Mongo, changes: dict[str, Any], why: str
) -> None:
    [receipt] = source.rectify(Batch("people", [Item(key_of(OIDS[0]), changes=changes)], "k1"))
    assert (receipt.done, why in receipt.reason) == (Done.FAILED, True)


def test_an_objection_to_another_purpose_leaves_the_mark_and_says_so(source: Mongo) -> None:
    [receipt] = source.object_to(Batch("people", [Item("9")], "k1", ("profiling",)))
    assert (receipt.done, receipt.code) == (Done.KEPT, "other_purposes")
    assert "news only" in receipt.reason
    [receipt] = source.object_to(Batch("people", [Item("9")], "k1", ("news",)))
    assert receipt.done is Done.STOPPED


@pytest.mark.parametrize("key", ["", "not json", '{"$oid": "x"}', '{"$oid": 5}', "[", '{"$ne": 1}'])
def test_a_key_of_another_source_is_refused(source: Mongo, key: str) -> None:
    [receipt] = source.erase(Batch("people", [Item(key)], "k1"))
    assert (receipt.done, "no key of people" in receipt.reason) == (Done.FAILED, True)
    assert len(found(source)) == 5


def test_a_collection_or_field_that_is_not_as_declared_is_named(
    mongo_server: MongoServer, filled: Database[Any]
) -> None:
    source = mongo(mongo_server, filled.name, {"people": {"columns": {"_id": "Number"}}})
    fields = {problem.field.rpartition(".")[2] for problem in source.check()}
    assert fields == {"mail", "name", "flag", "born"}
    renamed = mongo(mongo_server, filled.name, {"orders": {"collection": "sales"}})
    assert "collections.orders" in {problem.field for problem in renamed.check()}
    with pytest.raises(NeedsHuman, match="has no collection orders"):
        found(renamed)


UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    ("kind", "stored", "wanted", "more"),
    [
        ("email", " Ann@Example.com ", "ann@example.com", {}),
        ("email", "ÄNN@example.com", "änn@example.com", {}),
        ("email", ["x@example.com", " Ann@Example.com"], "ann@example.com", {}),
        ("phone", "+49 (0)30 007-43.21", "+49300074321", {}),
        ("phone", "030-0074321", "+49300074321", {"region": "DE"}),
        ("phone", ["030-0074321"], "+49300074321", {"region": "DE"}),
        ("account", UUID.upper(), UUID, {}),
        ("account", "K-42", "K-42", {}),
        ("account", 42, "42", {}),
        ("account", " k-42", "K-42", {"fold": ["account"]}),
        ("account", OIDS[7], str(OIDS[7]), {}),
    ],
)
def test_an_identifier_is_found_in_whatever_form_it_stands(
    mongo_server: MongoServer,
    filled: Database[Any],
    *,
    kind: str,
    stored: Any,
    wanted: str,
    more: dict[str, Any],
) -> None:
    filled.people.insert_one({"_id": 70, "held": stored, "flag": "none"})
    changed = {"people": {"identify": {kind: "held"}, **more}}
    source = mongo(mongo_server, filled.name, changed)
    subject = Subject.of([(kind, wanted)])
    assert [r.key for r in found(source, subject) if r.collection == "people"] == ["70"]
    source.close()


def test_a_uuid_of_its_own_kind_is_asked_for_and_read_as_one() -> None:
    """The server of these tests compares no binary values: what it is asked is looked at."""
    own = Binary.from_uuid(uuid.UUID(UUID))
    assert own in list(held(UUID))
    assert list(identifiers_at({"a": [{"id": own}]}, "a.id")) == [UUID]
    assert json_of({"id": own}) == {"id": UUID}
    assert like(own, UUID.upper()) == own


def test_identifiers_that_would_never_be_found_are_named(
    mongo_server: MongoServer, filled: Database[Any]
) -> None:
    filled.people.insert_one({"_id": 70, "number": " K-42", "flag": "none"})
    identify = {"account": ["number", "nummer"]}
    source = mongo(mongo_server, filled.name, {"people": {"identify": identify}})
    told = " ".join(map(str, source.check()))
    assert "stands with blanks around in 1 documents (number)" in told
    assert 'Add "account" to fold' in told
    assert "nummer is in no document" in told
    source.close()


def test_references_to_what_stands_in_lists_are_followed(
    mongo_server: MongoServer, filled: Database[Any]
) -> None:
    filled.people.update_one({"_id": OIDS[0]}, {"$set": {"cards": [{"no": 11}, {"no": 12}]}})
    filled.orders.insert_one({"_id": 5, "card": 12, "total": 9, "flag": "none"})
    source = mongo(mongo_server, filled.name, {"orders": {"from": {"card": "people.cards.no"}}})
    assert [record.key for record in found(source) if record.collection == "orders"] == ["5"]
    source.close()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"people": {"identify": {"email": "mails.0.main"}}}, "people.identify.email"),
        ({"people": {"gives": {"number": "a[0]"}}}, "people.gives.number"),
        ({"orders": {"from": {"person": "people.a..b"}}}, "orders.from.person"),
    ],
)
def test_a_path_that_can_never_match_is_refused(
    mongo_server: MongoServer, filled: Database[Any], changed: dict[str, Any], field: str
) -> None:
    source = mongo(mongo_server, filled.name, changed)
    assert f"collections.{field}" in {problem.field for problem in source.check()}
    with pytest.raises(NeedsHuman, match=r"a place in a list|without a name"):
        found(source)
    source.close()


def test_a_server_that_cannot_be_reached_is_waited_for() -> None:
    with pytest.raises(Later, match="cannot be reached"):
        found(TestMongo().unreachable())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"orders": {"from": {"person": "nobody._id"}}}, "collections.orders.from.person"),
        ({"people": {"from": {"x": "orders._id"}}}, "collections"),
    ],
)
def test_references_that_lead_nowhere_are_refused(
    mongo_server: MongoServer, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        mongo(mongo_server, "x", changed)
    assert refused.value.field == field


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    mongo_server: MongoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymongo", None)
    with pytest.raises(BadInput, match=r"needs the library pymongo.*dsar\[mongo\]"):
        mongo(mongo_server, "x")


def test_every_kind_of_value_becomes_plain_json_and_keys_come_back() -> None:
    from bson import Binary, Decimal128, Int64

    given = {
        "d": Decimal128("1.50"),
        "i": Int64(5),
        "b": Binary(b"\xff"),
        "o": OIDS[1],
        "l": [b"x"],
    }
    text = {"d": "1.50", "i": 5, "b": "/w==", "o": str(OIDS[1]), "l": ["eA=="]}
    assert json_of(given) == text
    assert type(json_of(Int64(5))) is int
    for number in (5, "5", OIDS[3], 2.5, {"a": 1, "b": "c"}):
        assert number_of(key_of(number)) == (number,)
    assert key_of(5) != key_of("5")
    assert like(Decimal128("1"), "2.5") == Decimal128("2.5")
    assert like(OIDS[0], str(OIDS[1])) == OIDS[1]
    assert MongoCollection().erase == "delete"
