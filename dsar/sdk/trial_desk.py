"""A desk for tests of adapters that answer later: each question is answered at once by a function.

    source.desk = TrialDesk(lambda verb, question: Answer(…))

It keeps what a real desk promises: one inquiry a verb and key, noted as asked once, its answer the
same whenever it is asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from dsar.domain.records import Attachment
from dsar.sdk import NeedsHuman
from dsar.sdk.desk import Answer, Inquiry, Question

Answers = Callable[[str, Question], Answer | None]


class TrialDesk:
    """See `dsar.sdk.desk.Desk`. None from the function means that nobody has answered yet.

    A `find` is a task of its own each time it begins, as in the engine; batches are known again by
    their key. `files` are the bytes of attachments by reference.
    """

    def __init__(
        self, answers: Answers, *, again: bool = False, files: Mapping[str, bytes] | None = None
    ) -> None:
        self.again = again
        self.asked_for: list[Inquiry] = []
        self._answers = answers
        self._files = files or {}
        self._known: dict[tuple[str, str], tuple[Question, Inquiry]] = {}

    def anew(self) -> "TrialDesk":
        """The desk of another task: the same people are asked, nothing was asked before."""
        return TrialDesk(self._answers, again=self.again, files=self._files)

    def inquiry(self, verb: str, question: Question) -> Inquiry:
        """The inquiry of this verb and key; answered if the function says something by now."""
        place = (verb, question.key or f"{len(self._known)}")
        if place not in self._known:
            name = f"{len(self._known) + 1:032x}"
            url = f"https://dsar.example/answer/{name}"
            new = Inquiry(name, "Trial", verb, url, date.max, wait=1.0)
            self._known[place] = (question, new)
        asked, found = self._known[place]
        if found.answer is None:
            found = replace(found, answer=self._answers(verb, asked))
            self._known[place] = (asked, found)
        return found

    def asked(self, inquiry: Inquiry) -> Inquiry:
        """Noted, with the time."""
        self.asked_for.append(inquiry)
        for place, (question, known) in self._known.items():
            if known.id == inquiry.id:
                found = replace(known, asked_at=datetime.now(UTC))
                self._known[place] = (question, found)
                return found
        raise NeedsHuman("This inquiry was not put down at this desk.")

    def answered(self, verb: str) -> Sequence[tuple[Question, Answer]]:
        """What was answered so far."""
        return [
            (question, one.answer)
            for question, one in self._known.values()
            if one.verb == verb and one.answer is not None and not one.answer.cannot
        ]

    def read(self, attachment: Attachment) -> Iterator[bytes]:
        """The bytes given for its reference."""
        yield self._files[attachment.reference]
