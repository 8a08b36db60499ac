"""Opens the installation a configuration describes: settings, database, keys, sources, policy."""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from dsar.config import contradictions, policy_file, sources
from dsar.config import settings as configuration
from dsar.domain.errors import BadInput
from dsar.domain.policy import Policy
from dsar.services.law import regimes
from dsar.services.law.calendars import calendar_for
from dsar.services.runtime.installation import Installation
from dsar.store.engine import Clock, Store
from dsar.store.keys.file import FileKey
from dsar.store.vault import Vault
from dsar.words import and_own

#: Where the configuration is looked for unless it is named.
DEFAULT = Path("dsar.toml")


def where(given: Path | None) -> Path:
    """The configuration file: the one named, else $DSAR_CONFIG, else ./dsar.toml."""
    return given or Path(os.environ.get("DSAR_CONFIG", DEFAULT))


def begun(config: Path | None = None) -> bool:
    """Whether there is an installation at hand: a configuration, and a database it was begun with.

    Of an embedded database it is asked whether its file is there; a server is not asked.
    """
    path = where(config)
    if not path.is_file():
        return False
    database = make_url(configuration.load(path).database)
    if database.get_backend_name() != "sqlite":
        return True
    return Path(database.database or "").is_file()


def open_installation(config: Path | None = None, *, clock: Clock | None = None) -> Installation:
    """The installation of a configuration file; BadInput names the first field that is wrong."""
    settings = configuration.load(where(config))
    contradictions.refuse(settings, os.environ)
    controller = settings.controller.value()
    regime = regimes.load(settings.regime)
    calendar_for(regime, controller.country, controller.subdivision)
    systems = sources.load(settings.at(settings.sources))
    _check_address(settings, systems)
    policy = policy_file.load(settings.at(settings.policy), known=systems.by_name)
    installation = Installation(
        settings=settings,
        store=Store(settings.database, clock=clock),
        vault=Vault(FileKey(settings.at(settings.storage) / "keys" / "dsar.key")),
        controller=controller,
        sources=systems,
        policy=policy,
    )
    _read_wording(installation)
    return installation


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The sources by themselves, before anything else is configured: no database, no key.

    `policy` is None where there is none yet; `fault` is what is wrong with one that is there.
    """

    sources: sources.Sources
    policy: Policy | None = None
    fault: str = ""


def first_look(config: Path | None = None, named: Path | None = None) -> FirstLook:
    """The sources of the file that is `named`, else of the configuration, else ./sources.toml.

    Of a configuration only where the sources and the policy lie is read: whatever else is missing
    in it keeps nobody from looking at a source. Raises BadInput for the sources alone.
    """
    path = where(config)
    told = config is not None or "DSAR_CONFIG" in os.environ
    values = configuration.read_toml(path) if told or path.is_file() else {}
    found = {
        key: path.parent
        / str(os.environ.get(f"DSAR_{key.upper()}", values.get(key, f"{key}.toml")))
        for key in ("sources", "policy")
    }
    systems = sources.load(named or found["sources"])
    if not found["policy"].is_file():
        return FirstLook(systems)
    try:
        policy = policy_file.load(found["policy"], known=systems.by_name)
    except BadInput as fault:
        return FirstLook(systems, fault=str(fault))
    return FirstLook(systems, policy)


def _read_wording(installation: Installation) -> None:
    """Languages and letters of the house: a folder that is not there is refused now."""
    settings = installation.settings
    if (folder := settings.wording.languages) is not None:
        installation.languages = and_own(settings.at(folder), name=folder.as_posix())
    if settings.wording.letters is not None:
        from dsar.services.letters import wordings_of

        wordings_of(installation)


def _check_address(settings: configuration.Settings, systems: sources.Sources) -> None:
    later = [source.name for source in systems if source.adapter.answers_later]
    if later and not settings.public_url:
        problem = f"is missing, and the source {later[0]} is answered through links."
        mend = "Give the address people reach this at, such as https://privacy.example.org."
        raise BadInput("public_url", problem, mend)


def key_path(installation: Installation) -> str:
    """Where the storage key lies, for people."""
    keys = installation.vault.keys
    return str(keys.path) if isinstance(keys, FileKey) else keys.id
