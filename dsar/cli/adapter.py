"""`dsar adapter`: a first adapter that works at once, and what a configured one promises."""

import inspect
import json
import keyword
import shlex
from pathlib import Path
from typing import Annotated

import typer

from dsar.domain.errors import BadInput, DsarError
from dsar.sdk import Adapter
from dsar.sdk.starters import http, people, tests

app = typer.Typer(help="Write adapters and check them.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

#: The promises of the contract that need no test data and change nothing.
WITHOUT_DATA = (
    "test_it_says_what_it_is_and_what_it_searches_by",
    "test_its_check_finds_nothing_wrong",
    "test_it_explains_every_field",
    "test_it_finds_nothing_for_nobody",
    "test_it_finds_nothing_for_a_stranger",
    "test_it_finds_nothing_for_nasty_identifiers",
)

#: What can be started from: its module, what it is called there, its test, what it works on.
_STARTERS = {
    False: (people, "People", tests.PEOPLE, "a JSON file of people"),
    True: (http, "Club", tests.HTTP, "a small system behind HTTP"),
}


#: A live system that asks for patience is left alone for as long as it says, within these bounds.
_WAIT, _TRIES = 60.0, 20


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and _, such as web_shop.")],
    into: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    over_http: Annotated[bool, typer.Option("--http", help="For a system behind HTTP.")] = False,
    json_output: _Json = False,
) -> None:
    """Write an adapter that works, and the test of its contract, to start from."""
    _refuse_bad_name(name)
    cls = "".join(part.title() for part in name.split("_"))
    module, known, test_text, works_on = _STARTERS[over_http]
    files = {
        into / f"{name}.py": _renamed(inspect.getsource(module), known, name, cls),
        into / f"test_{name}.py": _renamed(test_text, known, name, cls),
    }
    for path in files:
        if path.exists():
            raise BadInput(str(path), "is there already.", "Choose another name or --into.")
    into.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    if json_output:
        typer.echo(json.dumps({"adapter": f"{name}:{cls}", "files": [str(path) for path in files]}))
        return
    adapter, test = files
    typer.echo(f"{adapter} works on {works_on}; make it speak to your system.")
    typer.echo(f"{test} says whether it keeps the contract: python -m pytest {test}")
    typer.echo(f'Use it in sources.toml: adapter = "{name}:{cls}"')
    typer.echo(f"dsar finds it by PYTHONPATH: export PYTHONPATH={shlex.quote(str(into.resolve()))}")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The source's name in the file of sources.")],
    sources: Annotated[Path, typer.Option(help="The file of sources.")] = Path("sources.toml"),
    json_output: _Json = False,
) -> None:
    """Reach a configured source and try the promises that need no test data; it is not changed."""
    from dsar.config.sources import load
    from dsar.sdk import promises

    promises.LONGEST_WAIT, promises.PATIENCE = _WAIT, _TRIES
    with load(sources)[name].open() as adapter:
        found = {promise: _broken(adapter, promise) for promise in WITHOUT_DATA}
    if json_output:
        rows = [{"promise": _words(one), "broken": why} for one, why in found.items()]
        typer.echo(json.dumps({"source": name, "promises": rows}, ensure_ascii=False))
    else:
        for promise, why in found.items():
            typer.echo(f"{'kept  ' if why is None else 'BROKEN'}  {_words(promise)}")
            if why:
                typer.echo(f"        {why}")
    if any(found.values()):
        raise typer.Exit(1)


@app.command("settings")
def settings(
    name: Annotated[str, typer.Argument(help="An adapter's name, or package.module:Class.")],
    json_output: _Json = False,
) -> None:
    """Print what an adapter can be told in sources.toml: each setting with its meaning."""
    from dataclasses import asdict

    from dsar.sdk.described import page, tables
    from dsar.sdk.registry import adapter

    kind = adapter(name, at="name")
    described = [asdict(table) for table in tables(kind.Settings)] if json_output else []
    typer.echo(
        json.dumps(described, ensure_ascii=False) if json_output else page(kind), nl=json_output
    )


def _broken(adapter: Adapter, promise: str) -> str | None:
    """Why the adapter breaks this promise, or None where it keeps it."""
    from dsar.sandbox.pool import ProcessStopped
    from dsar.sdk import Later, NeedsHuman
    from dsar.sdk.contract import AdapterContract

    try:
        getattr(AdapterContract(), promise)(adapter)
    except (AssertionError, Later, NeedsHuman, ProcessStopped) as why:
        return str(why)
    return None


def _words(promise: str) -> str:
    return promise.removeprefix("test_").replace("_", " ")


def _renamed(text: str, known: str, name: str, cls: str) -> str:
    """A starter's text, its adapter under another name."""
    module = known.lower()
    for old, new in (
        (f"class {known}(", f"class {cls}("),
        (f'name = "{module}"', f'name = "{name}"'),
        (f"from {module} import {known}, ", f"from {name} import {cls}, "),
        (f'"""{module} keeps', f'"""{name} keeps'),
        (f"class Test{known}(", f"class Test{cls}("),
        (f"{known}(Settings", f"{cls}(Settings"),
        (f"adapter: {known})", f"adapter: {cls})"),
    ):
        text = text.replace(old, new)
    return text


def _refuse_bad_name(name: str) -> None:
    if not name.isidentifier() or name != name.lower() or keyword.iskeyword(name):
        raise BadInput("name", "is no name for a module.", "Use small letters, digits and _.")
    if name in {"dsar", "json", "pytest"}:
        raise DsarError(f"A module called {name} would hide another. Choose another name.")
