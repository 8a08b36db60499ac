"""`dsar bundle`: check one from anywhere, open a kept one, build one again."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsar.cli.opened import DESK, fetch, opened, say
from dsar.domain.errors import BadInput, DsarError
from dsar.services.runtime.actor import staff

if TYPE_CHECKING:
    from dsar.services.bundles.build import RebuiltBundle

app = typer.Typer(help="Check a bundle, open a kept one, build one again.", no_args_is_help=True)

#: The exit code of a bundle that is whole, signed with a key nobody said is the controller's.
NOBODY_VOUCHES = 3

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    path: Path,
    key: Annotated[str, typer.Option(help="The controller's public key, as published.")] = "",
    json: Json = False,
) -> None:
    """Check a bundle, a part or a folder of all parts, without database or network.

    Exits with 0 where it is whole and the controller's key vouches for it (yours, where this is run
    with your configuration), with 1 where something is wrong, and with 3 where it is whole and
    nobody vouches for who signed it.
    """
    import exports

    wanted = key or _own_key()
    findings = [str(finding) for finding in exports.verify(path, public_key=wanted or None)]
    signers = [] if findings else sorted(exports.signers(path))
    vouched = bool(wanted) and not findings
    result = {"path": str(path), "whole": not findings, "findings": findings,
              "signed_by": signers, "vouched": vouched}  # fmt: skip
    whole = f"{path.name} is whole and unchanged, {_vouching(signers, key, vouched=vouched)}"
    say(result, json, lambda: "\n".join(findings) or whole)
    if not vouched:
        raise typer.Exit(1 if findings else NOBODY_VOUCHES)


def _own_key() -> str:
    """The key this installation signs with, where there is one at hand; "" where there is none."""
    from dsar.services.bundles.build import signing_key
    from dsar.services.opening import begun

    try:
        if not begun():
            return ""
        with opened() as installation:
            return signing_key(installation)
    except DsarError as fault:
        print(f"dsar: your own key cannot be had, so it is not compared: {fault}", file=sys.stderr)
        return ""


def _vouching(signers: Sequence[str], key: str, *, vouched: bool) -> str:
    """Who signed, and who says that this key is theirs."""
    if vouched:
        return "signed with the key you gave." if key else "signed with your own key."
    by = ", ".join(filter(None, signers))
    if not by:
        return "and nobody signed it."
    return f"signed by {by}, a key nobody vouches for. Give the controller's published one: --key."


@app.command()
def key(json: Json = False) -> None:
    """Print the public key that bundles are signed with, to be published on your own site."""
    from dsar.services.bundles.build import signing_key

    with opened() as installation:
        public = signing_key(installation)
    say({"public_key": public}, json, lambda: public)


@app.command()
def export(
    ref: str,
    out: Annotated[Path | None, typer.Option(help="File to write; else its own name.")] = None,
    number: Annotated[int | None, typer.Option(help="Which one; else the last.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who takes it out; for the journal.")] = "desk",
    part_size: Annotated[str, typer.Option(help="Split it into parts of at most, e.g. 50MB.")] = "",
    json: Json = False,
) -> None:
    """Open a kept bundle and write it as the plain ZIP that a person receives, or as its parts."""
    from dsar.services.bundles import deliver
    from dsar.services.bundles.build import split_out

    size = _size(part_size) if part_size else None
    with opened() as installation:
        actor = staff(by)
        stored_bundle = deliver.stored_bundle(installation, actor, ref, number)
        target = out or Path(stored_bundle.file)
        deliver.handed(installation, actor, stored_bundle)
        if size is None:
            deliver.copy_out(stored_bundle, target)
        parts = split_out(installation, stored_bundle, target, size=size) if size else []
    rows = [{"path": str(one.path), "bytes": one.bytes, "sha256": one.sha256} for one in parts]
    rows = rows or [
        {"path": str(target), "bytes": stored_bundle.size, "sha256": stored_bundle.sha256}
    ]
    told = {"number": stored_bundle.number, **rows[0], "parts": rows if parts else []}
    say(told, json, lambda: "\n".join(_written(row, size) for row in rows))


def _written(row: dict[str, Any], most: int | None) -> str:
    larger = "  (one file in it is larger than a part should be)"
    note = larger if most and row["bytes"] > most else ""
    return f"{row['path']}\nsha256 {row['sha256']}{note}"


_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def _size(text: str) -> int:
    """A number of bytes written as 50MB or 2GB."""
    number, unit = text.strip().upper()[:-2].strip(), text.strip().upper()[-2:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit():
        raise BadInput("part_size", "is not a size.", "Write it as 50MB or 2GB.")
    return int(number) * _UNITS[unit]


@app.command()
def build(
    ref: str,
    out: Annotated[Path | None, typer.Option(help="Write a plain copy there.")] = None,
    json: Json = False,
) -> None:
    """Build the latest bundle of a ticket again; it must come out byte for byte.

    Where the latest can no longer be handed out, the new one is kept in its stead.
    """
    from dsar.services.bundles.build import rebuild

    with opened() as installation:
        made = rebuild(installation, DESK, ref, out)
    say(made, json, lambda: _built(ref, made))
    if not made.same:
        message = (
            "It differs from the one that was handed over. Changed since: "
            f"{'; '.join(made.differs)}."
        )
        raise DsarError(message)


def _built(ref: str, made: "RebuiltBundle") -> str:
    lines = [str(made.path)] if made.path else []
    if made.kept_as:
        lines.append(f"kept as bundle {made.kept_as}: {fetch(ref)}")
    return "\n".join([*lines, f"sha256 {made.sha256}"])
