"""The mailbox adapter keeps the contract on a real Dovecot and on mbox files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World
from tests.adapters.dovecot import Account
from tests.adapters.mail import MAILS, OWN, mbox, plain
from tests.adapters.mailbox.reached import mailbox, over_imap

ANN = Subject.of([("email", "ann.lee@example.com")])


NEIGHBOUR = Subject.of([("email", "ann.lee+tag@example.com")])


def keys_of(adapter: Adapter, person: Subject) -> dict[str, frozenset[str]]:
    found = [record for page in adapter.find(person) for record in page.records]
    return {"messages": frozenset(record.key for record in found)}


class TestImap(AdapterContract):
    @pytest.fixture
    def adapter(self, account: Account) -> Iterator[Adapter]:
        account.put(*[plain(mail) for mail in MAILS[:5]])
        account.put(*[plain(mail) for mail in MAILS[5:]], folder="Archive/Entw&APw-rfe")
        made = over_imap(account)
        yield made
        made.close()

    @pytest.fixture
    def world(self, account: Account, adapter: Adapter) -> World:
        with account.session() as session:
            names = {}
            for folder in ("INBOX", "Archive/Entw&APw-rfe"):
                session.select(folder, readonly=True)
                names[folder] = session.response("UIDVALIDITY")[1][0].decode()
        places = [("INBOX", n + 1) if n < 5 else ("Archive/Entw&APw-rfe", n - 4) for n in OWN]
        keys = frozenset(f"{folder}/{names[folder]}/{uid}" for folder, uid in places)
        return World(ANN, {"messages": keys}, NEIGHBOUR)

    def unreachable(self) -> Adapter:
        return mailbox(server="127.0.0.1", port=1, security="none", user="x")


class TestMbox(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        mails = [plain(mail, f"Text {n}\nFrom me") for n, mail in enumerate(MAILS)]
        (tmp_path / "2025.mbox").write_bytes(mbox(*mails[:5], mails[0]))
        (tmp_path / "2026.mbox").write_bytes(mbox(*mails[5:]))
        return mailbox(mbox=str(tmp_path), page=2)

    @pytest.fixture
    def world(self, adapter: Adapter) -> World:
        keys = keys_of(adapter, ANN)
        assert len(keys["messages"]) == len(OWN)
        return World(ANN, keys, NEIGHBOUR)

    def unreachable(self) -> Adapter:
        return mailbox(mbox="/nowhere/mail")
