"""Finds an adapter by its name and builds its settings.

A name is one of the built-in ones, an entry point of the group `dsar.adapters`, or a dotted path
`package.module:Class`. Nothing is imported before it is asked for: start-up time is a promise.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from dsar.domain.errors import BadInput
from dsar.sdk import VERSION, Adapter
from dsar.sdk.settings import build

__all__ = ["BUILT_IN", "GROUP", "BadInput", "adapter", "names", "settings_from"]

GROUP = "dsar.adapters"

#: The built-in adapters, by dotted path: this layer may not import them.
BUILT_IN: Mapping[str, str] = {
    "files": "dsar.adapters.files:Files",
    "mailbox": "dsar.adapters.mailbox:Mailbox",
    "manual": "dsar.adapters.manual:Manual",
    "opendsr": "dsar.adapters.opendsr:OpenDsr",
    "mongo": "dsar.adapters.mongo:Mongo",
    "objects": "dsar.adapters.objects:Objects",
    "rest": "dsar.adapters.rest:Rest",
    "sql": "dsar.adapters.sql:Sql",
    "webhook": "dsar.adapters.webhook:Webhook",
}


def adapter(name: str, *, at: str = "adapter") -> type[Adapter]:
    """The adapter class of that name; `at` names the setting it came from. Raises BadInput."""
    path = BUILT_IN.get(name) or _installed().get(name) or name
    if ":" not in path:
        choice = ", ".join(names())
        raise BadInput(
            at, f"there is no adapter {name!r}.", f"Write one of {choice}, or package.module:Class."
        )
    found = _load(path, at)
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise BadInput(at, f"{path} is not an adapter.", "Derive it from dsar.sdk.Adapter.")
    _refuse_other_version(found, path, at)
    return found


def names() -> tuple[str, ...]:
    """Every adapter that can be named without a dotted path."""
    return tuple(sorted({*BUILT_IN, *_installed()}))


def settings_from(
    cls: type[Adapter], mapping: Mapping[str, Any], *, at: str, folder: Path | None = None
) -> Any:
    """The adapter's Settings from its configuration table.

    The engine's own keys `adapter` and `title` may stand in it. `at` names the table's place
    ("sources.shop"); relative paths count from `folder`. Raises BadInput naming the place, the
    problem and the mend.
    """
    own = {key: value for key, value in mapping.items() if key not in {"adapter", "title"}}
    return cls.completed(build(cls.Settings, own, at=at, folder=folder))


def _installed() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def _load(path: str, at: str) -> Any:
    try:
        return EntryPoint(name="", value=path, group=GROUP).load()
    except Exception as error:  # a stranger's module may raise whatever it likes
        problem = f"{path} cannot be loaded ({type(error).__name__}: {error})."
        raise BadInput(at, problem, _mend(error, path.partition(":")[0])) from error


def _mend(error: Exception, module: str) -> str:
    """What to do about a path that cannot be loaded: its module, its class or something in it."""
    if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
        return "Put the folder of the module on PYTHONPATH, install its package, or mend the path."
    if isinstance(error, ImportError):
        return "Install what the module imports."
    if module in sys.modules:
        return "Write module:Class as the class is called in its module."
    return f"Mend the path or its module: python -c 'import {module}' shows where."


def _refuse_other_version(found: type[Adapter], path: str, at: str) -> None:
    written_for = str(getattr(found, "version", VERSION))
    if written_for.partition(".")[0] != VERSION.partition(".")[0]:
        problem = f"{path} is written for version {written_for} of the SDK; this is {VERSION}."
        raise BadInput(at, problem, "Install a version of it that fits.")
