"""A mailbox as it is declared, and one reached over IMAP."""

from typing import Any

from dsar.adapters.mailbox import Mailbox
from dsar.sdk.registry import settings_from
from tests.adapters.dovecot import PASSWORD, Account


def mailbox(**given: Any) -> Mailbox:
    return Mailbox(settings_from(Mailbox, given, at="sources.mail"))


def over_imap(account: Account, **given: Any) -> Mailbox:
    reached = {"server": "127.0.0.1", "port": account.server.port, "security": "none"}
    return mailbox(**{**reached, "user": account.user, "password": PASSWORD, "page": 2, **given})
