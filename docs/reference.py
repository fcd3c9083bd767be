"""Writes docs/reference.md, cli.md and settings.md from the docstrings: `python -m docs.reference`."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

DOCS = Path(__file__).parent
# What a caller meets, by the module it is imported from; None stands for the module's own `__all__`.
PUBLIC: dict[str, tuple[str, ...] | None] = {
    "rag": None,
    "rag.langchain": None,
    "rag.llamaindex": None,
    "index.store": ("Filter", "Coverage"),
    "index.article": ("Article", "DateOrigin"),
    "index.build": ("Input", "BuildReport"),
    "index.rebuild": ("rebuild", "add", "delete"),
    "index.watch": ("Manner", "Round", "watch"),
    "index.errors": None,
}
_NOTE = "Written by `python -m docs.reference` from the docstrings: change those, not this page.\n"
_SETTINGS = """\
Each setting is a variable in the environment, in capitals after `DATELINE_`, or a line of `dateline.toml` in the
folder that the command is run in. A flag of the command comes first, then the environment, then the file, then the
default:

```toml
# dateline.toml
archive = "/var/lib/dateline/archive"
citations = 5
hosts = ["news.example"]
```

In the environment a list is written with commas (`DATELINE_HOSTS=news.example,paper.example`) and `llm_options` as
JSON. `dateline config` prints each setting with its value and where that came from; secrets are shown as stars. A name
that is no setting, and a value that cannot be used, end the command with exit code 1 and say the setting, its value,
its place and what is wanted."""


def reference() -> str:
    """The page of everything that may be imported."""
    lines = ["# Reference", "", _NOTE]
    for module_name, chosen in PUBLIC.items():
        module = importlib.import_module(module_name)
        names = chosen or getattr(module, "__all__", None) or [n for n in vars(module) if _is_own(module, n)]
        lines += [f"## `{module_name}`", "", _doc(module), ""]
        for name in names:
            lines += [*_entry(name, getattr(module, name)), ""]
    return "\n".join(lines).rstrip() + "\n"


def commands() -> str:
    """The page of the command line."""
    from ui.cli import app

    group: Any = typer.main.get_command(app)
    lines = ["# The command line", "", _NOTE, _plain(group.help), ""]
    lines += [_plain(group.epilog), "", "`dateline --install-completion` teaches your shell the commands.", ""]
    for name, command in group.commands.items():
        lines += [f"## `dateline {name}`", "", _plain(command.help), ""]
        lines += ["| argument | what it is | default |", "| --- | --- | --- |"]
        lines += [row for parameter in command.params if (row := _row(parameter))]
        if command.epilog:
            lines += ["", *_epilog(command.epilog)]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def settings() -> str:
    """The page of the settings."""
    from rag.config import Settings, default_of

    lines = ["# The settings", "", _NOTE, _SETTINGS, "", "| setting | default | what it is |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {default_of(name)} | {field.description} |" for name, field in Settings.model_fields.items()
    ]
    return "\n".join(lines) + "\n"


def _is_own(module: Any, name: str) -> bool:
    return not name.startswith("_") and getattr(vars(module)[name], "__module__", None) == module.__name__


def _entry(name: str, value: Any) -> Iterator[str]:
    yield f"### `{name}`"
    yield ""
    if inspect.isclass(value) and not issubclass(value, Exception):
        yield from _class(name, value)
        return
    if callable(value) and not inspect.isclass(value):
        yield from _signature(name, value)
    yield _doc(value)


def _class(name: str, value: type) -> Iterator[str]:
    if dataclasses.is_dataclass(value):
        yield from ("```py", f"class {name}")
        yield from (f"    {_field(field)}" for field in dataclasses.fields(value))
        yield from ("```", "")
    yield _doc(value)
    if fields := getattr(value, "model_fields", None):
        own = [field for field in fields if field in vars(value).get("__annotations__", {})]
        yield ""
        for field in own:
            yield f"- `{field}`: {fields[field].description or fields[field].annotation.__name__}"
    if "__init__" in vars(value) and not dataclasses.is_dataclass(value):
        yield ""
        yield from _signature(name, value.__init__)
        yield _doc(value.__init__)
    for member_name, member in vars(value).items():
        if member_name.startswith("_") or member_name == "settings_customise_sources":
            continue
        if isinstance(member, property):
            yield from ("", f"**`{member_name}`** {_doc(member)}")
        elif isinstance(member, classmethod) or inspect.isfunction(member):
            yield ""
            yield from _signature(member_name, getattr(value, member_name))
            yield _doc(getattr(value, member_name))


def _field(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"{field.name}: {field.type} = {field.default!r}"
    return f"{field.name}: {field.type}" + (" = …" if field.default_factory is not dataclasses.MISSING else "")


def _signature(name: str, function: Any) -> Iterator[str]:
    signature = str(inspect.signature(function)).replace("'", "")
    # Defaults that are functions or objects print their place in memory.
    signature = re.sub(r"<function .*? at 0x[0-9a-f]+>", "…", re.sub(r"\(self(?:, )?", "(", signature))
    yield from ("```py", f"{name}{signature}", "```", "")


def _doc(value: Any) -> str:
    return inspect.cleandoc(value.__doc__ or "")


def _plain(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def _row(parameter: Any) -> str | None:
    if parameter.name == "help":
        return None
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-"))
    shown = names or f"`{parameter.name.upper()}`"
    default = parameter.default
    if parameter.required:
        told = "has to be given"
    else:
        told = "" if default is None or default is False or callable(default) else f"`{default}`"
    return f"| {shown} | {(getattr(parameter, 'help', None) or '').strip()} | {told} |"


def _epilog(text: str) -> Iterator[str]:
    """The examples as one block; what is said beside them as text."""
    parts = [part.strip() for part in text.split("\n\n")]
    examples = [part.removeprefix("Example: ") for part in parts if re.match(r"(Example: |\w+=\S+ )?dateline ", part)]
    if examples:
        yield from ("```sh", *examples, "```")
    yield from (f"\n{part}" for part in parts if part.removeprefix("Example: ") not in examples)


def main() -> None:
    """Writes the pages."""
    (DOCS / "reference.md").write_text(reference(), encoding="utf-8")
    (DOCS / "cli.md").write_text(commands(), encoding="utf-8")
    (DOCS / "settings.md").write_text(settings(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
