"""Every word that is not data, in every language offered, and one rule for a language that is not.

    spoken = ours().spoken("fr-CA", home="de")   # asked; else its base, the controller's, English
    spoken.note                                  # to staff: "" or that no French is spoken here
    words = spoken.words("report")               # the words of templates/words/<tag>/report.toml
    words.say("data", "count", count=3)          # filled, in the plural of three
    words["section"]["rights"]                   # as it stands
    words.date(day), words.number(n), words.size(n), words.period("7 years"), words.of(titles)

Services ask `installation.spoken(request.language)`: it knows the controller's language, and those
the controller laid beside ours (`and_own`).

`templates/words/README.md` says what a language must have. A new file of words stands beside those
of English, in every language; tests then ask for the same words with the same places in braces.
"""

from dsar.words.formats import name as named
from dsar.words.languages import (
    FOLDER,
    FREE,
    MODEL,
    Language,
    Languages,
    SpokenLanguage,
    and_own,
    forms,
    order,
    ours,
    parts,
)
from dsar.words.words import Words

__all__ = [
    "FOLDER",
    "FREE",
    "MODEL",
    "Language",
    "Languages",
    "SpokenLanguage",
    "Words",
    "and_own",
    "forms",
    "named",
    "order",
    "ours",
    "parts",
]
