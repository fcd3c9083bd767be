"""Settings: where each comes from, and that none of them is shown when it is a secret."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from index.errors import SettingsError
from rag.config import explain
from ui.cli import main


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without settings, for the current one."""
    import os

    for name in list(os.environ):
        if name.upper().startswith("DATELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_setting_says_where_it_came_from(bare: Path, monkeypatch: pytest.MonkeyPatch):
    (bare / "dateline.toml").write_text('device = "cuda"\ncitations = 2\narchive = "filed"\n', encoding="utf-8")
    monkeypatch.setenv("DATELINE_CITATIONS", "4")
    found = {origin.name: (origin.shown, origin.source) for origin in explain(archive=Path("given"))}
    assert found["archive"] == ("given", "flag")
    assert found["citations"] == ("4", "environment (DATELINE_CITATIONS)")
    assert found["device"] == ("cuda", "file (dateline.toml)")
    assert found["candidates"] == ("12", "default")


def test_a_password_within_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATELINE_MODEL", "https://reader:hunter2@models.example/minilm")
    shown = {origin.name: origin.shown for origin in explain()}["model"]
    assert shown == "https://reader:********@models.example/minilm"


def test_a_file_that_cannot_be_read_is_named(bare: Path):
    (bare / "dateline.toml").write_text("archive = ", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"dateline\.toml"):
        explain()


def test_the_command_prints_a_line_a_setting_for_grep_and_json_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["dateline", "config", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    lines = run("--archive", "here").splitlines()
    assert next(line.split()[:3] for line in lines if line.startswith("archive")) == ["archive", "here", "flag"]
    assert "\x1b" not in "".join(lines)
    settings = json.loads(run("--json"))
    assert {"name": "citations", "shown": "3", "source": "default"}.items() <= next(
        setting for setting in settings if setting["name"] == "citations"
    ).items()
