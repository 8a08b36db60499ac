"""What a message becomes: a record with its files beside it, other people's addresses apart."""

from pathlib import Path

import pytest

from dsar.adapters.mailbox import addresses, html_text, mails
from dsar.sdk import Match, NeedsHuman, Subject
from tests.adapters.dovecot import Account
from tests.adapters.mail import plain, with_files
from tests.adapters.mailbox.messages import ANN, found, in_file, to_ann
from tests.adapters.mailbox.reached import over_imap


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


def test_an_address_of_the_organisation_is_nobody_elses() -> None:
    seeker = addresses.MessageMatcher.of(ANN, ["help@shop.example", "@firm.example"])
    ours = ["help@shop.example", "x@firm.example", "ann@example.com"]
    others = ["x@shop.example", "x@sub.firm.example", "bob@else.example"]
    for text in (*ours, *others):
        [one] = addresses.addresses(text)
        assert seeker.is_others(one) == (text in others)
