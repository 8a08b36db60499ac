"""What the rules of a database refuse costs the record they refuse, and is said by its name."""

from typing import Any

import pytest

from dsar.adapters.sql import Sql
from dsar.sdk import Batch, Done, Item, Receipt, Subject
from dsar.sdk.registry import settings_from
from tests.adapters.shop import counted, run

ANN = Subject.of([("email", "ann@example.com")])
PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99), boss INTEGER)"
ANN_AND_BOB = "INSERT INTO people VALUES (1, 'ann@example.com', NULL), (2, 'bob@example.com', NULL)"


def source(url: str, **tables: Any) -> Sql:
    people = {"identify": {"email": "email"}}
    return Sql(settings_from(Sql, {"url": url, "tables": {"people": people, **tables}}, at="x"))


def acted(made: Sql, verb: str, table: str, *items: Item | int) -> dict[str, Receipt]:
    whole = [item if isinstance(item, Item) else Item(str(item)) for item in items]
    receipts = getattr(made, verb)(Batch(table, whole, "k"))
    return {receipt.key: receipt for receipt in receipts}


def erased(made: Sql, table: str, *keys: int) -> dict[str, Done]:
    return {key: receipt.done for key, receipt in acted(made, "erase", table, *keys).items()}


def deferred(url: str) -> str:
    """MariaDB looks at every reference at once."""
    return "" if url.startswith("mysql") else " DEFERRABLE INITIALLY DEFERRED"


def test_a_reference_looked_at_late_costs_the_one_record_it_leads_to(database_url: str) -> None:
    late = deferred(database_url)
    run(
        database_url,
        PEOPLE,
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, body VARCHAR(9), "
        f"FOREIGN KEY (author) REFERENCES people (id){late})",
        "CREATE TABLE likes (id INTEGER PRIMARY KEY, post INTEGER NOT NULL, "
        f"FOREIGN KEY (post) REFERENCES posts (id){late})",
        ANN_AND_BOB,
        *(f"INSERT INTO posts VALUES ({number}, 1, 'x')" for number in range(1, 51)),
        "INSERT INTO likes VALUES (1, 7)",
    )
    made = source(database_url, posts={"from": {"author": "people.id"}})
    receipts = acted(made, "erase", "posts", *range(1, 51))
    assert {key for key, one in receipts.items() if one.done is Done.ERASED} == {
        str(number) for number in range(1, 51) if number != 7
    }
    assert "Another table likes still refers to this record" in receipts["7"].reason
    assert counted(database_url, "SELECT count(*) FROM posts") == 1
    person = acted(made, "erase", "people", 1, 2)
    assert (person["1"].done, person["2"].done) == (Done.FAILED, Done.ERASED)
    assert "Rows of posts that stay" in person["1"].reason
    made.close()


SELF = (
    "CREATE TABLE remarks (id INTEGER PRIMARY KEY, author INTEGER, answer_to INTEGER{rule}, "
    "body VARCHAR(9), FOREIGN KEY (author) REFERENCES people (id), "
    "FOREIGN KEY (answer_to) REFERENCES remarks (id){late})"
)
REMARKS = {"from": {"author": "people.id"}}


@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_rows_that_refer_to_each_other_go_in_one_batch(database_url: str, late: bool) -> None:
    """A chain, a row that refers to itself and a circle."""
    run(
        database_url,
        PEOPLE,
        SELF.format(rule="", late=deferred(database_url) if late else ""),
        ANN_AND_BOB,
        *(f"INSERT INTO remarks VALUES ({n}, 1, {n - 1 or 'NULL'}, 'x')" for n in range(1, 5)),
        "INSERT INTO remarks VALUES (5, 1, 5, 'x')",
        "INSERT INTO remarks VALUES (6, 1, NULL, 'x'), (7, 1, 6, 'x'), (8, 1, 7, 'x')",
        "UPDATE remarks SET answer_to = 8 WHERE id = 6",
    )
    made = source(database_url, remarks=REMARKS)
    assert set(erased(made, "remarks", *range(1, 9)).values()) == {Done.ERASED}
    assert counted(database_url, "SELECT count(*) FROM remarks") == 0
    made.close()


def test_what_somebody_else_answered_stays_and_what_hangs_on_nothing_goes(
    database_url: str,
) -> None:
    run(
        database_url,
        PEOPLE,
        SELF.format(rule="", late=""),
        ANN_AND_BOB,
        *(f"INSERT INTO remarks VALUES ({n}, 1, {n - 1 or 'NULL'}, 'x')" for n in range(1, 5)),
        "INSERT INTO remarks VALUES (10, 2, 3, 'x')",
    )
    made = source(database_url, remarks=REMARKS)
    receipts = acted(made, "erase", "remarks", 1, 2, 3, 4)
    assert {key: one.done for key, one in receipts.items()} == {
        "1": Done.FAILED,
        "2": Done.FAILED,
        "3": Done.FAILED,
        "4": Done.ERASED,
    }
    assert "Other rows of remarks" in receipts["3"].reason
    assert counted(database_url, "SELECT answer_to FROM remarks WHERE id = 3") == 2
    made.close()


def test_a_reference_that_would_be_emptied_and_cannot_be_names_its_table(
    database_url: str,
) -> None:
    run(
        database_url,
        PEOPLE,
        "CREATE TABLE fees (id INTEGER PRIMARY KEY, payer INTEGER NOT NULL)"
        if database_url.startswith("mysql")  # which refuses to declare it
        else "CREATE TABLE fees (id INTEGER PRIMARY KEY, "
        "payer INTEGER NOT NULL REFERENCES people (id) ON DELETE SET NULL)",
        ANN_AND_BOB,
        "INSERT INTO fees VALUES (1, 1)",
    )
    made = source(database_url)
    if not database_url.startswith("mysql"):
        [receipt] = acted(made, "erase", "people", 1).values()
        assert receipt.done is Done.FAILED
        assert "Another table fees still refers to this record" in receipt.reason
    made.close()


def test_a_strangers_table_that_refers_is_named_though_the_row_was_emptied(
    database_url: str,
) -> None:
    run(
        database_url,
        PEOPLE,
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, who INTEGER, "
        "FOREIGN KEY (who) REFERENCES people (id))",
        ANN_AND_BOB,
        "INSERT INTO audit VALUES (1, 1)",
    )
    made = source(
        database_url,
        people={
            "identify": {"email": "email"},
            "columns": {"email": {"label": "E", "mask": "gone-{key}"}},
        },
    )
    [receipt] = acted(made, "erase", "people", 1).values()
    assert receipt.done is Done.FAILED
    assert "Another table audit still refers to this record" in receipt.reason
    assert "emptied" in receipt.reason
    assert counted(database_url, "SELECT email FROM people WHERE id = 1") == "gone-1"
    made.close()


def test_columns_the_database_works_out_are_left_to_it(database_url: str) -> None:
    both = "CONCAT(first, last)" if database_url.startswith("mysql") else "first || last"
    run(
        database_url,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99), first VARCHAR(9), "
        f"last VARCHAR(9), whole VARCHAR(20) GENERATED ALWAYS AS ({both}) STORED)",
        "INSERT INTO people (id, email, first, last) VALUES (1, 'ann@example.com', 'Ann', 'Lee')",
    )
    columns = {"first": {"label": "f", "mask": "x"}, "last": {"label": "l", "mask": "y"}}
    table = {"identify": {"email": "email"}, "erase": "mask", "columns": columns}
    made = source(database_url, people=table)
    [refused] = acted(made, "rectify", "people", Item("1", changes={"whole": "Bob"})).values()
    assert refused.done is Done.FAILED
    assert "people.whole is worked out by the database" in refused.reason
    assert erased(made, "people", 1) == {"1": Done.ANONYMISED}
    assert counted(database_url, "SELECT whole FROM people") == "xy"
    made.close()


@pytest.mark.postgres
def test_a_mask_of_nothing_is_nothing_also_in_json_and_fits_its_rule(postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99), "
        "prefs JSONB CHECK (jsonb_typeof(prefs) = 'object'), notes JSON)",
        "INSERT INTO people VALUES (1, 'ann@example.com', '{\"a\": 1}', '[]')",
    )
    made = source(postgres_url)
    [wrong] = acted(made, "rectify", "people", Item("1", changes={"prefs": [1]})).values()
    assert wrong.done is Done.FAILED
    assert "people.prefs" in wrong.reason
    for verb, item in (
        ("rectify", Item("1", changes={"prefs": None})),
        ("erase", Item("1", fields=("notes", "prefs"))),
    ):
        assert {r.done for r in acted(made, verb, "people", item).values()} <= {
            Done.RECTIFIED,
            Done.ANONYMISED,
        }
    assert counted(postgres_url, "SELECT count(*) FROM people WHERE num_nulls(prefs, notes) = 2")
    made.close()


WHEN_ANN = "CREATE TRIGGER stay BEFORE DELETE ON people "
TRIGGERS = {
    "sqlite": [WHEN_ANN + "WHEN OLD.id = 1 BEGIN SELECT RAISE(ABORT, 'Ann must stay'); END"],
    "postgresql": [
        """CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF OLD.id = 1 THEN RAISE EXCEPTION 'Ann must stay'; END IF; RETURN OLD; END $$""",
        WHEN_ANN + "FOR EACH ROW EXECUTE FUNCTION stay()",
    ],
    "mysql": [
        WHEN_ANN + "FOR EACH ROW IF OLD.id = 1 "
        "THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Ann must stay'; END IF"
    ],
}


def test_a_triggers_refusal_costs_its_record_and_its_words_stay_out(database_url: str) -> None:
    kind = database_url.partition(":")[0].partition("+")[0]
    run(database_url, PEOPLE, ANN_AND_BOB, *TRIGGERS[kind])
    made = source(database_url)
    receipts = acted(made, "erase", "people", 1, 2)
    assert (receipts["1"].done, receipts["2"].done) == (Done.FAILED, Done.ERASED)
    assert receipts["1"].reason.startswith("A trigger of the database refuses the change.")
    assert "must stay" not in receipts["1"].reason
    made.close()


def test_the_column_a_value_is_refused_for_is_named(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99), boss INTEGER, "
        "code VARCHAR(9) UNIQUE, age INTEGER CHECK (age > 0), "
        "FOREIGN KEY (boss) REFERENCES people (id))",
        "INSERT INTO people VALUES (1, 'ann@example.com', NULL, 'a', 1)",
        "INSERT INTO people VALUES (2, 'bob@example.com', NULL, 'b', 2)",
    )
    made = source(database_url)
    for name, value, words in (
        ("boss", 99, "refers to a record that is not there"),
        ("code", "b", "wants it unique"),
        ("age", -5, "rule of the database forbids"),
    ):
        changes = {"email": "ann@example.org", name: value}
        [receipt] = acted(made, "rectify", "people", Item("1", changes=changes)).values()
        assert receipt.done is Done.FAILED
        assert words in receipt.reason
        assert f"people.{name}" in receipt.reason
        assert str(value) not in receipt.reason.split()
    made.close()
