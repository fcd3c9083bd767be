"""Settings: from flags, the environment and a file, in that order."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AnyHttpUrl, BeforeValidator, Field, JsonValue, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.embedding import DEFAULT_MODEL
from index.errors import SettingsError

_STARS = "********"
_SECRET_NAME = re.compile(r"(?:^|_)(?:keys?|tokens?|secrets?|passwords?|auth)(?:_|$)")
_PASSWORD = re.compile(r"(://[^/@:\s]*:)[^/@\s]+@")


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]  # in the environment: a,b


class Settings(BaseSettings):
    """How Dateline runs. Each is a keyword, `DATELINE_…` in the environment, or a line of `dateline.toml`."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", toml_file="dateline.toml", extra="forbid", frozen=True)

    archive: Path = Field(Path("archive"), description="The folder of the archive.")
    store: SecretStr | None = Field(None, description="Where questions go instead: a postgresql:// or milvus:// url.")
    model: str = Field(DEFAULT_MODEL, description="The embedding model: the packaged one, a folder, or a hub name.")
    device: str = Field("cpu", description="Where models run: cpu, cuda, cuda:1, mps.")
    reader: str = Field(
        "trained", min_length=1, description='What scores sentences: "trained", "cosine", or a cross-encoder by name.'
    )
    candidates: int = Field(12, ge=1, le=200, description="How many passages the reader reads for a question.")
    citations: int = Field(3, ge=1, le=10, description="How many sentences an answer cites at most.")
    auth: SecretStr | None = Field(
        None, description="Who may log in to the chat: a file of user:salt$hash, or such lines."
    )
    root_path: str = Field("", description="The path that a proxy serves the chat under, such as /news.")
    threshold: float | None = Field(None, ge=0, le=1, description="Confidence below which the answer is an abstention.")
    api_key: SecretStr | None = Field(
        None, min_length=16, description="The bearer token that HTTP and MCP callers send."
    )
    hosts: Names = Field(
        (), description="The names that the server answers to, beside addresses and this machine's own."
    )
    origins: Names = Field(
        (), description="Web pages that may call the HTTP doors: https://host each; none by default."
    )
    rate_limit: int = Field(120, ge=0, description="HTTP requests a client may make a minute; 0 for no limit.")
    chat_rate_limit: int = Field(30, ge=0, description="Questions a reader may ask the page a minute; 0 for no limit.")
    at_once: int = Field(4, ge=1, le=256, description="How many questions HTTP callers have answered at a time.")
    waiting: int = Field(32, ge=0, description="How many more of them may wait their turn before callers are put off.")
    time_limit: float = Field(60, gt=0, description="Seconds that an HTTP caller waits for an answer at most.")
    llm_url: AnyHttpUrl | None = Field(None, description="An OpenAI-compatible endpoint that writes answers; none.")
    llm_model: str = Field("", max_length=200, description="The name of the model at that endpoint.")
    llm_key: SecretStr = Field(SecretStr(""), description="The key that the endpoint asks for, if it does.")
    llm_timeout: float = Field(30, gt=0, description="Seconds that the LLM may be silent.")
    llm_deadline: float = Field(50, gt=0, description="Seconds that the LLM may take for a whole answer.")
    llm_retries: int = Field(2, ge=0, le=10, description="How often an LLM that is full or restarting is asked again.")
    llm_options: dict[str, JsonValue] = Field(
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


_SHOWN = Settings.model_fields.keys() - {"api_key", "llm_key", "llm_options", "llm_url", "store"}


def load_settings(**given: Any) -> Settings:
    """Settings with those given on top; None means not given. Raises SettingsError naming the setting."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        # What is secret, and what may be a secret under a misspelt name, is not shown.
        shown = f" (got {first['input']!r})" if name in _SHOWN else ""
        raise SettingsError(f"The setting {name!r} cannot be used: {first['msg']}{shown}.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"dateline.toml cannot be read: {error}") from error


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
    flags = {name for name, value in given.items() if value is not None}
    try:
        in_file = TomlConfigSettingsSource(Settings)()
    except (OSError, ValueError) as error:
        raise SettingsError(f"dateline.toml cannot be read: {error}") from error
    environment = {name.upper() for name in os.environ}
    origins = []
    for name, field in Settings.model_fields.items():
        variable = f"DATELINE_{name.upper()}"
        if name in flags:
            source = "flag"
        elif variable in environment:
            source = f"environment ({variable})"
        else:
            source = "file (dateline.toml)" if name in in_file else "default"
        origins.append(Origin(name, _shown(name, getattr(settings, name)), source, field.description or ""))
    return origins


def _shown(name: str, value: Any) -> str:
    """A value as text; what may be a secret, by its type, its setting's name or its place in an address, as stars."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if value and (isinstance(value, SecretStr) or _SECRET_NAME.search(name)):
        return _STARS
    return _PASSWORD.sub(rf"\1{_STARS}@", text)
