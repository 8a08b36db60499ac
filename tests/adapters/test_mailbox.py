"""What a mailbox promises beyond the contract: on a real Dovecot, and on mbox files."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from dsar.adapters.mailbox import Mailbox, addresses, html_text, mails
from dsar.adapters.mailbox.folders import from_wire, to_wire
from dsar.sdk import Batch, Done, Item, Later, Match, NeedsHuman, Record, Subject
from dsar.sdk.settings import BadInput
from tests.adapters.dovecot import Account, Dovecot
from tests.adapters.mail import mbox, plain, with_files
from tests.adapters.test_mailbox_contract import mailbox, over_imap

ANN = Subject.of([("email", "ann@example.com")])


def found(source: Mailbox, subject: Subject = ANN) -> list[Record]:
    return [record for page in source.find(subject) for record in page.records]


def batch(*keys: str) -> Batch:
    return Batch("messages", [Item(key) for key in keys], "k1")


def to_ann(number: int = 0, **headers: str) -> bytes:
    return plain(
        {"From": "help@shop.example", "To": "ann@example.com", "X-N": str(number), **headers}
    )


def in_file(folder: Path, *messages: bytes, **given: Any) -> Mailbox:
    (folder / "all.mbox").write_bytes(mbox(*messages))
    return mailbox(mbox=str(folder), **given)


# --- what a message becomes -----------------------------------------------------------------------


def test_a_message_becomes_a_record_with_its_files_beside_it(account: Account) -> None:
    account.put(with_files())
    source = over_imap(account, ours=["@shop.example"])
    [record] = found(source)
    assert record.data["from"] == "ann@example.com"
    assert record.data["to"] == "help@shop.example"
    assert record.data["subject"] == "Grüße"
    assert record.data["text"] == "Plain words."
    assert record.data["date"] == "2026-03-02T10:00:00+01:00"
    assert record.data["folder"] == "INBOX"
    assert record.data["received"].startswith("20")
    assert (record.data["others"], record.data["remark"]) == (None, None)
    picture, passed_on = record.attachments
    assert (picture.name, picture.media_type, picture.size) == ("fötö.png", "image/png", 4000)
    content = b"".join(source.read("messages", record.key, picture))
    assert content == b"\x89PNG" * 1000
    assert passed_on.name.endswith(".eml")
    assert b"Passed on." in b"".join(source.read("messages", record.key, passed_on))


def test_reading_leaves_a_message_unread(account: Account) -> None:
    account.put(with_files())
    source = over_imap(account)
    [record] = found(source)
    list(source.read("messages", record.key, record.attachments[0]))
    with account.session() as session:
        session.select("INBOX", readonly=True)
        assert session.uid("SEARCH", "UNSEEN")[1] == [b"1"]


def test_other_peoples_addresses_stand_apart_and_are_marked(tmp_path: Path) -> None:
    headers = {
        "From": "Bob <bob@else.example>",
        "To": "Ann <Ann@example.com>, team: eve@else.example, help@shop.example;",
        "Cc": '"Ann B." <annb@example.com>',
    }
    source = in_file(tmp_path, plain(headers), ours=["help@shop.example"])
    [record] = found(source)
    assert record.data["from"] is None
    assert record.data["to"] == "Ann <ann@example.com>, help@shop.example"
    assert record.data["others"] == [
        "From: Bob <bob@else.example>",
        "To: eve@else.example",
        "Cc: Ann B. <annb@example.com>",
    ]
    [messages] = source.collections()
    marked = {entry.name for entry in messages.fields if entry.about_others}
    assert marked == {"others", "subject", "text"}


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("ann@example.com", Match.VERIFIED_IDENTIFIER),
        ("Lee, Ann <ann@example.com>", Match.VERIFIED_IDENTIFIER),
        ('"Ann \\"A\\" Lee" <ANN@example.com> (work)', Match.VERIFIED_IDENTIFIER),
        ("<@relay.example:ann@example.com>", Match.VERIFIED_IDENTIFIER),
        ('"ann"@example.com', Match.VERIFIED_IDENTIFIER),
        ("=?utf-8?q?=C3=84nn?= <ann@example.com>", Match.VERIFIED_IDENTIFIER),
        ("friends: bob@x.example, ann@example.com;", Match.VERIFIED_IDENTIFIER),
        ("ann@example.com (Ann (at work))", Match.NAME_ONLY),
        ("ann@example.com bob@x.example", Match.NAME_ONLY),
        ("Ann <ann@example.com> <bob@x.example>", Match.NAME_ONLY),
        ("ann@example.com <eve@x.example>", None),
        ('"ann@example.com" <eve@x.example>', None),
        ("=?utf-8?q?ann=40example=2Ecom?= <eve@x.example>", None),
        ("eve@x.example (ann@example.com)", None),
        ("joann@example.com", None),
        ("ann@example.com.evil.example", None),
        ("joann@example.com x@y.example", None),
        ("undisclosed-recipients:;", None),
        ("", None),
    ],
)
def test_only_a_readable_address_is_a_sure_match(
    tmp_path: Path, header: str, match: Match | None
) -> None:
    source = in_file(tmp_path, plain({"From": "x@y.example", "To": header}))
    assert [record.match for record in found(source)] == ([match] if match else [])


def test_an_address_with_other_letters_is_found_as_it_stands(account: Account) -> None:
    account.put("To: Änn <änn@exämple.com>\n\nhello\n".encode())
    source = over_imap(account)
    [record] = found(source, Subject.of([("email", "änn@exämple.com")]))
    assert record.data["to"] == "Änn <änn@exämple.com>"


def test_html_alone_becomes_text_and_nothing_in_it_is_run() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Hello&nbsp;<b>Ann</b></p>"
        '<script>alert(1)</script><a href="https://x.example/?a=1&amp;b=2">here</a><br>end'
    )
    assert html_text.words(html) == "Hello Ann\n<https://x.example/?a=1&b=2> here\nend"


PART = "From: ann@example.com\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}"


@pytest.mark.parametrize(
    ("kind", "body", "text", "remark"),
    [
        ("text/plain; charset=x-klingon", "caf\xe9", "café", "unknown character set"),
        ("text/plain; charset=utf-8", "caf\xe9", "caf\ufffd", "Some signs"),
        ("text/plain; charset=iso-8859-1", "caf\xe9", "café", None),
        ('multipart/mixed; boundary="x"', "--x\n\nno end", "no end", "not well formed"),
        ("multipart/mixed", "no boundary", None, "not well formed"),
        ("text/html", "<p>caf&eacute;</p>", "café", None),
        ("nonsense", "plain", "plain", None),
    ],
)
def test_what_cannot_be_read_is_said_and_the_message_attached_as_it_came(
    tmp_path: Path, kind: str, body: str, text: str, remark: str | None
) -> None:
    message = PART.format(kind=kind, body=body).encode("latin-1")
    source = in_file(tmp_path, message)
    [record] = found(source)
    assert record.data["text"] == text
    if remark is None:
        assert (record.data["remark"], record.attachments) == (None, ())
    else:
        assert remark in record.data["remark"]
        assert record.attachments[-1].name == "message.eml"
        whole = b"".join(source.read("messages", record.key, record.attachments[-1]))
        assert whole.rstrip() == message


def nested(depth: int) -> bytes:
    message = "Content-Type: text/plain\n\ninnermost\n"
    for level in range(depth):
        edge = f"edge{level}"
        message = (
            f'Content-Type: multipart/mixed; boundary="{edge}"\n\n--{edge}\n{message}\n--{edge}--\n'
        )
    return f"From: ann@example.com\n{message}".encode()


@pytest.mark.parametrize("depth", [40, 400])
def test_parts_too_deep_in_each_other_are_not_opened(tmp_path: Path, depth: int) -> None:
    [record] = found(in_file(tmp_path, nested(depth)))
    assert (record.data["text"], record.data["remark"]) == (None, "Its parts cannot be told apart.")
    assert [file.reference for file in record.attachments] == [mails.ORIGINAL]


def test_a_huge_message_is_given_whole_as_a_file(account: Account, tmp_path: Path) -> None:
    huge = to_ann() + b"line\r\n" * 400_000
    account.put(huge)
    for source in (over_imap(account, largest=1), in_file(tmp_path, huge, largest=1)):
        [record] = found(source)
        assert (record.data["text"], record.data["remark"]) == (
            None,
            "It is too large to be taken apart.",
        )
        blocks = list(source.read("messages", record.key, record.attachments[0]))
        assert max(map(len, blocks)) <= 1024 * 1024
        assert sum(map(len, blocks)) == record.attachments[0].size


def test_a_long_text_becomes_a_file(tmp_path: Path) -> None:
    source = in_file(tmp_path, to_ann() + b"word " * 100_000)
    [record] = found(source)
    assert record.data["text"] is None
    assert "long" in record.data["remark"]
    assert len(b"".join(source.read("messages", record.key, record.attachments[0]))) > 500_000


def test_large_messages_make_small_pages(tmp_path: Path) -> None:
    source = in_file(tmp_path, *[to_ann(n) + b"x" * 5_000_000 for n in range(4)])
    assert [len(page.records) for page in source.find(ANN)] == [2, 2]


def test_a_missing_attachment_goes_to_a_person(tmp_path: Path) -> None:
    source = in_file(tmp_path, with_files())
    [record] = found(source)
    [first, _] = record.attachments
    with pytest.raises(NeedsHuman, match="not there any more"):
        list(source.read("messages", "all.mbox/00", first))
    gone = type(first)("9.9", "x")
    with pytest.raises(NeedsHuman, match="has no such attachment"):
        list(source.read("messages", record.key, gone))


# --- IMAP: the way there --------------------------------------------------------------------------


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


# --- IMAP: deleting -------------------------------------------------------------------------------


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


# --- mbox -----------------------------------------------------------------------------------------


def test_erasing_from_a_file_leaves_every_other_byte(tmp_path: Path) -> None:
    others = [
        plain({"From": "bob@else.example"}, f"text {n}\nFrom here on\n\nend") for n in range(3)
    ]
    source = in_file(tmp_path, others[0], to_ann(), others[1], others[2])
    [record] = found(source)
    assert [receipt.done for receipt in source.erase(batch(record.key))] == [Done.ERASED]
    assert (tmp_path / "all.mbox").read_bytes() == mbox(*others)
    assert [path.name for path in tmp_path.iterdir()] == ["all.mbox"]


def test_a_message_keeps_its_name_when_others_come_and_go(tmp_path: Path) -> None:
    source = in_file(tmp_path, to_ann(1), to_ann(2))
    first, second = found(source)
    with (tmp_path / "all.mbox").open("ab") as file:
        file.write(mbox(to_ann(3)))
    source.erase(batch(first.key))
    assert found(source)[0].key == second.key
    assert second.key == f"all.mbox/{hashlib.sha256(to_ann(2)).hexdigest()}"


def test_a_file_that_changed_in_between_is_searched_anew_rather_than_missed(tmp_path: Path) -> None:
    source = in_file(tmp_path, *[to_ann(n) for n in range(4)], page=2)
    first = next(iter(source.find(ANN)))
    (tmp_path / "all.mbox").write_bytes(mbox(*[to_ann(n) for n in range(1, 4)]))
    rest = [r for page in source.find(ANN, first.checkpoint) for r in page.records]
    assert len(rest) == 3


def test_a_missing_blank_line_does_not_join_two_peoples_messages(tmp_path: Path) -> None:
    joined = (
        mbox(to_ann()).rstrip(b"\n") + b"\n" + mbox(plain({"From": "bob@else.example"}, "secret"))
    )
    (tmp_path / "all.mbox").write_bytes(joined)
    [record] = found(mailbox(mbox=str(tmp_path)))
    assert "secret" not in record.data["text"]


def test_a_mailbox_another_program_writes_to_is_waited_for(tmp_path: Path) -> None:
    source = in_file(tmp_path, to_ann())
    [record] = found(source)
    (tmp_path / "all.mbox.lock").touch()
    with pytest.raises(Later, match="Another program is writing"):
        source.erase(batch(record.key))
    (tmp_path / "all.mbox.lock").unlink()
    assert [receipt.done for receipt in source.erase(batch(record.key))] == [Done.ERASED]


def test_what_is_no_mbox_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "all.mbox").write_bytes(b"id,email\n1,ann@example.com\n")
    with pytest.raises(NeedsHuman, match=r"all\.mbox is no mbox file") as stopped:
        found(mailbox(mbox=str(tmp_path)))
    assert "ann" not in str(stopped.value)
    (tmp_path / "all.mbox").unlink()
    with pytest.raises(NeedsHuman, match=r"holds no \.mbox file"):
        found(mailbox(mbox=str(tmp_path)))
    (tmp_path / "one").write_bytes(mbox(to_ann()))
    assert len(found(mailbox(mbox=str(tmp_path / "one")))) == 1


def test_an_address_of_the_organisation_is_nobody_elses() -> None:
    seeker = addresses.Seeker.of(ANN, ["help@shop.example", "@firm.example"])
    ours = ["help@shop.example", "x@firm.example", "ann@example.com"]
    others = ["x@shop.example", "x@sub.firm.example", "bob@else.example"]
    for text in (*ours, *others):
        [one] = addresses.addresses(text)
        assert seeker.is_others(one) == (text in others)
