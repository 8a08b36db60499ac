"""Settings from `dsar.toml` and the environment; every fault names its field and the mend."""

import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from dsar.domain.controller import Authority, Controller
from dsar.domain.errors import BadInput
from dsar.domain.rights import Right

_STRICT = ConfigDict(extra="forbid", frozen=True)

Approval = Literal["auto", "staff"]


_URL = r"^(https?://[^\s/?#]+\S*)?$"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class AuthoritySettings(BaseModel):
    """The supervisory authority people can complain to."""

    model_config = _STRICT

    name: str
    address: str = ""
    url: str = Field(default="", pattern=_URL)


class ControllerSettings(BaseModel):
    """Who answers, as letters and reports name it; the country picks the holiday calendar."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    address: str = ""
    email: str = Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")
    country: str = Field(pattern="^[A-Z]{2}$")
    subdivision: str | None = None
    timezone: str = "UTC"
    language: str = "en"
    phone: str = ""
    url: str = Field(default="", pattern=_URL)
    officer: str = ""
    authority: AuthoritySettings

    @field_validator("language")
    @classmethod
    def _tag(cls, tag: str) -> str:
        if not _LANGUAGE.fullmatch(tag):
            raise PydanticCustomError("language", "write a tag such as en or pt-BR")
        return tag

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise PydanticCustomError("timezone", "there is no such time zone") from None
        return name

    def value(self) -> Controller:
        """The controller as the domain knows it."""
        fields = self.model_dump(exclude={"authority"})
        return Controller(**fields, authority=Authority(**self.authority.model_dump()))


class ReviewSettings(BaseModel):
    """Which tickets staff approves by hand. `auto` still stops for every doubt.

    Unless it is set here, each right's row says who does (`domain.rights`).
    """

    model_config = _STRICT

    accept: Approval = "auto"
    access: Approval = Right.ACCESS.spec.approval
    portability: Approval = Right.PORTABILITY.spec.approval
    erasure: Approval = Right.ERASURE.spec.approval
    rectification: Approval = Right.RECTIFICATION.spec.approval
    restriction: Approval = Right.RESTRICTION.spec.approval
    objection: Approval = Right.OBJECTION.spec.approval
    consent_withdrawal: Approval = Right.CONSENT_WITHDRAWAL.spec.approval
    automated_decision_review: Literal["staff"] = "staff"
    release: Approval = "auto"


class InquirySettings(BaseModel):
    """Questions to those who answer later: all figures are the house's own, no law gives one.

    An answer is wanted within `answer_days`, and `spare_days` before the ticket's internal due
    date; `remind_days` before that day an alert is raised. An answer's files come to no more than
    `answer_megabytes`.
    """

    model_config = _STRICT

    answer_days: int = Field(default=14, ge=1)
    spare_days: int = Field(default=3, ge=0)
    remind_days: tuple[int, ...] = (7, 2)
    answer_megabytes: int = Field(default=50, ge=1, le=2000)


class BundleSettings(BaseModel):
    """How long a bundle is kept after its ticket ended, and where.

    No law names a number of days: this one is the house's own. `store` is read by
    `services.bundles.stores`, which resolves its references to secrets.
    """

    model_config = _STRICT

    keep_days: int = Field(default=30, ge=1)
    store: dict[str, Any] = {}


class WordingSettings(BaseModel):
    """Where the house's own letters lie: `<language>/<kind>.txt`; left out: ours are sent.

    And languages of its own, each as `templates/words` has them; left out: ours are spoken.
    """

    model_config = _STRICT

    letters: Path | None = None
    languages: Path | None = None


class Settings(BaseSettings):
    """All of `dsar.toml`; the environment (DSAR_DATABASE_URL, …) wins over the file."""

    model_config = SettingsConfigDict(
        env_prefix="DSAR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    folder: Path = Path()
    database_url: str = "sqlite:///var/dsar.sqlite"
    redis_url: str | None = None
    storage: Path = Path("var")
    checkpoints: Path = Path("journal-checkpoints.jsonl")
    regime: str = "eu_gdpr"
    sources: Path = Path("sources.toml")
    policy: Path = Path("policy.toml")
    namespace: str = "dsar"
    lease_seconds: int = Field(default=20, ge=2)  # a host that dies is noticed within 30 s
    worker_threads: int = Field(default=4, ge=1, le=64)
    internal_days: int = Field(default=5, ge=0)
    reminder_days: int = Field(default=10, ge=1)
    lapse_days: int = Field(default=30, ge=1)
    public_url: str = Field(default="", pattern=r"^(https?://[^\s/?#]+[^\s?#]*)?$")
    controller: ControllerSettings
    review: ReviewSettings = ReviewSettings()
    bundle: BundleSettings = BundleSettings()
    inquiries: InquirySettings = InquirySettings()
    wording: WordingSettings = WordingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the file gave."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def at(self, path: Path) -> Path:
        """A path from the file, relative to the folder the file lies in."""
        return path if path.is_absolute() else self.folder / path

    @property
    def database(self) -> str:
        """The database address, with a relative SQLite file placed in the file's folder."""
        prefix = "sqlite:///"
        if self.database_url.startswith(prefix) and not self.database_url.startswith("sqlite:////"):
            return prefix + str(self.at(Path(self.database_url.removeprefix(prefix))))
        return self.database_url


def load(path: Path) -> Settings:
    """The settings in `path`; raises BadInput naming the first wrong field and the mend."""
    values = read_toml(path)
    try:
        return Settings(**{**values, "folder": path.resolve().parent})
    except ValidationError as error:
        raise _told(error, path) from None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a mapping; BadInput says what is missing or on which line it breaks."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(
            path.name, "is not there.", "Run `dsar demo` to see a complete one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path.name, "cannot be read.", f"{type(error).__name__}.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(path.name, f"is not TOML: {error}.", "Mend that line.") from None


#: What a setting that is held to a pattern should have been.
_FORMS = {
    "email": "e-mail address, such as privacy@example.org",
    "url": "address, such as https://example.org",
    "public_url": "address people reach this at, such as https://privacy.example.org",
    "country": "country of two capital letters, such as SE",
}


def _told(error: ValidationError, path: Path) -> BadInput:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    wanted = _FORMS.get(str(first["loc"][-1]))
    kinds = {
        "string_pattern_mismatch": (f"is no {wanted or 'such value'}.", f"Mend {path.name}."),
        "missing": ("is missing.", f"Add it to {path.name}."),
        "extra_forbidden": (
            "is not a setting.",
            f"Remove it from {path.name} or mend its spelling.",
        ),
    }
    problem, mend = kinds.get(first["type"], (f"is wrong: {first['msg']}.", f"Mend {path.name}."))
    return BadInput(field, problem, mend)
