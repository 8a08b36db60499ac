"""Which scripts this machine can print: for each, whether any installed font has a sign of it.

A report shows what no font can show by its number (⟨U+4E00⟩): nothing is hidden, but nobody reads
it. Debian's packages are named; Noto covers each script on other systems too.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping

CORE, CJK, EMOJI = "fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"

#: A sign of each script that only fonts for this script have, and the package that has one.
SCRIPTS: Mapping[str, tuple[str, str]] = {
    "Latin": ("ő", CORE),
    "Greek": ("Ω", CORE),
    "Cyrillic": ("Ж", CORE),
    "Armenian": ("Ա", CORE),
    "Georgian": ("ა", CORE),
    "Hebrew": ("א", CORE),
    "Arabic": ("ا", CORE),
    "Devanagari": ("अ", CORE),
    "Bengali": ("অ", CORE),
    "Gurmukhi": ("ਅ", CORE),
    "Gujarati": ("અ", CORE),
    "Odia": ("ଅ", CORE),
    "Tamil": ("அ", CORE),
    "Telugu": ("అ", CORE),
    "Kannada": ("ಅ", CORE),
    "Malayalam": ("അ", CORE),
    "Sinhala": ("අ", CORE),
    "Thai": ("ก", CORE),
    "Lao": ("ກ", CORE),
    "Tibetan": ("ཀ", CORE),
    "Burmese": ("က", CORE),
    "Khmer": ("ក", CORE),
    "Ethiopic": ("አ", CORE),
    "Mongolian": ("ᠠ", CORE),
    "Chinese": ("龍", CJK),
    "Japanese": ("あ", CJK),
    "Korean": ("한", CJK),
    "emoji": ("🎉", EMOJI),
}


def missing() -> dict[str, list[str]]:
    """The scripts that cannot be printed, by the package that mends it; raises OSError.

    FileNotFoundError says that fontconfig's fc-list is not installed.
    """
    program = shutil.which("fc-list")
    if program is None:
        raise FileNotFoundError
    found: dict[str, list[str]] = {}
    for script, package in _unprintable(program):
        found.setdefault(package, []).append(script)
    return found


def _unprintable(program: str) -> Iterator[tuple[str, str]]:
    for script, (sign, package) in SCRIPTS.items():
        asked = [program, f":charset={ord(sign):x}", "file"]
        run = subprocess.run(asked, capture_output=True, check=False, timeout=30)
        if not run.stdout.strip():
            yield script, package
