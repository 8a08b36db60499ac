"""The people of the demo who ask for something, and those who make their requests difficult.

All are invented. Addresses use the domains reserved for examples, telephone numbers those that the
German regulator sets aside for films and books.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsar.domain.rights import Right


@dataclass(frozen=True, slots=True)
class Home:
    """A postal address."""

    street: str
    postcode: str
    city: str
    country: str = "DE"


@dataclass(frozen=True, slots=True)
class Persona:
    """One invented person: how to find them, what they ask for, in their words, and the story.

    `identifiers` are (kind, value) pairs as the person writes them. `changes` holds the corrected
    values by dictionary term, for rectification; `purposes` the processing activities to stop, for
    objection and withdrawal. `rights` is empty for those who ask for nothing. `email` is the
    address as our systems hold it; `orders` says how many years ago each order was placed.
    """

    given_name: str
    family_name: str
    email: str
    home: Home
    story: str
    rights: tuple[Right, ...] = ()
    words: str = ""
    phone: str = ""
    asks_as: str = ""
    orders: tuple[int, ...] = ()
    newsletter: bool = False
    changes: Mapping[str, str] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """What the person proves to be theirs, as (kind, value) pairs."""
        return (("email", self.asks_as or self.email),)


ACCESS = Persona(
    given_name="Johanna",
    family_name="Berger",
    email="johanna.berger@example.org",
    home=Home("Ahornweg 17", "10967", "Berlin"),
    phone="+49 30 23125 114",
    orders=(4, 3, 2, 1, 0),
    newsletter=True,
    rights=(Right.ACCESS,),
    words="Please send me a copy of everything you hold about me, and tell me who else has it.",
    story="In all four systems. Another customer bears the same name, and one of her support "
    "messages speaks of a colleague.",
)
PORTABILITY = Persona(
    given_name="Henrik",
    family_name="Sandvoss",
    email="henrik.sandvoss@example.com",
    home=Home("Möwenstieg 5", "20359", "Hamburg"),
    phone="+49 40 66969 207",
    orders=(2, 1),
    newsletter=True,
    rights=(Right.PORTABILITY,),
    words="I am moving to another supplier. Please give me my data in a form they can read.",
    story="Gets what he gave us under contract or consent, and not what we worked out about him.",
)
ACCESS_THEN_ERASURE = Persona(
    given_name="Jürgen",
    family_name="Müßig",
    email="juergen.muessig@example.net",
    home=Home("Grüner Sägeweg 3 b", "76133", "Karlsruhe"),
    phone="+49 221 4710 338",
    orders=(9, 6, 3, 1),
    newsletter=True,
    rights=(Right.ACCESS, Right.ERASURE),
    words="Schicken Sie mir bitte eine Kopie meiner Daten und löschen Sie danach alles.",
    story="Erasure waits for the copy. One invoice is past its retention period and goes; the "
    "others stay, and the letter says until when and why. His name has umlauts.",
)
ERASURE = Persona(
    given_name="Lotte",
    family_name="Aarden",
    email="lotte.aarden@example.com",
    home=Home("Keizerpad 88", "1016 XX", "Amsterdam", "NL"),
    rights=(Right.ERASURE,),
    words="I only tried the product once. Please delete my account and all that goes with it.",
    story="Never bought anything, so nothing stands against erasing it all.",
)
RECTIFICATION = Persona(
    given_name="Carla",
    family_name="Brand",
    email="carla.brandt@example.org",
    home=Home("Ulmenallee 12", "50667", "Köln"),
    phone="+49 221 4710 552",
    orders=(1, 0),
    newsletter=True,
    rights=(Right.RECTIFICATION,),
    words="My family name is Brandt, with a t, and I moved to Ulmenallee 21 in 50668 Köln.",
    story="One correction reaches every system that holds her name; invoices already issued stay.",
    changes={
        "family_name": "Brandt",
        "full_name": "Carla Brandt",
        "street": "Ulmenallee 21",
        "postcode": "50668",
    },
)
RESTRICTION = Persona(
    given_name="Tomas",
    family_name="Rehwald",
    email="tomas.rehwald@example.net",
    home=Home("Sternschanzenweg 40", "04109", "Leipzig"),
    phone="+49 69 90009 481",
    orders=(3, 1),
    rights=(Right.RESTRICTION,),
    words="You say I owe you an invoice. I dispute that: do not use my data until it is settled.",
    story="His data stays, marked as restricted, in every system that can mark it.",
)
OBJECTION = Persona(
    given_name="Nadia",
    family_name="El-Sayed",
    email="nadia.elsayed@example.com",
    home=Home("Fliederkamp 9", "80331", "München"),
    phone="+49 89 99998 623",
    orders=(2, 0),
    newsletter=True,
    rights=(Right.OBJECTION,),
    words="Stop sending me advertising and stop building a profile of me for it.",
    story="Objects to direct marketing and to the profiling behind it: no balancing, no refusal.",
    purposes=("customer_news", "newsletter", "profiling"),
)
CONSENT_WITHDRAWAL = Persona(
    given_name="Piotr",
    family_name="Wilkowski",
    email="piotr.wilkowski@example.org",
    home=Home("ul. Jaworowa 6", "00-001", "Warszawa", "PL"),
    orders=(1,),
    newsletter=True,
    rights=(Right.CONSENT_WITHDRAWAL,),
    words="Please take me off the newsletter.",
    story="Writes his address in capitals, and the mailing list holds yet another spelling of it.",
    asks_as="PIOTR.WILKOWSKI@EXAMPLE.ORG",
    purposes=("newsletter",),
)
AUTOMATED_DECISION = Persona(
    given_name="Mirela",
    family_name="Dumitrescu",
    email="mirela.dumitrescu@example.net",
    home=Home("Str. Plopilor 14", "010071", "București", "RO"),
    orders=(1, 0),
    rights=(Right.AUTOMATED_DECISION_REVIEW,),
    words="Your system refused me payment by invoice. I want a person to look at it again.",
    story="A machine declined payment by invoice; a named person decides anew.",
)

#: Those who ask, in the order in which the demo files their requests.
PERSONAS: tuple[Persona, ...] = (
    ACCESS,
    PORTABILITY,
    ACCESS_THEN_ERASURE,
    ERASURE,
    RECTIFICATION,
    RESTRICTION,
    OBJECTION,
    CONSENT_WITHDRAWAL,
    AUTOMATED_DECISION,
)

NAMESAKE = Persona(
    given_name="Johanna",
    family_name="Berger",
    email="j.berger.dresden@example.com",
    home=Home("Elbhangstraße 2", "01069", "Dresden"),
    orders=(2, 0),
    newsletter=True,
    story="Bears the name of the person who asks for access and must never be in her copy.",
)
SHARED_MAILBOX = Persona(
    given_name="Ines",
    family_name="Falk",
    email="familie.falk@example.org",
    home=Home("Birkengrund 1", "24103", "Kiel"),
    orders=(1,),
    newsletter=True,
    story="Has the account; her husband reads, subscribes and writes through the same mailbox.",
)
MAILBOX_PARTNER = Persona(
    given_name="Oskar",
    family_name="Falk",
    email="familie.falk@example.org",
    home=Home("Birkengrund 1", "24103", "Kiel"),
    newsletter=True,
    story="No account of his own: only the mailing list and the support desk know him.",
)

#: Those who ask for nothing and are in the data all the same.
BYSTANDERS: tuple[Persona, ...] = (NAMESAKE, SHARED_MAILBOX, MAILBOX_PARTNER)
