"""Finds an adapter by its name and builds its settings.

A name is an entry point of the group `dsar.adapters`, of this package or of an integrator's, or a
dotted path `package.module:Class`. Nothing is imported before it is asked for: start-up time is a
promise.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import Any

from dsar.domain.errors import BadInput
from dsar.sdk import VERSION, Adapter
from dsar.sdk.settings import build

__all__ = ["GROUP", "BadInput", "adapter", "built_in", "names", "settings_from"]

GROUP = "dsar.adapters"

#: The distribution this module is of: its own adapters cannot be taken over by another's.
_OURS = "dsar"


def adapter(name: str, *, at: str = "adapter") -> type[Adapter]:
    """The adapter class of that name; `at` names the setting it came from. Raises BadInput."""
    path = _own().get(name) or _installed(name, at) or name
    if ":" not in path:
        raise BadInput(at, f"there is no adapter {name!r}.", _choice())
    found = _load(path, at)
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise BadInput(at, f"{path} is not an adapter.", "Derive it from dsar.sdk.Adapter.")
    _refuse_other_version(found, path, at)
    return found


def names() -> tuple[str, ...]:
    """Every adapter that can be named without a dotted path."""
    return tuple(sorted({*_own(), *(entry.name for entry in entry_points(group=GROUP))}))


def built_in() -> tuple[str, ...]:
    """The names of the adapters that come with this package, as it is installed."""
    return tuple(sorted(_own()))


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


def _own() -> dict[str, str]:
    try:
        told = distribution(_OURS).entry_points
    except PackageNotFoundError:
        return {}
    return {entry.name: entry.value for entry in told.select(group=GROUP)}


def _installed(name: str, at: str) -> str | None:
    """The path another package gives for the name; which of two is meant nobody can know."""
    paths = sorted({entry.value for entry in entry_points(group=GROUP) if entry.name == name})
    if len(paths) > 1:
        problem = f"{name} is the name of several adapters: {', '.join(paths)}."
        raise BadInput(at, problem, "Write the one you mean.")
    return paths[0] if paths else None


def _choice() -> str:
    if not _own():  # an editable install of before the built-in ones were entry points, too
        return "Install dsar again (pip install -e .): it does not know its own adapters."
    return f"Write one of {', '.join(names())}, or package.module:Class."


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
