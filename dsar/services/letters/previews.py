"""What staff looks at before anybody gets a letter: how it would read, and what is at fault."""

from dsar.domain.errors import BadInput
from dsar.domain.rights import Right
from dsar.services.letters import samples
from dsar.services.letters.wording import KINDS, Facts, Wording, Wordings
from dsar.services.letters.write import parts, tidy, wordings_of
from dsar.services.runtime.installation import Installation
from dsar.words import Words


def preview(
    installation: Installation, kind: str, *, language: str, right: Right = Right.ACCESS
) -> dict[str, object]:
    """A letter as it would be written today, of invented facts under the house's own law.

    `fault` says why the house's own wording was not used, "" where it was or there is none.
    """
    known(kind)
    regime, controller = installation.settings.regime, installation.controller

    def say(words: Words) -> Facts:
        return samples.facts(words, controller, right=right, regime=regime)

    made = wordings_of(installation).write(kind, language, say)
    subject, text = parts(tidy(made.text))
    return {
        "kind": kind,
        "language": made.wording.language,
        "file": made.wording.file,
        "own": made.wording.own,
        "wording": {"letter": made.wording.sha256, "words": made.words.sha256},
        "fault": made.fault,
        "subject": subject,
        "text": text,
    }


def source(kind: str, *, language: str) -> str:
    """Our text of a letter before facts are put in, to begin one of the house's own with."""
    known(kind)
    found = next(Wordings().choices(kind, language))
    assert isinstance(found, Wording)  # noqa: S101 - the last one is ours in English
    return found.source


def known(kind: str) -> None:
    """Refuses what is no letter."""
    if kind not in KINDS:
        mend = f"Give one of: {', '.join(sorted(KINDS))}."
        raise BadInput("kind", "there is no such letter.", mend)


def checked(installation: Installation) -> list[dict[str, str]]:
    """The house's own letters, each with what is at fault in it, if anything is."""
    found = wordings_of(installation)
    rows = [
        {"file": one.file, "kind": one.kind, "language": one.language, "sha256": one.sha256,
         "fault": ""}
        for one in found.own.values()
        if isinstance(one, Wording)
    ]  # fmt: skip
    faults = [
        {
            "file": one.field,
            "kind": "",
            "language": "",
            "sha256": "",
            "fault": f"{one.problem} {one.mend}",
        }
        for one in found.faults
    ]
    return [*sorted(rows, key=lambda row: row["file"]), *faults]
