"""The person who reads a letter or a report: reasons in their words, none in those of staff."""

from contextlib import suppress
from dataclasses import dataclass

from dsar.domain.controller import Controller
from dsar.domain.errors import BadInput
from dsar.domain.reasons import Reason
from dsar.domain.regimes import Regime
from dsar.services.letters.reason_words import GROUND, PART, cited, say
from dsar.words import MODEL, SpokenLanguage, Words

PERSON = "person"
#: What the person reads where a code has no words for them.
GENERIC = "could_not"


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever reads: in these words, under this law, an answer of this controller.

    `words` are those of reasons over those of the report, `letters` what a letter is made of.
    """

    words: Words
    letters: Words
    regime: Regime
    controller: Controller

    @classmethod
    def of(
        cls, spoken: SpokenLanguage, letters: Words, regime: Regime, controller: Controller
    ) -> "Person":
        """The person who is spoken to in a language."""
        return cls(spoken.words("report", PART), letters, regime, controller)

    def told(self, reason: Reason | None) -> str:
        """What the person reads of a reason; "" for none."""
        if reason is None:
            return ""
        code = reason.code if reason.code in self.words[PERSON] else GENERIC
        asked = Reason(code, {**reason.params, "contact": self._contact()})
        return say(self.words, PERSON, asked, cite=self.cited, nested=self.told)

    def _contact(self) -> str:
        who = self.controller
        return who.email or who.phone or who.address

    def cited(self, ground: str) -> str:
        """A ground in the person's language: as its law says it, else in general words."""
        here = self.letters["ground"].get(self.regime.id, {})
        if ground in here:
            return str(here[ground])
        if self.words.language == MODEL:
            with suppress(BadInput):
                return self.regime.citation(ground)
        return str(self.words[GROUND].get(ground) or cited(self.regime, ground))
