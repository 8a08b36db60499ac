"""Who answers: the controller as the letters and the report name it (GDPR Art. 13(1)(a), (b))."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authority:
    """The supervisory authority a person can complain to (Art. 77)."""

    name: str
    address: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """The organisation that answers, where it is established and how to reach it."""

    name: str
    address: str
    email: str
    country: str
    authority: Authority
    subdivision: str | None = None
    timezone: str = "UTC"
    language: str = "en"
    phone: str = ""
    url: str = ""
    officer: str = ""
