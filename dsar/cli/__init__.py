"""The operator's hand: `dsar`, one module for each group of commands, loaded when it is used."""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from dsar.domain.errors import BadInput, DsarError

#: Every command, in the order in which help shows them: where it lives and what it is for.
COMMANDS: Mapping[str, str] = {
    "demo": "dsar.cli.demo:demo",
    "serve": "dsar.cli.processes:serve",
    "web": "dsar.cli.processes:web",
    "worker": "dsar.cli.processes:worker",
    "scheduler": "dsar.cli.processes:scheduler",
    "doctor": "dsar.cli.doctor:doctor",
    "db": "dsar.cli.db:app",
    "keys": "dsar.cli.keys:app",
    "request": "dsar.cli.requests.request:app",
    "ticket": "dsar.cli.requests.ticket:app",
    "letter": "dsar.cli.letter:app",
    "bundle": "dsar.cli.requests.bundle:app",
    "journal": "dsar.cli.journal:app",
    "due": "dsar.cli.due:due",
    "regime": "dsar.cli.regime:app",
    "source": "dsar.cli.source:app",
    "adapter": "dsar.cli.adapter:app",
    "staff": "dsar.cli.staff:app",
    "hold": "dsar.cli.requests.hold:app",
    "report": "dsar.cli.report:report",
    "forecast": "dsar.cli.report:forecast",
    "calendar": "dsar.cli.report:calendar",
}


class Lazy(TyperGroup):
    """Imports a command's module when it is asked for: `dsar --version` needs no database."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        del ctx
        return list(COMMANDS)

    def get_command(  # type: ignore[override]
        self, ctx: typer.Context, cmd_name: str
    ) -> Any:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(cmd_name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(cls=Lazy, add_completion=False, no_args_is_help=True)


@app.callback()
def root(
    config: str = typer.Option("", help="The configuration; else $DSAR_CONFIG, else ./dsar.toml."),
) -> None:
    """Answers data subject requests on time, and can prove it."""
    if config:
        os.environ["DSAR_CONFIG"] = config


def main() -> None:
    """Runs one command. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code; a person never sees a stack trace."""
    as_json = "--json" in arguments
    _log_to_stderr()
    try:
        typer.main.get_command(app)(arguments, prog_name="dsar")
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return 130
    except BadInput as wrong:
        _tell(wrong, as_json, field=wrong.field)
        return 2
    except DsarError as refused:
        _tell(refused, as_json)
        return 1
    except Exception as failed:
        if os.environ.get("DSAR_DEBUG"):
            raise
        _tell(_inside(failed), as_json)
        return 1
    return 0


def _log_to_stderr() -> None:
    """What a command prints is its answer alone: programs read it."""
    from dsar.services.upkeep import logs

    logs.configure()


def _inside(failed: Exception) -> DsarError:
    name = type(failed).__name__
    return DsarError(
        f"Something failed inside dsar ({name}). Run it with DSAR_DEBUG=1 to see where."
    )


def _tell(error: DsarError, as_json: bool, *, field: str = "") -> None:
    if as_json:
        body = {"error": {"message": str(error), **({"field": field} if field else {})}}
        print(json.dumps(body, ensure_ascii=False))
        return
    print(f"dsar: {error}", file=sys.stderr)
