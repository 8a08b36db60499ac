"""A language nobody speaks, made of English by the list of templates/words/README.md."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dsar.words import FOLDER

README = (FOLDER / "README.md").read_text("utf-8")
#: What can never be an English word, and can be read all the same.
STRANGE = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
#: What fills a place, or steers a letter; and how a language is written, which is no word.
_KEPT = re.compile(r"({[^{}]*}|{{.*?}}|{%.*?%})", re.DOTALL)
_WRITTEN = "locale"


def needed() -> list[str]:
    """What a language has, as the page lists it."""
    table = README.partition("## What a language has\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def strange(text: str) -> str:
    """A text in the language, with its places as they are."""
    return "".join(
        part if number % 2 else part.translate(STRANGE)
        for number, part in enumerate(_KEPT.split(text))
    )


def lay(folder: Path, *, complaint: dict[str, dict[str, str]]) -> None:
    """The language in a folder: all that the page lists, and where to complain under a law."""
    for name in needed():
        ours, theirs = FOLDER / "en" / name, folder / name
        theirs.parent.mkdir(parents=True, exist_ok=True)
        if ours.is_dir():
            theirs.mkdir()
            for letter in ours.iterdir():
                (theirs / letter.name).write_text(strange(letter.read_text("utf-8")), "utf-8")
        else:
            words = tomllib.loads(ours.read_text("utf-8"))
            words |= {"complaint": complaint} if name == "laws.toml" else {}
            theirs.write_text("\n".join(written(words)), "utf-8")


def written(words: dict[str, Any], *above: str) -> Iterator[str]:
    """Words as TOML: each key whole, with every name above it."""
    for key, value in words.items():
        if isinstance(value, dict):
            yield from written(value, *above, key)
        else:
            said = value if key == _WRITTEN else strange(value)
            yield f"{'.'.join([*above, key])} = '''{said}'''"
