"""Where one fault run lives: its folder, its servers, and the configuration of the house in it."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from dsar.config.sources import Sources
from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation
from dsar.store.migrate import Away
from tests.faults.hostile import INSIDE, NATURES
from tests.faults.ledger import SOURCES, Ledger

_SETTINGS = """\
database_url = "{database}"
redis_url = "{redis}"
lease_seconds = {lease_seconds}

[controller]
name = "A Controller Ltd"
email = "privacy@controller.example"
country = "DE"

[controller.authority]
name = "An authority"

[review]
erasure = "auto"
"""

_GOOD = """\
[{name}]
adapter = "tests.faults.ledger:LedgerAdapter"
title = "{title}"
concurrency = 12
isolated = {isolated}
file = "{file}"
source = "{name}"
"""

#: Both ways an adapter can run: inside the worker, and in a process of its own.
_ISOLATED = {"shop": "false", "mail": "true"}

_HOSTILE = """\
[{name}]
adapter = "tests.faults.hostile:Hostile"
title = "A source that {nature}"
isolated = {isolated}
limits = {{ page_seconds = 5, memory_mb = 256 }}
nature = "{nature}"
file = "{file}"
"""

_POLICY = """\
[activities.service]
title = "Service"
purpose = "Serving you."
basis = "consent"
origin = "provided"
data = [{data}]

[activities.service.retention]
because = "until you withdraw"
"""


@dataclass(frozen=True)
class Setting:
    """How much is filed in a run and how fast, and how long things take in it.

    Every `hostile_every`th ticket meets a hostile source of its own, because a source that fails
    is left alone for up to a quarter of an hour, and a run is not much longer than that.
    `first_pause` is how many seconds the engine waits after the first failure of a task, `patience`
    how many after the last request was filed everything has to have ended.
    """

    tickets: int
    a_minute: float
    hostile_every: int = 40
    lease_seconds: int = 20
    first_pause: float = 2.0
    patience: float = 600.0

    @property
    def person_seconds(self) -> float:
        """How long a person waits before acting: longer than any process stands still."""
        return self.lease_seconds + 5

    def nature(self, number: int) -> str | None:
        """How the hostile source is that this ticket meets, if it meets one."""
        turn, place = divmod(number, self.hostile_every)
        return NATURES[turn % len(NATURES)] if place == self.hostile_every - 1 else None

    def hostile(self, number: int) -> str | None:
        """The name of the hostile source that this ticket meets, if it meets one."""
        nature = self.nature(number)
        return f"{nature}-{number}" if nature else None


@dataclass(frozen=True)
class Place:
    """Where one run lives: its folder and its servers."""

    folder: str
    database: str
    redis: str
    setting: Setting

    @classmethod
    def told(cls, words: str) -> Self:
        """The place that `words` name: how a process learns where it lives."""
        values = json.loads(words)
        return cls(**{**values, "setting": Setting(**values["setting"])})

    def words(self) -> str:
        """What `told` reads."""
        return json.dumps(asdict(self))

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def config(self) -> Path:
        return self.path / "dsar.toml"

    @property
    def bundles(self) -> Path:
        return self.path / "var" / "bundles"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.path / "ledger.sqlite")

    def write(self) -> None:
        """The configuration as an operator writes it; the processes read nothing else."""
        setting = self.setting
        named = {n: name for n in range(setting.tickets) if (name := setting.hostile(n))}
        file = str(self.ledger.file)
        good = [
            _GOOD.format(name=name, title=name.title(), isolated=_ISOLATED[name], file=file)
            for name in SOURCES
        ]
        bad = [self._hostile(number, name, file) for number, name in named.items()]
        data = [f'"{name}.orders"' for name in named.values()]
        data += [f'"{name}.{kind}"' for name in SOURCES for kind in ("orders", "notes")]
        self.bundles.mkdir(parents=True)
        self.config.write_text(
            _SETTINGS.format(
                database=self.database, redis=self.redis, lease_seconds=setting.lease_seconds
            )
        )
        (self.path / "sources.toml").write_text("\n".join([*good, *bad]))
        (self.path / "policy.toml").write_text(_POLICY.format(data=", ".join(data)))

    def _hostile(self, number: int, name: str, file: str) -> str:
        nature = self.setting.nature(number)
        apart = "false" if nature in INSIDE else "true"
        return _HOSTILE.format(name=name, nature=nature, isolated=apart, file=file)

    def installation(self) -> Installation:
        """The house as its configuration describes it, opened anew."""
        return open_installation(self.config)

    def begun(self) -> Installation:
        """The same with its key compared, however long the database is away."""
        installation = self.installation()
        while True:
            try:
                keyring.unlock(installation)
            except Away:
                time.sleep(0.5)
            else:
                return installation

    def met_by(self, installation: Installation, number: int) -> Sources:
        """The sources that one ticket meets: the good ones, and its hostile one if it has one."""
        names = [name for name in (*SOURCES, self.setting.hostile(number)) if name]
        return Sources(
            {name: installation.sources[name] for name in names}, installation.sources.version
        )
