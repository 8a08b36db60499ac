"""What MySQL and MariaDB do in their own way does not change who is found or what is written."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from dsar.adapters.sql import Sql
from dsar.domain.decision import means_the_same
from dsar.sdk import Batch, Done, Item, NeedsHuman, Subject
from dsar.sdk.registry import settings_from
from tests.adapters.shop import counted, run
from tests.mariadb import MariadbServer

TABLE = """CREATE TABLE people (
    id INTEGER PRIMARY KEY, code VARCHAR(20) CHARACTER SET latin1, email VARCHAR(80),
    born VARCHAR(10), active BOOLEAN NOT NULL DEFAULT TRUE, short VARCHAR(4))"""
COLUMNS = {
    "id": {"label": "Number"},
    "code": {"label": "Code", "mask": "hash"},
    "email": {"label": "E-mail", "mask": "erased-{key}@invalid"},
    "born": {"label": "Born", "mask": "year"},
    "active": {"label": "Active"},
    "short": {"label": "Short", "mask": "longer than four"},
}


def source(url: str) -> Sql:
    people = {
        "key": "id",
        "identify": {"email": "email", "code": "code"},
        "erase": "mask",
        "columns": COLUMNS,
    }
    settings = {"url": url, "mask_key": "k", "tables": {"people": people}}
    return Sql(settings_from(Sql, settings, at="sources.people"))


@pytest.fixture
def people(mariadb_url: str) -> Iterator[Sql]:
    run(mariadb_url, TABLE)
    made = source(mariadb_url)
    yield made
    made.close()


def keys(made: Sql, kind: str, value: str) -> set[str]:
    pages = made.find(Subject.of([(kind, value)]))
    return {record.key for page in pages for record in page.records}


def test_an_accent_makes_another_person_whatever_the_collation_thinks(
    people: Sql, mariadb_url: str
) -> None:
    run(
        mariadb_url,
        "INSERT INTO people (id, email) VALUES (1, 'ann@example.com'), (3, 'änn@example.com')",
    )
    assert keys(people, "email", "ann@example.com") == {"1"}


def test_a_column_in_another_character_set_is_compared_exactly(
    people: Sql, mariadb_url: str
) -> None:
    run(mariadb_url, "INSERT INTO people (id, code) VALUES (1, 'Zoë'), (2, 'Zoe'), (3, 'zoë')")
    assert keys(people, "code", "Zoë") == {"1"}


def test_a_truth_is_the_number_the_server_keeps_it_as_and_corrected_by_either(
    people: Sql, mariadb_url: str
) -> None:
    """BOOLEAN is TINYINT(1) there: 1 may be one star of five."""
    run(mariadb_url, "INSERT INTO people (id, email) VALUES (1, 'ann@example.com')")
    for correction in (False, True, 0, 1):
        item = Item("1", changes={"active": correction})
        [receipt] = people.rectify(Batch("people", [item], "k"))
        assert receipt.done is Done.RECTIFIED
        [page] = people.find(Subject.of([("email", "ann@example.com")]))
        read = page.records[0].data["active"]
        assert (read, type(read)) == (int(correction), int)
        assert means_the_same(read, correction)


def test_only_the_year_of_a_date_kept_as_text_stays(people: Sql, mariadb_url: str) -> None:
    run(mariadb_url, "INSERT INTO people (id, born) VALUES (1, '1980-02-29')")
    [receipt] = people.erase(Batch("people", [Item("1", fields=("born",))], "k"))
    assert receipt.done is Done.ANONYMISED
    assert counted(mariadb_url, "SELECT born FROM people") == "1980-01-01"


def test_a_mask_too_long_for_its_column_is_refused_and_never_cut(
    people: Sql, mariadb_url: str
) -> None:
    run(mariadb_url, "INSERT INTO people (id, short) VALUES (1, 'abcd')")
    [receipt] = people.erase(Batch("people", [Item("1", fields=("short",))], "k"))
    assert receipt.done is Done.FAILED
    assert "longer than its column" in receipt.reason
    assert counted(mariadb_url, "SELECT short FROM people") == "abcd"


def test_a_user_who_may_only_read_and_a_wrong_password_are_named(
    people: Sql, mariadb_url: str, mariadb_server: MariadbServer
) -> None:
    url = sa.make_url(mariadb_url)
    run(mariadb_url, "INSERT INTO people (id, email) VALUES (1, 'ann@example.com')")
    mariadb_server.administer("CREATE USER reader@'%' IDENTIFIED BY 'right'")
    mariadb_server.administer(f"GRANT SELECT ON `{url.database}`.* TO reader@'%'")
    try:
        reader = source(
            url.set(username="reader", password="right").render_as_string(hide_password=False)
        )
        assert keys(reader, "email", "ann@example.com") == {"1"}
        with pytest.raises(NeedsHuman, match="refuses writing to people"):
            reader.erase(Batch("people", [Item("1", fields=("born",))], "k"))
        reader.close()
        wrong = source(
            url.set(username="reader", password="wrong").render_as_string(hide_password=False)
        )
        with pytest.raises(NeedsHuman, match="refuses our credentials") as refused:
            keys(wrong, "email", "ann@example.com")
        assert refused.value.because.code == "refused"
        wrong.close()
    finally:
        mariadb_server.administer("DROP USER reader@'%'")
