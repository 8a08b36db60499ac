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

_TEST = '''"""{title} keeps the contract every adapter promises."""

import json
from pathlib import Path

import pytest
from {module} import {cls}, Settings

from dsar.sdk import Adapter, Subject
from dsar.sdk.contract import AdapterContract, World

PEOPLE = [
    {{"id": 1, "email": "Ann@example.com", "name": "Ann"}},
    {{"id": 2, "email": "bob@example.com", "name": "Bob"}},
    {{"id": 3, "email": "", "name": "Nobody"}},
]


class Test{cls}(AdapterContract):
    several_pages = False

    @pytest.fixture
    def adapter(self, tmp_path: Path) -> Adapter:
        path = tmp_path / "people.json"
        path.write_text(json.dumps(PEOPLE), encoding="utf-8")
        return {cls}(Settings(path))

    @pytest.fixture
    def world(self) -> World:
        return World(
            person=Subject.of([("email", "ann@example.com")]),
            keys={{"people": frozenset({{"1"}})}},
            neighbour=Subject.of([("email", "bob@example.com")]),
        )

    def unreachable(self) -> Adapter:
        return {cls}(Settings(Path("/nowhere/people.json")))
'''


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits and _, such as web_shop.")],
    into: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    json_output: _Json = False,
) -> None:
    """Write an adapter that works, and the test of its contract, to start from."""
    _refuse_bad_name(name)
    cls = "".join(part.title() for part in name.split("_"))
    files = {
        into / f"{name}.py": _adapter(name, cls),
        into / f"test_{name}.py": _TEST.format(module=name, cls=cls, title=name),
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
    typer.echo(f"{adapter} works on a JSON file of people; make it speak to your system.")
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
    from dsar.sandbox.pool import Stopped
    from dsar.sdk import Later, NeedsHuman
    from dsar.sdk.contract import AdapterContract

    try:
        getattr(AdapterContract(), promise)(adapter)
    except (AssertionError, Later, NeedsHuman, Stopped) as why:
        return str(why)
    return None


def _words(promise: str) -> str:
    return promise.removeprefix("test_").replace("_", " ")


def _adapter(name: str, cls: str) -> str:
    """The starter's own source under another name."""
    from dsar.sdk import starter

    source = inspect.getsource(starter)
    return source.replace("class People(", f"class {cls}(").replace(
        'name = "people"', f'name = "{name}"'
    )


def _refuse_bad_name(name: str) -> None:
    if not name.isidentifier() or name != name.lower() or keyword.iskeyword(name):
        raise BadInput("name", "is no name for a module.", "Use small letters, digits and _.")
    if name in {"dsar", "json", "pytest"}:
        raise DsarError(f"A module called {name} would hide another. Choose another name.")
