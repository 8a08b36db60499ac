"""The wording of every letter: ours in `templates/words`, and the house's own in its place.

What is decided where the house's own is at fault: **no ticket waits for it, and nobody hides it.**
`dsar letter check` and `dsar doctor` name file, line and mend, and so does a log line as a process
starts; a folder that is not there is refused at the start. A letter that is owed is then written in
our wording in the same language (else in English), for a deadline does not wait for a template, and
why is kept with it (`Letter.fault`): staff reads it above the letter, and in `dsar doctor` for a
week. The same holds for own wording that was well when it was tried and fails on a real ticket.

Own wording is read once, when the house is opened: what was checked is what is used until then.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from jinja2 import Template, TemplateError

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import letters
from dsar.services.letters.grammar import LONGEST_LETTER, LONGEST_SOURCE, compiled, refuse
from dsar.services.letters.words import PARTS
from dsar.words import MODEL, Languages, SpokenLanguage, Words, forms, order, ours

#: The folder of a language in which the texts of its letters lie.
TEXTS = "letters"
#: Letters that no transition owes: they go out on arrival, when data is stopped at once, and before
#: a restriction ends.
AT_ONCE = frozenset({"received", "restricted_at_once", "stopped_at_once", "restriction_ends"})
KINDS = letters() | AT_ONCE

#: What the law demands in a letter (GDPR Art. 12(3) to (6)): each fact must stand in what is sent,
#: as it is. What lacks one does not go out, be it our wording or the house's own.
DEMANDED: Mapping[str, tuple[str, ...]] = {
    "refused":          ("reasons", "complaint", "remedy"),
    "partly_delivered": ("gaps", "reasons", "complaint", "remedy"),
    "extended":         ("due_on", "reasons", "complaint", "remedy"),
    "nothing_held":     ("answer", "complaint", "remedy"),
    "ask_identifiers":  ("reasons",),
    "lapsed":           ("complaint", "remedy"),
    "ask_fee":          ("reasons", "complaint", "remedy"),
    "ask_identity":     ("reasons",),
    "ask_clarification": ("reasons",),
}  # fmt: skip

#: The facts of one letter by name: texts, lists of texts, and the tables of `grammar.TABLES`.
Facts = Mapping[str, object]


class FactMissing(Exception):  # noqa: N818 - it is caught where both wordings are tried
    """A letter came out without a fact that the law demands in it."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of one kind of letter in one language, admitted and compiled.

    `file` is what people call it, `sha256` that of its bytes.
    """

    kind: str
    language: str
    file: str
    own: bool
    source: str
    sha256: str
    template: Template = field(repr=False)

    def say(self, facts: Facts) -> str:
        """The letter; raises FactMissing, or BadInput where it is faulty or grows too long."""
        parts: list[str] = []
        signs = 0
        try:
            for part in self.template.generate(facts):
                signs += len(part)
                if signs > LONGEST_LETTER:
                    mend = f"A letter has {LONGEST_LETTER:,} signs at most."
                    refuse(self.file, 1, "What comes out is too long.", mend)
                parts.append(part)
        except (TemplateError, TypeError) as error:
            refuse(self.file, 1, f"It fails with {type(error).__name__}.", "Mend it.")
        text = "".join(parts)
        for fact in DEMANDED.get(self.kind, ()):
            if not _stands(facts[fact], text):
                raise FactMissing(fact)
        return text

    def line_of(self, fact: str) -> int:
        """The line that names a fact, else the last one."""
        lines = self.source.rstrip().split("\n")
        return next((n for n, line in enumerate(lines, 1) if fact in line), len(lines))


def _stands(fact: object, text: str) -> bool:
    """Whether a fact is there and stands in a text as it is; of a list each."""
    said = fact if isinstance(fact, list) else [fact]
    return bool(said) and all(isinstance(one, str) and one and one in text for one in said)


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as it comes out, and why the house's own wording did not make it, if it should."""

    text: str
    wording: Wording
    words: Words
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Wordings:
    """The house's own wording by language and kind, admitted or at fault; else there is ours.

    `strays` are faults of files that are no letters. Who has no letter in their language is written
    to in one of `languages`, in that of the house rather than in English.
    """

    own: Mapping[tuple[str, str], Wording | BadInput] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    strays: tuple[BadInput, ...] = ()
    languages: Languages = field(default_factory=ours)
    home: str = MODEL

    @property
    def faults(self) -> tuple[BadInput, ...]:
        """All that is at fault in the house's own wording."""
        broken = (one for one in self.own.values() if isinstance(one, BadInput))
        return tuple(dict.fromkeys((*self.strays, *broken)))

    def write(self, kind: str, language: str, facts: Callable[[Words], Facts]) -> LetterText:
        """A letter in the first language of the rule that has it; own wording first.

        Raises NotAllowed where a fact is not there that the law demands.
        """
        faults: list[str] = []
        lacks = ""
        for wording in self.choices(kind, language):
            if isinstance(wording, BadInput):
                faults.append(str(wording))
                continue
            its = self.words_in(wording.language)
            if wording.language.lower() in forms(language):
                its = replace(its, tag=language)
            can_say = facts(its)
            try:
                text = wording.say(can_say)
            except FactMissing as lacking:
                lacks = lacking.fact
                faults.append(f"{wording.file} does not say {lacks}.")
            except BadInput as error:
                faults.append(str(error))
            else:
                return LetterText(text, wording, its, " ".join(faults)[:300])
        problem = f"The letter {kind} must not leave without its {lacks or 'text'}."
        raise NotAllowed(f"{problem} Give it with what is done, such as a reason.")

    def choices(self, kind: str, language: str) -> Iterator[Wording | BadInput]:
        """What can be tried for a letter, best first; ours in English is the last."""
        for tag in order(language, self.home):
            own = self.own.get((tag, kind))
            if own is not None:
                yield own
            if (ours := _ours(tag, kind)) is not None:
                yield ours

    def words_in(self, language: str) -> Words:
        """The words of a language there are letters in, the house's own over ours."""
        return self.words.get(language.lower()) or self.languages.spoken(language).words(*PARTS)

    def words_to(self, spoken: SpokenLanguage) -> Words:
        """The words of letters for somebody who is spoken to in a language."""
        return replace(self.words_in(spoken.language.tag), tag=spoken.tag)


@cache
def _ours(language: str, kind: str) -> Wording | None:
    if language not in ours().offered or kind not in KINDS:
        return None
    file = ours().offered[language].folder / TEXTS / f"{kind}.txt"
    return read(file, f"templates/words/{language}/{TEXTS}/{kind}.txt", language, own=False)


def read(file: Path, name: str, language: str, *, own: bool) -> Wording:
    """A language's wording in a file called `name`; BadInput names what no letter may do."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LONGEST_SOURCE + 1)
        source = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise BadInput(name, f"cannot be read: {error.strerror}.", "Mend its rights.") from None
    except UnicodeDecodeError:
        raise BadInput(name, "is not UTF-8.", "Save it as UTF-8.") from None
    template = compiled(source, name)
    sha256 = hashlib.sha256(raw).hexdigest()
    return Wording(file.stem, language, name, own, source, sha256, template)
