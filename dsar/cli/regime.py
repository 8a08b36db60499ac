"""`dsar regime`: the laws as data, listed, shown, and checked with their worked examples."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from dsar.domain.errors import BadInput
from dsar.domain.regimes import Ground, PeriodRule, Regime
from dsar.domain.regimes.file import parse
from dsar.services.law.due import mismatches
from dsar.services.law.regimes import known, load

app = typer.Typer(help="The laws as data.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_regimes(json_output: _Json = False) -> None:
    """List every law that ships: id, version, certainty, title."""
    regimes = [load(name) for name in known()]
    if json_output:
        keys = ("id", "title", "version", "certainty", "source")
        _print([{key: getattr(regime, key) for key in keys} for regime in regimes])
        return
    for regime in regimes:
        typer.echo(f"{regime.id:16} {regime.version}  {regime.certainty:10} {regime.title}")


@app.command("show")
def show(
    regime: Annotated[str, typer.Argument(help="Its id, such as eu_gdpr.")],
    json_output: _Json = False,
) -> None:
    """Show one law: its rules with their dates, its duties, its grounds."""
    law = _loaded(regime)
    if json_output:
        _print(asdict(law))
        return
    typer.echo(f"{law.title}\n{law.id} {law.version}, certainty: {law.certainty}\n{law.source}\n")
    for rule in law.rules:
        typer.echo(_rule(rule))
    duties = (("Fee", law.fee), ("Acknowledgement", law.acknowledgement))
    for name, duty in (*duties, ("Recipients", law.recipients)):
        typer.echo(f"{name}: {duty.text} ({duty.source})")
    typer.echo(f"A refusal contains: {', '.join(law.refusal.must_contain)} ({law.refusal.source})")
    for name, one in law.refusal.grounds.items():
        typer.echo(_ground(name, one))
    typer.echo(f"Complaints: {law.complaint.text}\n\nGrounds")
    for ground, citation in law.grounds.items():
        typer.echo(f"  {ground:22} {citation}")


@app.command("check")
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files; none: all that ship.")] = None,
    json_output: _Json = False,
) -> None:
    """Read regime files strictly and work their examples again; exit 1 if anything is wrong."""
    found = [_checked(path) for path in paths] if paths else [_checked(name) for name in known()]
    if json_output:
        _print(found)
    else:
        for result in found:
            typer.echo(_verdict(result))
    if any(result["problems"] for result in found):
        raise typer.Exit(1)


def _loaded(regime: str) -> Regime:
    try:
        return load(regime)
    except BadInput as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from wrong


def _checked(what: Path | str) -> dict[str, object]:
    try:
        regime = load(what) if isinstance(what, str) else parse(_read(what), str(what))
    except BadInput as wrong:
        return {"regime": str(what), "examples": 0, "problems": [str(wrong)]}
    problems = [
        f"{wrong.place} {wrong.example}: {wrong.name} should be {wrong.expected!r}, "
        f"is {wrong.found!r}. Mend the rule or the example."
        for wrong in mismatches(regime)
    ]
    return {"regime": regime.id, "examples": len(regime.examples), "problems": problems}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "It cannot be read as text.", "Give a TOML file.") from error


def _verdict(result: Mapping[str, object]) -> str:
    problems = result["problems"]
    if isinstance(problems, list) and problems:
        return "\n".join(f"{result['regime']}: {problem}" for problem in problems)
    return f"{result['regime']}: {result['examples']} examples come out as written"


def _ground(name: str, one: Ground) -> str:
    """A ground of refusal, against which rights, and what the answer must say."""
    where = f" (controllers in {one.country})" if one.country else ""
    rights = ", ".join(one.rights)
    return f"  {name}{where}: {one.text}\n    against {rights}; {one.certainty}. {one.answer}"


def _rule(rule: PeriodRule) -> str:
    until = f" through {rule.until}" if rule.until else ""
    reply = f"reply within {rule.reply}" if rule.reply else "no number"
    lines = [
        f"{rule.id}: {reply}, in force from {rule.since}{until}",
        f"  rights: {', '.join(rule.rights)}",
        f"  {rule.source} ({rule.basis}, {rule.certainty})",
    ]
    if rule.acknowledge:
        lines.append(f"  acknowledge within {rule.acknowledge}")
    if rule.extension:
        most = rule.extension.at_most or "a date the notice names"
        lines.append(f"  one extension: {most} ({rule.extension.source})")
    if rule.appeal:
        lines.append(f"  appeal answered within {rule.appeal.reply} ({rule.appeal.source})")
    if rule.note:
        lines.append(f"  {rule.note}")
    return "\n".join(lines) + "\n"


def _print(value: object) -> None:
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value
