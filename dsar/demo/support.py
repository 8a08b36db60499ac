"""The support desk of the demo: `support.sqlite`, tickets and their messages."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

from dsar.demo.people import HOLDERS, Customer
from dsar.demo.personas import ACCESS, MAILBOX_PARTNER, SHARED_MAILBOX
from dsar.demo.tables import Row, write

_SCHEMA = """
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, email TEXT NOT NULL, name TEXT NOT NULL,
    subject TEXT NOT NULL, opened_on DATE NOT NULL, closed_on DATE, status TEXT NOT NULL,
    restricted BOOLEAN DEFAULT 0);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES tickets(id),
    sent_on DATE NOT NULL, written_by TEXT NOT NULL, body TEXT NOT NULL,
    restricted BOOLEAN DEFAULT 0);
"""

#: What people ask, and what they are told.
_TALKS = (
    ("Cannot sign in", "The code never arrives.", "Please try the link below the code field."),
    ("Invoice copy", "I need a copy of my last invoice.", "You find it under Account, Invoices."),
    ("Sync is slow", "It takes minutes since the update.", "Version 4.2.1 mends this."),
    ("More seats", "How do I add two seats?", "Under Account, Licence, Change seats."),
    ("Export", "Can I export my notes?", "Yes: File, Export, Everything."),
)
_CHANCE = 0.5
#: Tickets are deleted twelve months after they were closed, so none is older than that.
_OLDEST_DAYS = 330

#: The trap: a customer writes about somebody else, who never asked us for anything.
ABOUT_SOMEONE_ELSE = (
    "My colleague Rasmus Thorhauge (rasmus.thorhauge@example.org, +49 30 23125 806) is on sick "
    "leave until spring. Could you move his seat to me?"
)


def build(path: Path, people: tuple[Customer, ...], random: Random, *, today: date) -> None:
    """Writes the database: tickets of half the customers, all named people, and both traps."""
    desk = _Desk(random, today)
    for place, who in enumerate(people):
        if place < len(HOLDERS) or random.random() < _CHANCE:
            desk.talk(who.email, who.name, *random.choice(_TALKS))
    reply = "We can move it as soon as he or your administrator agrees."
    desk.talk(ACCESS.email, ACCESS.name, "Move a seat", ABOUT_SOMEONE_ELSE, reply)
    wish = f"This is {MAILBOX_PARTNER.given_name}, not {SHARED_MAILBOX.given_name}: I want my own."
    desk.talk(MAILBOX_PARTNER.email, MAILBOX_PARTNER.name, "Own account", wish, "Gladly.")
    write(path, _SCHEMA, {"tickets": desk.tickets, "messages": desk.messages})


class _Desk:
    """The rows of the support desk while they are being invented."""

    def __init__(self, random: Random, today: date) -> None:
        self.random = random
        self.today = today
        self.tickets: list[Row] = []
        self.messages: list[Row] = []

    def talk(self, email: str, name: str, subject: str, question: str, answer: str) -> None:
        """One ticket: a question, an answer, and in half the cases a word of thanks."""
        opened_on = self.today - timedelta(days=self.random.randint(9, _OLDEST_DAYS))
        closed_on = opened_on + timedelta(days=self.random.randint(1, 8))
        key = len(self.tickets) + 1
        self.tickets.append(
            (key, f"T-{4_000 + key}", email, name, subject, opened_on.isoformat(),
             closed_on.isoformat(), "closed", False)
        )  # fmt: skip
        self._say(key, opened_on, "customer", question)
        self._say(key, closed_on, "support", answer)
        if self.random.random() < 0.5:
            self._say(key, closed_on, "customer", "Thank you, that helped.")

    def _say(self, ticket: int, day: date, who: str, text: str) -> None:
        self.messages.append((len(self.messages) + 1, ticket, day.isoformat(), who, text, False))
