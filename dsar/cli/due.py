"""`dsar due`: one JSON object per line in, one per line out, every date with its derivation."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from dsar.domain.errors import BadInput
from dsar.services.law.due import dates_of

LONGEST_LINE = 1_000_000


def due(
    _json: Annotated[bool, typer.Option("--json", help="Output is JSON in any case.")] = True,
) -> None:
    """Derive deadlines: JSON Lines from standard input, JSON Lines to standard output.

    A line: {"regime": "eu_gdpr", "country": "DE", "subdivision": null, "timezone":
    "Europe/Berlin", "right": "access", "received_at": "2026-01-31T10:00:00+01:00",
    "events": [{"type": "extension_notified", "at": "2026-02-20", "months": 2}]}.
    An invalid line gives an error object naming the field; the others go on, the exit code is 1.
    """
    failed = False
    for answer in answers(sys.stdin.buffer):
        failed = failed or "error" in answer
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()  # a program that asks line by line is answered line by line
    if failed:
        raise typer.Exit(1)


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """Answer every line that is not blank, in order, with its dates or with what is wrong."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _answer(line, number)


def _answer(line: bytes, number: int) -> dict[str, object]:
    try:
        values = _values(line)
        own = {"id": values["id"]} if "id" in values else {}
        return own | dates_of(values).as_json()
    except BadInput as wrong:
        told = {"field": wrong.field, "problem": wrong.problem, "mend": wrong.mend}
        return {"error": {"line": number, **told}}


def _values(line: bytes) -> dict[str, object]:
    if len(line) > LONGEST_LINE:
        raise BadInput("line", f"It is longer than {LONGEST_LINE} bytes.", "Split it.")
    try:
        values = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        mend = "Give one JSON object on the line."
        raise BadInput("line", "It is no JSON.", mend) from error
    if not isinstance(values, dict):
        raise BadInput("line", "It is no JSON object.", 'Give {"regime": …, "right": …}.')
    return values


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that stands twice: two answers to one question are none."""
    values = dict(pairs)
    for key in values:
        if sum(1 for name, _ in pairs if name == key) > 1:
            raise BadInput(key, "The key stands there twice.", "Give it once.")
    return values
