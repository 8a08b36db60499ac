"""What is deleted on a mail server is the person's and nobody else's."""

import pytest

from dsar.sdk import Batch, Done, Item, Later, NeedsHuman
from tests.adapters.dovecot import Account, Dovecot
from tests.adapters.mail import plain
from tests.adapters.mailbox.messages import ANN, batch, found, to_ann
from tests.adapters.mailbox.reached import over_imap


def test_deleting_leaves_what_others_marked_as_deleted(account: Account) -> None:
    account.put(to_ann(1), plain({"From": "bob@else.example"}), to_ann(2))
    with account.session() as session:
        session.select("INBOX")
        session.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
    source = over_imap(account)
    one, two = (record.key for record in found(source))
    assert [receipt.done for receipt in source.erase(batch(one))] == [Done.ERASED]
    assert account.count() == 2
    assert [receipt.done for receipt in source.erase(batch(one, two))] == [
        Done.MISSING,
        Done.ERASED,
    ]
    assert account.count() == 1


def test_a_server_without_uidplus_never_deletes_other_peoples_messages() -> None:
    with Dovecot("imap_capability = IMAP4rev1 AUTH=PLAIN") as server, server.account() as account:
        account.put(to_ann(), plain({"From": "bob@else.example"}))
        with account.session() as session:
            session.select("INBOX")
            session.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
        source = over_imap(account)
        [record] = found(source)
        with pytest.raises(NeedsHuman, match="Other messages of the folder are marked as deleted"):
            source.erase(batch(record.key))
        assert account.count() == 2
        with account.session() as session:
            session.select("INBOX")
            session.uid("STORE", "2", "-FLAGS", r"(\Deleted)")
        assert [receipt.done for receipt in source.erase(batch(record.key))] == [Done.ERASED]
        assert account.count() == 1


def test_a_folder_numbered_anew_is_never_confused_with_the_old_one(account: Account) -> None:
    account.put(to_ann(1), to_ann(2), to_ann(3), folder="Old")
    source = over_imap(account)
    first = next(iter(source.find(ANN)))
    with account.session() as session:
        session.delete("Old")
    account.put(to_ann(7), to_ann(8), to_ann(9), folder="Old")
    [receipt] = source.erase(batch(first.records[0].key))
    assert receipt.done is Done.FAILED
    assert "numbered the folder anew" in receipt.reason
    assert account.count("Old") == 3
    rest = [r for page in source.find(ANN, first.checkpoint) for r in page.records]
    assert len(rest) == 3
    with account.session() as session:
        session.delete("Old")
    [receipt] = source.erase(batch(first.records[0].key))
    assert (receipt.done, "not there any more" in receipt.reason) == (Done.FAILED, True)


@pytest.mark.parametrize("key", ["INBOX", "INBOX/1/x", "../../etc/passwd", "a/b/c", "é/1/1"])
def test_a_key_of_another_source_is_refused(account: Account, key: str) -> None:
    [receipt] = over_imap(account).erase(batch(key))
    assert (receipt.done, receipt.reason) == (Done.FAILED, "This is no key of this source.")


def test_single_fields_of_a_message_cannot_be_erased(account: Account) -> None:
    account.put(to_ann())
    source = over_imap(account)
    [record] = found(source)
    items = [Item(record.key, fields=("subject",))]
    [receipt] = source.erase(Batch("messages", items, "k1"))
    assert (receipt.done, "only be deleted whole" in receipt.reason) == (Done.FAILED, True)
    assert account.count() == 1


def test_the_server_going_away_between_pages_can_be_waited_for() -> None:
    with Dovecot() as server, server.account() as account:
        account.put(*[to_ann(n) for n in range(6)])
        source = over_imap(account, page=1)
        pages = source.find(ANN)
        first = next(pages)
        server.kill()
        with pytest.raises(Later, match="cannot be reached"):
            list(pages)
        server.start()
        rest = [r for page in source.find(ANN, first.checkpoint) for r in page.records]
        assert len(rest) == 5
