"""The adapters' README is true: its table is the registry's, its sources work as they stand."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from dsar.sdk import VERBS, Adapter, Batch, Item, Subject, can, registry
from tests.adapters.dovecot import PASSWORD, Account
from tests.adapters.mail import mbox
from tests.adapters.mongodb import MongoServer
from tests.adapters.shop import run
from tests.servers_s3 import S3Server

README = Path(registry.__file__).parents[1] / "adapters" / "README.md"
TEXT = README.read_text(encoding="utf-8")
SOURCES = dict(re.findall(r"<!-- toml: (\w+) -->\n```toml\n(.*?)```", TEXT, re.DOTALL))
PERSON = Subject.of([("email", "ann@example.com")])


def test_the_table_names_every_built_in_adapter_and_its_verbs() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(#\S+\) \| [^|]+ \| ([^|]+) \|", TEXT, re.MULTILINE)
    kinds = {name: registry.adapter(name) for name in registry.built_in()}
    verbs = {
        name: [verb for verb in ("find", *VERBS, "probe") if can(kind, verb)]
        for name, kind in kinds.items()
    }
    assert len(rows) == len(kinds)
    assert {name: told.split(", ") for name, told in rows} == verbs


def test_the_table_leads_to_each_adapters_section_and_that_to_its_settings() -> None:
    places = dict(re.findall(r"^\| \[`(\w+)`\]\(#(\S+)\)", TEXT, re.MULTILINE))
    for name in registry.built_in():
        [(heading, section)] = re.findall(
            rf"^## ({name}: .*)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE
        )
        anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        assert places[name] == anchor
        assert f"({name}/SETTINGS.md)" in section


def opened(name: str, folder: Path) -> Adapter:
    [table] = tomllib.loads(SOURCES[name]).values()
    kind = registry.adapter(table["adapter"])
    return kind(registry.settings_from(kind, table, at=f"sources.{name}", folder=folder))


def found(source: Adapter) -> list[tuple[str, str]]:
    return [(r.collection, r.key) for page in source.find(PERSON) for r in page.records]


def test_the_sql_source_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_MASK_KEY", "secret")
    run(
        f"sqlite:///{tmp_path / 'shop.sqlite'}",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, number TEXT NOT NULL, email TEXT NOT NULL, "
        "full_name TEXT, born DATE, restricted BOOLEAN NOT NULL, newsletter BOOLEAN NOT NULL)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, "
        "note TEXT)",
        "INSERT INTO customers VALUES (1, 'C1', 'Ann@example.com', 'Ann', '1980-05-06', 0, 1)",
        "INSERT INTO orders VALUES (10, 1, 'x'), (11, 1, NULL)",
    )
    source = opened("sql", tmp_path)
    assert source.check() == []
    assert found(source) == [("customers", "1"), ("orders", "10"), ("orders", "11")]
    assert [one.name for one in source.collections()] == ["customers", "orders"]
    for verb in ("restrict", "object_to", "erase"):
        batch = Batch("customers", [Item("1")], "k1", ("newsletter",))
        [receipt] = getattr(source, verb)(batch)
        assert str(receipt.done) in {"restricted", "stopped", "anonymised"}
    assert found(source) == []
    source.close()


def test_the_files_source_works_as_it_stands(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "newsletter-1.csv").write_text("id,email,state\n1,ann@example.com,on\n")
    (folder / "visits.jsonl").write_text(
        '{"at": "2026-01-02", "user": {"email": "ANN@example.com"}, "page": "/"}\n'
    )
    source = opened("files", tmp_path)
    assert source.check() == []
    assert [name for name, _key in found(source)] == ["newsletter", "visits"]


def test_the_mailboxes_work_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: Account
) -> None:
    monkeypatch.setenv("SUPPORT_PASSWORD", PASSWORD)
    message = b"From: ann@example.com\nTo: help@example.com\n\nhello\n"
    tables = tomllib.loads(SOURCES["mailbox"])
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "2025.mbox").write_bytes(mbox(message))
    account.put(message)
    here = {"server": "127.0.0.1", "port": account.server.port, "security": "none"}
    tables["support"] |= here | {"user": account.user}
    kind = registry.adapter("mailbox")
    for name, table in tables.items():
        source = kind(registry.settings_from(kind, table, at=f"sources.{name}", folder=tmp_path))
        assert source.check() == []
        assert [collection for collection, _key in found(source)] == ["messages"]


def test_the_objects_work_as_they_stand(
    s3_server: S3Server, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPLOADS_KEY", s3_server.key)
    monkeypatch.setenv("UPLOADS_SECRET", s3_server.secret)
    [table] = tomllib.loads(SOURCES["objects"]).values()
    table["url"] = f"{s3_url}/live"
    table["options"] |= {"endpoint_url": s3_server.endpoint, "region": "us-east-1"}
    kind = registry.adapter("objects")
    source = kind(registry.settings_from(kind, table, at="sources.uploads"))
    with s3_server.client() as client:
        for key in ("live/users/12/a.pdf", "live/exports/ann%40example.com.json"):
            client.put_object(Bucket=s3_url.removeprefix("s3://"), Key=key, Body=b"x")
    assert source.check() == []
    person = Subject.of([("customer_number", "12"), *PERSON.pairs()])
    records = [(r.collection, r.key) for page in source.find(person) for r in page.records]
    assert records == [
        ("documents", "users/12/a.pdf"),
        ("exports", "exports/ann%40example.com.json"),
    ]


def test_the_mongo_source_works_as_it_stands(
    mongo_server: MongoServer, mongo_database: Database[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_MONGO_URL", mongo_server.url)
    [table] = tomllib.loads(SOURCES["mongo"]).values()
    table["database"] = mongo_database.name
    mongo_database.users.insert_one({"_id": 1, "contact": {"email": "Ann@example.com"}})
    mongo_database.posts.insert_many([{"_id": 5, "author": 1, "text": "x"}, {"_id": 6}])
    kind = registry.adapter("mongo")
    source = kind(registry.settings_from(kind, table, at="sources.app"))
    assert source.check() == []
    assert found(source) == [("users", "1"), ("posts", "5")]
    source.close()
