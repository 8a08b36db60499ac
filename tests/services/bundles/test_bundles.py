"""A bundle is kept sealed, handed out as it was built, and forgotten when its time is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from dsar.domain.errors import BadInput, NotFound
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.bundles import deliver, expire
from dsar.services.bundles.build import clear_storage, rebuild
from dsar.services.bundles.keep import NotDeliverable, drafting, stow
from dsar.services.bundles.stores import files_of, store_of
from dsar.services.runtime import journal
from dsar.services.runtime.installation import reading, transaction
from dsar.store.files import objects
from dsar.store.files.objects import ObjectStore
from dsar.store.tables import BundleRow, Request
from dsar.store.tickets import by_ref
from tests.company import BEN, EMAIL, Company, company
from tests.faults.disk import SmallDisk
from tests.servers_s3 import REGION, S3Server
from tests.stories.bundles import checked
from workers.run_here import run_until_idle


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    """The company with the settings as they come."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}", review="") as made:
        yield made


def answered(one: Company, right: Right = Right.ACCESS) -> str:
    ref = one.ask(right)
    run_until_idle(one.installation)
    assert one.state(ref) == "fulfilled"
    return ref


def shelf(one: Company) -> list[Path]:
    return sorted((one.folder / "var" / "bundles").iterdir())


def row(one: Company) -> BundleRow:
    found: BundleRow = one.rows(BundleRow)[-1]
    return found


def test_nothing_of_a_kept_bundle_can_be_read_without_its_key(one: Company) -> None:
    ref = answered(one)
    (file,) = shelf(one)
    content = file.read_bytes()
    assert not content.startswith(b"PK")
    for word in (EMAIL.encode(), b"START-HERE", b"manifest.json"):
        assert word not in content
    assert len(row(one).sealed_key or b"") > 32
    assert b"START-HERE" in checked(one.bundle(ref)).read_bytes()


def test_each_bundle_has_a_key_of_its_own(one: Company) -> None:
    ref = one.ask(Right.ACCESS, Right.CONSENT_WITHDRAWAL)
    run_until_idle(one.installation)
    refs = [ticket.ref for ticket in one.tickets(ref.removesuffix("-1"))]
    keys = {deliver.stored_bundle(one.installation, BEN, ref).key for ref in refs}
    assert len(keys) == len(refs) == 2


def test_size_and_hash_are_those_of_the_zip_that_is_handed_out(one: Company) -> None:
    ref = answered(one)
    path = one.bundle(ref)
    assert path.stat().st_size == row(one).size
    assert path.stat().st_mode & 0o077 == 0
    assert rebuild(one.installation, BEN, ref, None).same is True


def test_forgetting_the_request_destroys_its_bundles(one: Company) -> None:
    ref = answered(one)
    with transaction(one.installation) as session:
        request = session.exec(select(Request)).one()
        request.data_key = None
        session.add(request)
    with pytest.raises(NotDeliverable, match="forgotten"):
        deliver.stored_bundle(one.installation, BEN, ref)


def test_a_bundle_is_kept_as_long_as_the_house_says_and_then_its_key_is_destroyed(
    one: Company,
) -> None:
    ref = answered(one)
    one.clock.turn(days=29)
    assert expire.destroy_expired(one.installation) == 0
    one.clock.turn(days=1)
    assert expire.destroy_expired(one.installation) == 1
    assert expire.destroy_expired(one.installation) == 0
    assert shelf(one) == []
    assert (row(one).sealed_key, row(one).state) == (None, "destroyed")
    with pytest.raises(NotDeliverable, match=f"Build it again: dsar bundle build {ref}"):
        deliver.stored_bundle(one.installation, BEN, ref)
    assert one.events(ref)[-1] == "bundle_destroyed"
    with reading(one.installation) as session:
        last = journal.history(session, by_ref(session, ref))[-1]
    assert last.data == {"number": 1}


def test_a_bundle_nobody_was_given_yet_does_not_run_out(
    tmp_path: Path, sqlite_tables: Path
) -> None:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    database = f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    with company(tmp_path, database, review='release = "staff"') as one:
        ref = one.ask(Right.ACCESS)
        run_until_idle(one.installation)
        one.clock.turn(days=400)
        assert expire.destroy_expired(one.installation) == 0
        assert one.view(ref)["bundles"][0]["until"] is None
        one.act(ref, Event.DELIVER)
        one.clock.turn(days=30)
        assert clear_storage(one.installation) == 1


def test_what_ran_out_is_built_again_and_kept_as_long_again(one: Company) -> None:
    ref = answered(one)
    before = one.bundle(ref).read_bytes()
    one.clock.turn(days=31)
    clear_storage(one.installation)
    made = rebuild(one.installation, BEN, ref, None)
    assert (made.same, made.kept_as) == (True, 2)
    assert one.bundle(ref).read_bytes() == before
    assert one.events(ref)[-1] == "bundle_rebuilt"
    one.clock.turn(days=29)
    assert clear_storage(one.installation) == 0
    one.clock.turn(days=1)
    assert clear_storage(one.installation) == 1


def test_building_again_keeps_nothing_more_where_the_bundle_is_still_there(
    one: Company, tmp_path: Path
) -> None:
    ref = answered(one)
    made = rebuild(one.installation, BEN, ref, tmp_path / "again.zip")
    assert (made.same, made.kept_as) == (True, None)
    assert (tmp_path / "again.zip").read_bytes() == one.bundle(ref).read_bytes()
    assert len(shelf(one)) == len(one.rows(BundleRow)) == 1


def test_a_damaged_bundle_is_replaced_by_building_it_again(one: Company) -> None:
    ref = answered(one)
    (file,) = shelf(one)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(NotDeliverable, match="has been changed"):
        one.bundle(ref)
    assert list((one.folder / "handed out").iterdir()) == []
    assert rebuild(one.installation, BEN, ref, None).kept_as == 2
    checked(one.bundle(ref))


def test_what_changed_since_is_said_by_name(one: Company) -> None:
    ref = answered(one)
    text = (one.folder / "policy.toml").read_text()
    (one.folder / "policy.toml").write_text(text.replace("To bill.", "To bill and to dun."))
    one.reopen()
    made = rebuild(one.installation, BEN, ref, None)
    assert made.same is False
    policy, *files = made.differs
    assert policy.startswith("policy ")
    assert "processing.json" in files


def test_files_that_no_row_names_are_swept_and_young_ones_are_left(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(one)
    with drafting(one.installation, "R-LOST-1", 1) as draft:
        draft.path.write_bytes(b"its worker was shut out before the row")
        stow(one.installation, draft)
    assert len(shelf(one)) == 2
    assert clear_storage(one.installation) == 0
    monkeypatch.setattr(expire, "_YOUNG", -expire._YOUNG)
    assert clear_storage(one.installation) == 1
    assert len(shelf(one)) == 1


def test_a_ticket_without_a_bundle_has_none_to_hand_out(one: Company) -> None:
    ref = one.ask(Right.ERASURE)
    with pytest.raises(NotFound, match="has no bundle"):
        deliver.stored_bundle(one.installation, BEN, ref)


def in_a_bucket(one: Company, server: S3Server, url: str) -> None:
    """Moves the bundles of a company into a bucket, with the secret by reference."""
    (one.folder / "secret").write_text(f"{server.secret}\n")
    with (one.folder / "dsar.toml").open("a") as file:
        file.write(f"""
[bundle]
keep_days = 7
[bundle.store]
url = "{url}/privacy"
endpoint = "{server.endpoint}"
region = "{REGION}"
key = "{server.key}"
secret = {{ file = "secret" }}
""")
    one.reopen()


@pytest.fixture
def afar(one: Company, s3_server: S3Server, s3_url: str) -> Company:
    in_a_bucket(one, s3_server, s3_url)
    return one


def test_a_bundle_in_a_bucket_is_built_handed_out_and_destroyed_like_any_other(
    afar: Company,
) -> None:
    ref = answered(afar)
    assert shelf(afar) == []
    (lying,) = files_of(afar.installation).lying("bundles")
    assert afar.view(ref)["bundles"][0]["kept_at"].endswith(f"/privacy/{lying.name}")
    path = checked(afar.bundle(ref))
    assert path.read_bytes()[10_000:20_000] == b"".join(
        deliver.stored_bundle(afar.installation, BEN, ref).read(10_000, 20_000)
    )
    afar.clock.turn(days=7)
    assert clear_storage(afar.installation) == 1
    assert list(files_of(afar.installation).lying("bundles")) == []


@pytest.mark.parametrize(
    ("setting", "wrong", "words"),
    [("secret", 'secret = "wrong"', "refuses these credentials"),
     ("url", 'url = "s3://no-such-bucket/privacy"', "is no bucket of this store")],
)  # fmt: skip
def test_a_store_that_is_set_up_wrong_makes_the_ticket_wait_with_the_reason(
    afar: Company, setting: str, wrong: str, words: str
) -> None:
    config = afar.folder / "dsar.toml"
    right = config.read_text()
    lines = [wrong if line.startswith(f"{setting} =") else line for line in right.splitlines()]
    config.write_text("\n".join(lines))
    afar.reopen()
    ref = afar.ask(Right.ACCESS)
    run_until_idle(afar.installation)
    assert afar.state(ref) == "assembly_failed"
    assert words in afar.view(ref)["next"]
    assert (shelf(afar), afar.rows(BundleRow)) == ([], [])
    config.write_text(right)
    afar.reopen()
    afar.act(ref, Event.RETRY)
    run_until_idle(afar.installation)
    assert afar.state(ref) == "fulfilled"
    checked(afar.bundle(ref))


@pytest.mark.parametrize(
    ("lines", "words"),
    [('url = "ftp://x"', "names no store that is known"), ('url = "s3://"', "names no store"),
     ('url = "s3://b"\nkey = "k"', "one half of the credentials"), ('urk = "s3://b"', "urk"),
     ('url = "s3://b"\nkey = "k"\nsecret = { env = "NOT_SET_ANYWHERE" }', "NOT_SET_ANYWHERE")],
)  # fmt: skip
def test_a_fault_in_the_settings_of_the_store_is_told_by_its_field(
    one: Company, lines: str, words: str
) -> None:
    with (one.folder / "dsar.toml").open("a") as file:
        file.write(f"[bundle.store]\n{lines}\n")
    one.reopen()
    with pytest.raises(BadInput, match=words) as told:
        store_of(one.installation.settings)
    assert told.value.field.startswith("bundle.store")


def test_credentials_stand_in_no_representation(afar: Company, s3_server: S3Server) -> None:
    files = files_of(afar.installation)
    assert isinstance(files, ObjectStore)
    assert s3_server.secret not in repr(files) + repr(afar.installation.settings)


def test_a_full_disk_makes_the_ticket_wait_with_the_reason_and_leaves_nothing(
    one: Company,
) -> None:
    folder = one.folder / "var" / "bundles"
    folder.mkdir(exist_ok=True)
    with SmallDisk(folder, bundles=10) as disk:
        if disk.missing:
            pytest.skip(disk.missing)
        disk.fill()
        ref = one.ask(Right.CONSENT_WITHDRAWAL)
        one.work_through(render=True)
        assert one.state(ref) == "assembly_failed"
        assert "the disk is full" in one.view(ref)["next"]
        assert [path.name for path in shelf(one)] == ["ballast"]
        assert one.rows(BundleRow) == []
        disk.free()
        one.act(ref, Event.RETRY)
        run_until_idle(one.installation)
        assert one.state(ref) == "fulfilled"
        checked(one.bundle(ref))


def test_a_store_that_is_away_is_named_and_nothing_is_left_behind(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(objects._SECONDS, "retries", {"max_attempts": 1})
    with S3Server() as server, server.bucket() as name:
        in_a_bucket(one, server, f"s3://{name}")
        ref = one.ask(Right.CONSENT_WITHDRAWAL)
        server.kill()
        one.work_through(render=True)
        assert one.state(ref) == "assembly_failed"
        assert "The store of bundles does not answer" in one.view(ref)["next"]
        assert shelf(one) == []
