"""Another system that is told of a question by a signed message and answers in its own time.

The message holds no personal data: an id and the address on which the question is read and
answered. PROTOCOL.md beside this file is all its maker needs, in any language.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence

from dsar.adapters.correspondent import Correspondent
from dsar.adapters.http import Client
from dsar.adapters.kinds import refused
from dsar.adapters.webhook import signature
from dsar.adapters.webhook.webhook_settings import WebhookSettings
from dsar.sdk import (
    Batch,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Subject,
)
from dsar.sdk.desk import Answer, Inquiry, Question, Untrusted, about, at_desk, paged, settled

__all__ = ["Webhook", "WebhookSettings"]

#: What the message is called in its `type`.
TYPE = "dsar.inquiry"


class Webhook(Correspondent):
    """One other system, asked by Standard Webhooks."""

    name = "webhook"
    title = "Another system"
    Settings = WebhookSettings

    settings: WebhookSettings

    def __init__(self, settings: WebhookSettings) -> None:
        super().__init__(settings)
        self._client = Client(settings)

    def check(self) -> Sequence[Problem]:
        """The settings alone: a message that asks nothing would be one too many."""
        return [*self.settings.problems(), *self._problems()]

    def _problems(self) -> Iterator[Problem]:
        if not self.settings.identify:
            mend = "Name the kinds of identifier the other system can search by."
            yield Problem("identify", "is empty.", mend)
        if not self.settings.collections:
            yield Problem("collections", "is empty.", "Name what the other system holds.")
        mend = "Give whsec_ and base64 of 24 to 64 random bytes, or two while one is replaced."
        if not 1 <= len(self.settings.secrets) <= 2:
            yield Problem("secrets", "does not hold one or two.", mend)
        for text in self.settings.secrets:
            try:
                signature.secret(text)
            except ValueError as wrong:
                yield Problem("secrets", f"{wrong}.", mend)

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        known = self._asked_by(subject)
        if known:
            answer = self._ask("find", Question(identifiers=known))
            yield from paged(answer, checkpoint, self.settings.page)

    def close(self) -> None:
        self._client.close()

    def authentic(self, inquiry: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """An answer is signed like the message, under the message's id; raises Untrusted."""
        try:
            keys = self._keys()
        except NeedsHuman:
            raise Untrusted("No answer is taken: our own secrets are not in order.") from None
        signature.check(keys, _message_id(inquiry), headers, body, now=now)

    def _act(self, verb: str, batch: Batch) -> Sequence[Receipt]:
        if faults := refused(self.collections(), batch):
            return faults
        question = Question(
            wanted=about(batch, {}), purposes=batch.purposes, key=batch.idempotency_key
        )
        return self._ask(verb, question).receipts

    def _ask(self, verb: str, question: Question) -> Answer:
        desk = at_desk(self)
        inquiry = desk.inquiry(verb, question)
        if inquiry.asked_at is None and inquiry.answer is None:
            self._send(inquiry)
            inquiry = desk.asked(inquiry)
        return settled(inquiry)

    def _send(self, inquiry: Inquiry) -> None:
        """Under the same id however often it is sent: whoever heard it before need do nothing."""
        keys, moment = self._keys(), int(time.time())
        headers = signature.sign(keys, _message_id(inquiry.id), moment, body := _message(inquiry))
        reply = self._client.request(
            "POST",
            self.settings.url,
            headers={**headers, "content-type": "application/json"},
            content=body,
        )
        if not reply.ok:
            said = f"{reply.host} refused the message ({reply.status})."
            raise NeedsHuman(f"{said} Correct the setting url, or have it mended there.")

    def _keys(self) -> list[bytes]:
        try:
            return [signature.secret(text) for text in self.settings.secrets]
        except ValueError as wrong:
            raise NeedsHuman(f"One of the secrets {wrong}. Mend the setting secrets.") from None


def _message_id(inquiry: str) -> str:
    return f"msg_{inquiry}"


def _message(inquiry: Inquiry) -> bytes:
    data = {
        "inquiry": inquiry.id,
        "verb": inquiry.verb,
        "answer_url": inquiry.url,
        "answer_by": inquiry.answer_by.isoformat(),
    }
    return json.dumps({"type": TYPE, "data": data}, separators=(",", ":")).encode()
