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


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("citations", "many", "Input should be a valid integer.* \\(got 'many'\\). What it sets: How many sentences"),
        ("citations", "99", "less than or equal to 10 \\(got '99'\\)"),
        ("threshold", "2", "less than or equal to 1"),
        ("device", "cudaa", "got 'cudaa'.* cpu, cuda, cuda:1, mps"),
        ("root_path", "news", "got 'news'.* such as /news"),
        ("hosts", "https://news.example", "'https://news.example' is no name of a host, such as news.example"),
        ("origins", "reader.example", "'reader.example' is no origin, such as https://reader.example"),
        ("api_key", "short", "It is too short. .* 16 characters or more"),
        ("auth", "", "It is too short"),
        ("llm_url", "ftp://models.example", "URL scheme should be 'http' or 'https'"),
        ("llm_options", '{"temperature"', "it is no JSON"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_place_and_what_is_wanted(
    bare: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, wrong: str
):
    with monkeypatch.context() as during:
        during.setenv(f"DATELINE_{name.upper()}", value)
        place = rf"'{name}', from the environment \(DATELINE_{name.upper()}\), cannot be used: "
        with pytest.raises(SettingsError, match=place + f".*{wrong}") as raised:
            explain()
    assert "short'" not in str(raised.value)
    (bare / "dateline.toml").write_text(f"{name} = {value!r}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"'{name}', from the file \(dateline\.toml\), cannot be used"):
        explain()


def test_a_name_that_is_no_setting_is_an_error_so_that_no_login_is_left_out_by_a_slip(
    bare: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as during:
        during.setenv("DATELINE_AUHT", "users.txt")
        with pytest.raises(SettingsError, match=r"no setting 'auht' \(DATELINE_AUHT\)\. Did you mean 'auth'\?"):
            explain()
    (bare / "dateline.toml").write_text("zebra = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no setting 'zebra' \(dateline\.toml\)\. `dateline config` lists them"):
        explain()


def test_settings_that_do_not_go_together_say_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATELINE_LLM_URL", "http://127.0.0.1:8000/v1")
    with pytest.raises(SettingsError, match="together: llm_url and llm_model go together"):
        explain()


def test_values_are_shown_as_they_could_be_written(bare: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATELINE_HOSTS", "news.example, [::1]")
    monkeypatch.setenv("DATELINE_API_KEY", "a-key-for-the-tests-only")
    found = {origin.name: origin.shown for origin in explain()}
    assert found["hosts"] == "news.example,[::1]"
    assert found["llm_options"] == '{"temperature": 0}'
    assert (found["time_limit"], found["origins"], found["threshold"], found["llm_key"]) == (
        "60",
        "none",
        "none",
        "none",
    )
    assert found["api_key"] == "********"


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
