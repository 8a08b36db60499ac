"""Messages for tests: built by the standard library, or byte by byte where they are to be wrong."""

from email.message import EmailMessage

MAILS: tuple[dict[str, str], ...] = (
    {"From": "Ann Lee <Ann.Lee@Example.com>", "To": "help@shop.example", "Subject": "One"},
    {"From": "help@shop.example", "To": '"Lee, Ann" <ann.lee@example.com>, bob@else.example'},
    {"From": "ann.lee+tag@example.com", "To": "help@shop.example", "Subject": "neighbour"},
    {"From": "xann.lee@example.com", "To": "ann.lee@example.com.evil.example"},
    {"From": "bob@else.example", "To": "help@shop.example", "Cc": "ANN.LEE@EXAMPLE.COM"},
    {"From": '"ann.lee@example.com" <eve@evil.example>', "To": "help@shop.example"},
    {
        "From": "bob@else.example",
        "To": "help@shop.example",
        "Bcc": "x@y.example, ann.lee@example.com",
    },
    {"From": "bob@else.example", "To": "help@shop.example", "Subject": "ann.lee@example.com"},
    {
        "From": "bob@else.example",
        "To": "a@b.example",
        "Reply-To": "=?utf-8?q?=C3=84nn?= <ann.lee@example.com>",
    },
)
#: Which of them are Ann's.
OWN = (0, 1, 4, 6, 8)


def plain(headers: dict[str, str], text: str = "Hello,\nit is me.\n") -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Date: Mon, 02 Mar 2026 10:00:00 +0100", "Message-ID: <1@else.example>", "", text]
    return "\n".join(lines).encode()


def with_files(sender: str = "ann@example.com") -> bytes:
    """A text with its HTML twin, a picture, and a message that was passed on."""
    message = EmailMessage()
    message["From"], message["To"] = sender, "help@shop.example"
    message["Subject"], message["Date"] = "Grüße", "Mon, 02 Mar 2026 10:00:00 +0100"
    message.set_content("Plain words.\n")
    message.add_alternative("<p>Plain words.</p>", subtype="html")
    message.add_attachment(b"\x89PNG" * 1000, maintype="image", subtype="png", filename="fötö.png")
    inner = EmailMessage()
    inner["From"] = "bob@else.example"
    inner.set_content("Passed on.")
    message.add_attachment(inner)
    return message.as_bytes()


def mbox(*messages: bytes) -> bytes:
    """As a program for mail would write them."""
    made = []
    for message in messages:
        body = message.replace(b"\nFrom ", b"\n>From ")
        made.append(
            b"From someone@example.net Mon Mar  2 10:00:00 2026\n" + body.rstrip(b"\n") + b"\n\n"
        )
    return b"".join(made)
