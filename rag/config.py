"""Settings: from flags, the environment and a file, in that order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    Field,
    JsonValue,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.embedding import DEFAULT_MODEL
from index.errors import SettingsError

_FILE = "dateline.toml"
_STARS = "********"
_SECRET_NAME = re.compile(r"(?:^|_)(?:keys?|tokens?|secrets?|passwords?|auth)(?:_|$)")
_PASSWORD = re.compile(r"(://[^/@:\s]*:)[^/@\s]+@")


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _hosts(names: Iterable[str]) -> tuple[str, ...]:
    return _matching(names, r"[^\s/:@]+|\[[0-9a-f:.]+\]", "no name of a host, such as news.example")


def _origins(names: Iterable[str]) -> tuple[str, ...]:
    return _matching(names, r"https?://[^\s/@]+/?", "no origin, such as https://reader.example")


def _matching(names: Iterable[str], pattern: str, what: str) -> tuple[str, ...]:
    for name in names:
        if not re.fullmatch(pattern, name, re.I):
            raise ValueError(f"{name!r} is {what}")
    return tuple(names)


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]  # in the environment: a,b
Options = Annotated[dict[str, JsonValue], NoDecode, BeforeValidator(_parsed)]


class Settings(BaseSettings):
    """How Dateline runs. Each is a keyword, `DATELINE_…` in the environment, or a line of `dateline.toml`."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", toml_file=_FILE, extra="forbid", frozen=True)

    archive: Path = Field(Path("archive"), description="The folder of the archive.")
    store: SecretStr | None = Field(None, description="Where questions go instead: a postgresql:// or milvus:// url.")
    model: str = Field(DEFAULT_MODEL, description="The embedding model: the packaged one, a folder, or a hub name.")
    device: str = Field(
        "cpu", pattern=r"^(cpu|mps|(cuda|xpu)(:\d+)?)$", description="Where models run: cpu, cuda, cuda:1, mps."
    )
    reader: str = Field(
        "trained", min_length=1, description='What scores sentences: "trained", "cosine", or a cross-encoder by name.'
    )
    candidates: int = Field(12, ge=1, le=200, description="How many passages the reader reads for a question.")
    citations: int = Field(3, ge=1, le=10, description="How many sentences an answer cites at most.")
    auth: SecretStr | None = Field(
        None, min_length=1, description="Who may log in to the chat: a file of user:salt$hash, or such lines."
    )
    root_path: str = Field(
        "", pattern=r"^(/\S*)?$", description="The path that a proxy serves the chat under, such as /news."
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="Confidence below which Dateline abstains, in place of the reader's."
    )
    api_key: SecretStr | None = Field(
        None, min_length=16, description="The bearer token that HTTP and MCP callers send: 16 characters or more."
    )
    hosts: Annotated[Names, AfterValidator(_hosts)] = Field(
        (), description="The names that the server answers to, beside addresses and this machine's own."
    )
    origins: Annotated[Names, AfterValidator(_origins)] = Field(
        (), description="Web pages that may call the HTTP doors: https://host each; none by default."
    )
    rate_limit: int = Field(120, ge=0, description="HTTP requests a client may make a minute; 0 for no limit.")
    chat_rate_limit: int = Field(30, ge=0, description="Questions a reader may ask the page a minute; 0 for no limit.")
    at_once: int = Field(4, ge=1, le=256, description="How many questions HTTP callers have answered at a time.")
    waiting: int = Field(32, ge=0, description="How many more of them may wait their turn before callers are put off.")
    time_limit: float = Field(60, gt=0, description="Seconds that an HTTP caller waits for an answer at most.")
    llm_url: AnyHttpUrl | None = Field(None, description="An OpenAI-compatible endpoint that writes answers.")
    llm_model: str = Field("", max_length=200, description="The name of the model at that endpoint.")
    llm_key: SecretStr = Field(SecretStr(""), description="The key that the endpoint asks for, if it does.")
    llm_timeout: float = Field(30, gt=0, description="Seconds that the LLM may be silent.")
    llm_deadline: float = Field(50, gt=0, description="Seconds that the LLM may take for a whole answer.")
    llm_retries: int = Field(2, ge=0, le=10, description="How often an LLM that is full or restarting is asked again.")
    llm_options: Options = Field(
        {"temperature": 0}, description="Other fields of the request to the LLM, as JSON; some models refuse a few."
    )

    @model_validator(mode="after")
    def _llm_is_whole(self) -> Self:
        if (self.llm_url is None) != (not self.llm_model):
            raise ValueError("llm_url and llm_model go together: set both or neither")
        return self

    @property
    def location(self) -> str | Path:
        """Where questions go: the store where one is set, else the archive's folder."""
        return self.store.get_secret_value() if self.store is not None else self.archive

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


_SHOWN = Settings.model_fields.keys() - {"api_key", "auth", "llm_key", "llm_options", "llm_url", "store"}


def load_settings(**given: Any) -> Settings:
    """Settings with those given on top; None means not given. Raises SettingsError naming the setting and its place."""
    given = {name: value for name, value in given.items() if value is not None}
    in_file = _file()
    for variable in os.environ:
        if variable.upper().startswith("DATELINE_"):
            _known(variable.upper().removeprefix("DATELINE_").lower(), variable)
    for name in in_file:
        _known(name, _FILE)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_fault(error, given, in_file)) from error


def _file() -> Mapping[str, Any]:
    try:
        return TomlConfigSettingsSource(Settings)()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_FILE} cannot be read: {error}") from error


def _known(name: str, place: str) -> None:
    """Raises SettingsError for a name that is none: what it was meant to set (a login, say) would stay unset."""
    if name not in Settings.model_fields:
        near = get_close_matches(name, Settings.model_fields, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else " `dateline config` lists them."
        raise SettingsError(f"There is no setting {name!r} ({place}).{meant}")


def _fault(error: ValidationError, given: Collection[str], in_file: Collection[str]) -> str:
    first = error.errors()[0]
    wrong = first["msg"].removeprefix("Value error, ")
    if first["type"].endswith("too_short"):
        wrong = "It is too short"  # the library counts "items", and says how many a secret has
    if not first["loc"]:
        return f"The settings cannot be used together: {wrong}."
    name = str(first["loc"][0])
    # What is secret, and what may be a secret under a misspelt name, is not shown.
    shown = f" (got {first['input']!r})" if name in _SHOWN else ""
    meaning = Settings.model_fields[name].description if name in Settings.model_fields else ""
    place = _place(name, given, in_file)
    return f"The setting {name!r}, from the {place}, cannot be used: {wrong}{shown}. What it sets: {meaning}"


def _place(name: str, given: Collection[str], in_file: Collection[str]) -> str:
    """Where a setting's value comes from."""
    variable = f"DATELINE_{name.upper()}"
    if name in given:
        return "flag"
    if variable in {variable.upper() for variable in os.environ}:
        return f"environment ({variable})"
    return f"file ({_FILE})" if name in in_file else "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting as it stands: `shown` is its value as text, a secret as stars; `source` is where it came from."""

    name: str
    shown: str
    source: str
    meaning: str

    def to_dict(self) -> dict[str, str]:
        """The same as JSON values."""
        return asdict(self)


def explain(**given: Any) -> list[Origin]:
    """Every setting with its value and where that came from. Raises SettingsError."""
    settings = load_settings(**given)
    flags, in_file = {name for name, value in given.items() if value is not None}, _file()
    return [
        Origin(name, _shown(name, getattr(settings, name)), _place(name, flags, in_file), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def default_of(name: str) -> str:
    """A setting's value where nothing sets it, as text."""
    return _shown(name, Settings.model_fields[name].default)


def _shown(name: str, value: Any) -> str:
    """A value as text; what may be a secret, by its type, its setting's name or its place in an address, as stars."""
    if value is None or value in ("", (), SecretStr("")):
        return "none"
    if isinstance(value, SecretStr) or _SECRET_NAME.search(name):
        return _STARS
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return ",".join(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return _PASSWORD.sub(rf"\1{_STARS}@", text)
