"""Contents to build bundles from: a small software house that answers Ada Lindqvist."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dsar.domain.calendar.period import Period
from dsar.domain.clock import DerivationStep, StepKind
from dsar.domain.controller import Authority, Controller
from dsar.domain.coverage import Kept, Line, Outcome
from dsar.domain.policy import Activity, Basis, Origin, Recipient, Retention
from dsar.domain.records import Collection, Done, Field, Receipt, Record
from dsar.domain.rights import Right
from dsar.words import Words, ours
from exports.contents import Contents, HumanDecision, Law, ReceiptSet, RecordSet, RequestFacts

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

CONTROLLER = Controller(
    name="Nordlicht Software GmbH",
    address="Hafenstraße 12\n20457 Hamburg\nGermany",
    email="privacy@nordlicht.example",
    country="DE",
    subdivision="HH",
    timezone="Europe/Berlin",
    phone="+49 40 1234567",
    url="https://nordlicht.example/privacy",
    officer="Dr. Maren Voss, Hafenstraße 12, 20457 Hamburg",
    authority=Authority(
        name="Der Hamburgische Beauftragte für Datenschutz und Informationsfreiheit",
        address="Ludwig-Erhard-Straße 22\n20459 Hamburg",
        url="https://datenschutz-hamburg.de",
    ),
)

LAW = Law(
    title="General Data Protection Regulation",
    citation="Regulation (EU) 2016/679",
    complaint="You can complain to a supervisory authority, in particular where you live, where you work "
    "or where you think the law was broken (Art. 77).",
    remedy="You can also go to court (Art. 79).",
)


def words(language: str) -> Words:
    """The words of a report for somebody who asked for it in a language."""
    return ours().spoken(language).words("report")


def en(text: str) -> Mapping[str, str]:
    return {"en": text}


ORDERING = Activity(
    id="orders",
    title=en("Orders and invoices"),
    purpose=en("We process your orders, deliver licences, write invoices and keep our accounts."),
    basis=Basis.CONTRACT,
    retention=Retention(
        because=en("Invoices are tax records."),
        period=Period(7, "year"),
        since="ordered_on",
        law="§ 147 AO",
        whole_years=True,
    ),
    categories=(en("Contact data"), en("Contract data"), en("Payment data")),
    recipients=(
        Recipient("Zahlwerk AG", en("payment service"), "DE"),
        Recipient(
            "Mailrelay Inc.",
            en("sends invoices by e-mail"),
            "US",
            en("EU-US Data Privacy Framework; ask us for a copy"),
        ),
    ),
)
NEWSLETTER = Activity(
    id="newsletter",
    title=en("Newsletter"),
    purpose=en("We send you news about our products once a month."),
    basis=Basis.CONSENT,
    retention=Retention(
        because=en("Until you withdraw your consent, or after two years without a click.")
    ),
    categories=(en("Contact data"),),
    recipients=(Recipient("Mailrelay Inc.", en("sends the newsletter"), "US"),),
    marketing=True,
)
ANALYTICS = Activity(
    id="analytics",
    title=en("Website statistics and security"),
    purpose=en("We count visits and find attacks on our website."),
    basis=Basis.LEGITIMATE_INTERESTS,
    interest=en("a secure and useful website"),
    retention=Retention(because=en("Made anonymous after that."), period=Period(13, "month")),
    categories=(en("Usage data"), en("Technical data")),
    origin=Origin.OBSERVED,
    origin_note=en("Written by our web servers when you visit the website."),
    automated=en("A rule blocks an address for an hour after 100 failed sign-ins."),
)

CUSTOMERS = Collection(
    "customers",
    en("Customer account"),
    (
        Field("name", en("Name"), en("Your name as you gave it when you registered.")),
        Field("email", en("E-mail address"), en("Where we write to."), term="email"),
        Field("phone", en("Telephone"), en("For questions about deliveries.")),
        Field("address", en("Postal address"), en("Printed on your invoices.")),
        Field("vip", en("Valued customer"), en("Our sales staff marked you as a valued customer.")),
        Field(
            "limit",
            en("Credit limit"),
            en("Orders up to this sum in euros need no payment in advance."),
        ),
        Field("note", en("Note"), en("Notes of our staff about your account.")),
    ),
)
ORDERS = Collection(
    "orders",
    en("Orders"),
    (
        Field("ordered_on", en("Ordered on"), en("The day we received the order.")),
        Field("article", en("Article")),
        Field("amount", en("Amount"), en("In euros, with tax.")),
        Field("status", en("Status"), en("open, paid or cancelled.")),
    ),
)
MESSAGES = Collection(
    "messages",
    en("Support messages"),
    (
        Field("sent", en("Sent")),
        Field("from", en("From")),
        Field("text", en("Text"), en("What was written, in full."), about_others=True),
        Field("labels", en("Labels"), en("Marks our staff gave the message.")),
    ),
)
VISITS = Collection(
    "visits",
    en("Visits to our website"),
    (
        Field("at", en("Time")),
        Field("page", en("Page")),
        Field(
            "ip",
            en("IP address"),
            en("The address of your connection, which reaches us with every visit."),
        ),
        Field("agent", en("Browser"), en("What your browser says it is.")),
        Field("ms", en("Duration"), en("How long the answer took, in milliseconds.")),
    ),
)


def given(*rows: Mapping[str, Any], collection: str = "") -> Callable[[], Iterator[Record]]:
    def records() -> Iterator[Record]:
        for number, row in enumerate(rows, 1):
            yield Record(collection, str(number), row)

    return records


def a_set(
    collection: Collection,
    rows: list[Mapping[str, Any]],
    *activities: str,
    source: str = "shop",
    title: str = "Web shop",
) -> RecordSet:
    return RecordSet(
        source, title, collection, activities, len(rows), given(*rows, collection=collection.name)
    )


def visits(count: int) -> RecordSet:
    def records() -> Iterator[Record]:
        for n in range(count):
            day = date.fromordinal(date(2025, 1, 1).toordinal() + n % 700)
            yield Record(
                "visits",
                f"v{n}",
                {
                    "at": f"{day}T{n % 24:02}:{n % 60:02}:{n * 7 % 60:02}Z",
                    "page": f"/products/{n % 97}/details",
                    "ip": f"203.0.113.{n % 256}",
                    "agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
                    "ms": n % 800,
                },
            )

    return RecordSet("logs", "Web server logs", VISITS, ("analytics",), count, records)


CUSTOMER: dict[str, Any] = {
    "name": "Ada Lindqvist",
    "email": "ada@lindqvist.example",
    "phone": "+46 8 123 456 78",
    "address": "Storgatan 5\n111 51 Stockholm\nSweden",
    "vip": True,
    "limit": 2500,
    "note": 'Prefers e-mail; asked twice about volume licences. =HYPERLINK("http://evil.example")',
}
ORDER_ROWS: list[Mapping[str, Any]] = [
    {
        "ordered_on": f"{2022 + n // 6}-{n % 12 + 1:02}-1{n % 10}",
        "article": ["Editor Pro", "Editor Team, 5 seats", "Plug-in pack"][n % 3],
        "amount": [49.0, 245.5, 19.99][n % 3],
        "status": ["paid", "paid", "cancelled"][n % 3],
    }
    for n in range(23)
]
MESSAGE_ROWS: list[Mapping[str, Any]] = [
    {
        "sent": "2026-03-02T08:12:00Z",
        "from": "ada@lindqvist.example",
        "text": "Hello,\n\nmy licence key stopped working after the update to 4.2. I use three machines "
        "(two Macs, one Linux).\n\nBest regards\nAda",
        "labels": ["licence", "urgent"],
    },
    {
        "sent": "2026-03-02T10:40:00Z",
        "from": "support@nordlicht.example",
        "text": "Dear Ada,\n\nyour key was bound to version 3. We have sent you a new one.",
        "labels": [],
    },
]

COVERAGE = (
    Line("shop", "Web shop", Outcome.SUPPLIED, found=24, done=24, searched_at=NOW),
    Line(
        "support",
        "Support desk",
        Outcome.WITHHELD,
        found=3,
        done=2,
        kept=(
            Kept(
                "messages",
                1,
                "rights_of_others",
                "The message speaks of another customer's contract.",
                title="Support messages",
            ),
        ),
        searched_at=NOW,
    ),
    Line("logs", "Web server logs", Outcome.SUPPLIED, found=40, done=40, searched_at=NOW),
    Line("crm", "Customer relations", Outcome.NOTHING_HELD, searched_at=NOW),
    Line(
        "archive",
        "Old accounts (read-only tape)",
        Outcome.COULD_NOT,
        reason="The tape library did not answer. Our operations team looks into it; you will hear from us by 4 December.",
    ),
)


def access(log_lines: int = 40, **changes: Any) -> Contents:
    """An access answer with a table, a card, messages, and `log_lines` log records."""
    return replace(
        Contents(
            request=RequestFacts(
                reference="DSR-2026-0042",
                right=Right.ACCESS,
                received_on=date(2026, 10, 28),
                due_on=date(2026, 11, 30),
                identifiers=(("email", "ada@lindqvist.example"), ("name", "Ada Lindqvist")),
                words="Please send me everything you have stored about me, and tell me who got it.",
                explanation=(
                    DerivationStep(
                        "GDPR Art. 12(3)",
                        "1 month from 2026-10-28",
                        "2026-11-28",
                        StepKind.PERIOD,
                        {"term": "1 month", "start": "2026-10-28", "result": "2026-11-28"},
                    ),
                    DerivationStep(
                        "Last day is no working day",
                        "2026-11-28 is Saturday (Germany)",
                        "2026-11-30",
                        StepKind.ROLLED,
                        {"day": "2026-11-28", "why": "Saturday", "result": "2026-11-30"},
                    ),
                ),
            ),
            outcome="partly_fulfilled",
            words=words("en"),
            controller=CONTROLLER,
            law=LAW,
            cut_off=NOW,
            coverage=COVERAGE,
            activities=(ORDERING, NEWSLETTER, ANALYTICS),
            sets=(
                a_set(CUSTOMERS, [CUSTOMER], "orders", "newsletter"),
                a_set(ORDERS, ORDER_ROWS, "orders"),
                a_set(MESSAGES, MESSAGE_ROWS, "orders", source="support", title="Support desk"),
                visits(log_lines),
            ),
            engine_version="0.1.0",
            policy_version="2026-11-01 5f2c",
        ),
        **changes,
    )


def receipts(*found: tuple[str, Done, str]) -> Callable[[], Iterator[Receipt]]:
    return lambda: (Receipt("orders", key, done, why) for key, done, why in found)


def erasure(**changes: Any) -> Contents:
    """An erasure answer: two sources acted, one kept its invoices."""
    orders = tuple(
        (
            str(n),
            Done.ERASED if n % 3 else Done.KEPT,
            "" if n % 3 else "Invoice: kept under § 147 AO until 31 December 2033.",
        )
        for n in range(23)
    )
    account = (("1", Done.ANONYMISED, ""),)
    base = access()
    return replace(
        base,
        request=replace(
            base.request, right=Right.ERASURE, words="Delete my account and all my data."
        ),
        sets=(),
        activities=(),
        coverage=(
            Line(
                "shop",
                "Web shop",
                Outcome.WITHHELD,
                found=24,
                done=16,
                kept=(
                    Kept(
                        "orders",
                        8,
                        "§ 147 AO",
                        "Invoices must be kept for tax purposes.",
                        date(2033, 12, 31),
                        title="Orders",
                    ),
                ),
                searched_at=NOW,
            ),
            Line("crm", "Customer relations", Outcome.ACTED, found=1, done=1, searched_at=NOW),
        ),
        receipts=(
            ReceiptSet("shop", "Web shop", ORDERS, len(orders), receipts(*orders)),
            ReceiptSet("crm", "Customer relations", CUSTOMERS, 1, receipts(*account)),
        ),
        **changes,
    )


def review(**changes: Any) -> Contents:
    """The answer to a contested automated decision."""
    base = erasure()
    return replace(
        base,
        request=replace(
            base.request,
            right=Right.AUTOMATED_DECISION_REVIEW,
            words="A computer refused my order.",
        ),
        outcome="fulfilled",
        coverage=(),
        receipts=(),
        decision=HumanDecision(
            "Jonas Petersen, head of sales",
            date(2026, 11, 18),
            "Your order is accepted.",
            "The automated check had taken an old address for a current one. With your present address there is "
            "no reason to doubt the payment.",
        ),
        **changes,
    )


def built(contents: Contents, folder: Path, **options: Any) -> Path:
    from exports import build

    return build(contents, folder / "bundle.zip", **options).path
