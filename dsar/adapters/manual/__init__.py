"""A source without an interface: a colleague is told what to look for and answers on a page.

Filing cabinets, a personal drive, a system whose maker offers no way in. The question stands on a
page of its own (`Inquiry.url`): the identifiers to search by and nothing else of the ticket. The
colleague fills records in, sends files along, or says that nothing is held or that it cannot be
done and why; for the other verbs what came of each record.
"""

from collections.abc import Iterator, Mapping, Sequence

from dsar.adapters.correspondent import Correspondent
from dsar.adapters.kinds import refused
from dsar.adapters.manual.manual_settings import ManualSettings
from dsar.sdk import (
    Batch,
    Collection,
    Field,
    Page,
    Problem,
    Receipt,
    Subject,
    Value,
)
from dsar.sdk.desk import (
    Answer,
    Desk,
    Inquiry,
    Question,
    Wanted,
    about,
    at_desk,
    paged,
    settled,
)

__all__ = ["FILES", "Manual", "ManualSettings"]

#: Where the files a colleague sends along stand, one record each.
FILES = Collection(
    "files",
    {"en": "Files", "de": "Dateien"},
    (
        Field("name", {"en": "Name of the file", "de": "Name der Datei"}),
        Field(
            "note",
            {"en": "What it is", "de": "Was es ist"},
            {"en": "As the colleague who searched described it."},
        ),
    ),
)

#: What a colleague is asked for each verb, unless the source's own words say it better.
_TASKS: Mapping[str, Mapping[str, str]] = {
    "find": {
        "en": "Please look for everything that is held about this person.",
        "de": "Bitte suchen Sie alles, was über diese Person vorliegt.",
    },
    "again": {
        "en": "Please look once more whether it was really done.",
        "de": "Bitte prüfen Sie noch einmal, ob es wirklich erledigt ist.",
    },
    "erase": {
        "en": "Please erase these records, copies included.",
        "de": "Bitte löschen Sie diese Einträge samt Kopien.",
    },
    "rectify": {
        "en": "Please correct these records.",
        "de": "Bitte berichtigen Sie diese Einträge.",
    },
    "restrict": {
        "en": "Please set these records aside: they may be kept, but not used.",
        "de": "Bitte sperren Sie diese Einträge: aufbewahren ja, verwenden nein.",
    },
    "lift": {
        "en": "These records were set aside. That has ended: please let them be used again.",
        "de": "Diese Einträge waren gesperrt. Das ist beendet: Bitte geben Sie sie wieder frei.",
    },
    "object_to": {
        "en": "Please stop using these records for the purposes named.",
        "de": "Bitte verwenden Sie diese Einträge nicht mehr für die genannten Zwecke.",
    },
}


class Manual(Correspondent):
    """A colleague who looks and acts by hand."""

    name = "manual"
    title = "A colleague"
    Settings = ManualSettings

    settings: ManualSettings

    def collections(self) -> Sequence[Collection]:
        return [*super().collections(), FILES]

    def check(self) -> Sequence[Problem]:
        """The settings alone: whether a colleague is there, no program can tell."""
        if FILES.name in self.settings.collections:
            mend = "Give the collection another name."
            return [Problem(f"collections.{FILES.name}", "is taken by the files sent along.", mend)]
        if not self.settings.identify:
            mend = "Name the kinds of identifier the colleague can look by."
            return [Problem("identify", "is empty.", mend)]
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        known = self._asked_by(subject)
        if not known:
            return
        desk = at_desk(self)
        if not desk.again:
            answer = self._ask(
                "find", Question(self._words("find"), self.settings.who, identifiers=known)
            )
            yield from paged(answer, checkpoint, self.settings.page)
        elif wanted := _acted(desk):
            words = self._words("again")
            answer = self._ask("find", Question(words, self.settings.who, known, wanted))
            yield from paged(answer, checkpoint, self.settings.page)

    def _act(self, verb: str, batch: Batch) -> Sequence[Receipt]:
        if faults := refused(self.collections(), batch):
            return faults
        question = Question(
            self._words(verb),
            self.settings.who,
            wanted=about(batch, _known(at_desk(self))),
            purposes=batch.purposes if verb == "object_to" else (),
            key=batch.idempotency_key,
        )
        return self._ask(verb, question).receipts

    def _ask(self, verb: str, question: Question) -> Answer:
        desk = at_desk(self)
        inquiry: Inquiry = desk.inquiry(verb, question)
        if inquiry.asked_at is None:
            inquiry = desk.asked(inquiry)  # staff sees the link; nothing is sent from here
        return settled(inquiry)

    def _words(self, task: str) -> dict[str, str]:
        own = self.settings.ask if task == "find" else {}
        return dict(own) or dict(_TASKS[task])


def _known(desk: Desk) -> dict[tuple[str, str], Mapping[str, Value]]:
    """What the colleague wrote down of each record."""
    return {
        (record.collection, record.key): record.data
        for _, answer in desk.answered("find")
        for record in answer.records
    }


def _acted(desk: Desk) -> tuple[Wanted, ...]:
    """The records that were to be erased or corrected, as they stood before."""
    found = {
        (one.collection, one.key): one
        for verb in ("erase", "rectify")
        for question, _ in desk.answered(verb)
        for one in question.wanted
    }
    return tuple(found.values())
