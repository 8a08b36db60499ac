"""The way to a mail server: whom it trusts, which folders it opens, what it never says."""

from typing import Any

import pytest

from dsar.adapters.mailbox import Mailbox, imap
from dsar.adapters.mailbox.folders import from_wire, to_wire
from dsar.sdk import NeedsHuman, Subject
from dsar.sdk.settings import BadInput
from tests.adapters.dovecot import Account, Dovecot
from tests.adapters.mailbox.messages import found, to_ann
from tests.adapters.mailbox.reached import mailbox, over_imap


def by_name(account: Account, **given: Any) -> Mailbox:
    return over_imap(
        account, **{"server": "localhost", "ca": str(account.server.certificate), **given}
    )


def test_tls_and_starttls_verify_the_server(account: Account) -> None:
    account.put(to_ann())
    own = account.server
    for way, port in (("tls", own.tls_port), ("starttls", own.port)):
        assert len(found(by_name(account, security=way, port=port))) == 1
        for wrong in ({"ca": None}, {"server": "127.0.0.1"}):
            given = {name: value for name, value in wrong.items() if value}
            source = by_name(account, security=way, port=port, **given)
            if "ca" in wrong:
                source = over_imap(account, server="localhost", security=way, port=port)
            with pytest.raises(NeedsHuman, match="certificate is not to be trusted"):
                found(source)


def test_a_wrong_way_to_the_server_is_named(account: Account) -> None:
    with pytest.raises(NeedsHuman, match="speaks no TLS there"):
        found(by_name(account, security="tls", port=account.server.port))
    [problem] = by_name(account, security="none", password="wrong").check()
    assert "refuses the user or the password" in problem.problem
    with pytest.raises(NeedsHuman, match="holds no certificates"):
        found(by_name(account, security="tls", ca="/dev/null"))


def test_a_server_without_starttls_or_plain_is_named_or_signed_in_to() -> None:
    with Dovecot(ssl_mode="no") as server, server.account() as account:
        with pytest.raises(NeedsHuman, match="knows no STARTTLS"):
            found(over_imap(account, security="starttls"))
        account.put(to_ann())
        assert len(found(over_imap(account))) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"server": "mail.example", "user": "x", "security": "none"}, "security"),
        ({"server": "mail.example"}, "user"),
        ({}, "server"),
        ({"server": "mail.example", "user": "x", "mbox": "y"}, "server"),
        ({"mbox": "y", "page": 0}, "page"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        mailbox(**given)
    assert refused.value.field.endswith(field)


def test_a_folder_that_is_not_there_is_named_rather_than_searched_past(account: Account) -> None:
    account.put(to_ann())
    with pytest.raises(NeedsHuman, match="has no folder Entwürfe"):
        found(over_imap(account, folders=["INBOX", "Entwürfe"]))


def test_folders_are_named_as_people_write_them(account: Account) -> None:
    account.put(to_ann(), folder=to_wire('Entwürfe & "Co"').replace('"', ""))
    account.put(to_ann())
    [record] = found(over_imap(account, folders=["Entwürfe & Co"]))
    assert record.data["folder"] == "Entwürfe & Co"


@pytest.mark.parametrize("name", ["INBOX", "Entwürfe", "a & b", "日本語/台北", "~peter/mail"])
def test_a_folders_name_comes_back_from_the_wire(name: str) -> None:
    assert to_wire(name).isascii()
    assert from_wire(to_wire(name)) == name
    assert to_wire("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"


@pytest.mark.parametrize(
    "value",
    [
        'ann@example.com"',
        "ann@example.com\r\nA1 DELETE INBOX",
        "ann@example.com} {5}",
        'x" OR ALL "@example.com',
        "ann@example.com\0",
        "@example.com",
        "ann@",
    ],
)
def test_no_identifier_can_say_anything_to_the_server(account: Account, value: str) -> None:
    account.put(to_ann())
    assert found(over_imap(account), Subject({"email": (value,)})) == []
    assert account.count() == 1


def test_a_message_that_is_found_and_not_given_is_not_passed_over(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that cuts its answer short gives the rest no other mark than that it is not there."""
    for number in range(3):
        account.put(to_ann(number))
    whole = imap._headers
    monkeypatch.setattr(imap, "_headers", lambda answers: list(whole(answers))[:2])
    with pytest.raises(NeedsHuman, match="found messages and does not give them"):
        found(over_imap(account))
