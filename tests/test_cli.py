"""The `dateline` command as a person or a program meets it: a process, its output and its exit code."""

import io
import json
import os
import select
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rag.answer import Answer, Citation, EventDate
from ui.cli import main
from ui.terminal import answer_lines, printable
from ui.wording import days_name

COMMANDS = (
    *("rebuild", "add", "delete", "status", "verify", "watch"),
    *("ask", "chat", "serve", "mcp", "eval", "doctor", "config"),
)
QUESTION = "what did Belarus and Iran sign?"
UNANSWERED = "Who won the curling match on Mars?"
SENTENCE = (
    "Belarus and Iran signed a package of 13 documents on Aug. 20, when President Alexander Lukashenko received "
    "his Iranian counterpart, Masoud Pezeshkian, in the Belarusian capital."
)


def dateline(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **environment: str):
    """Runs the command with nothing of this machine's own settings, and gives the finished process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    paths = os.pathsep.join([str(Path(__file__).parents[1]), kept.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "ui.cli", *map(str, arguments)],
        input=stdin,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env=kept | {"PYTHONPATH": paths} | environment,
    )


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command in this process, which has the models' libraries loaded: gives its exit code and output."""

    def run(*arguments: str | Path, stdin: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().out

    return run


def test_help_names_every_command_and_the_exit_codes():
    shown = dateline("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in shown.stdout
    assert "Exit codes: 0 done, 1 an error, 2 a wrong command line, 3 asked" in " ".join(shown.stdout.split())


def test_a_shell_completes_commands():
    asked = {"_DATELINE_COMPLETE": "complete_bash", "COMP_WORDS": "dateline a", "COMP_CWORD": "1"}
    script = "import sys; sys.argv = ['dateline']; from ui.cli import main; main()"
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ | asked,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert shown.stdout.split() == ["add", "ask"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(command: str):
    shown = dateline(command, "--help", COLUMNS="160")
    assert shown.returncode == 0
    assert f"dateline {command}" in shown.stdout
    assert "--archive" in shown.stdout


def test_nothing_heavy_is_imported_until_a_command_needs_it():
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import ui.cli, sys; print([m for m in ('torch', 'gradio', 'faiss') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert found.stdout.strip() == "[]"


def test_ask_prints_the_quotation_its_dates_source_and_title(example_archive: Path):
    shown = dateline("ask", QUESTION, "--archive", example_archive)
    assert shown.returncode == 0, shown.stderr
    assert SENTENCE in shown.stdout
    assert "[1] 21 August 2025" in shown.stdout
    assert "speaks of 20 August 2025 (“on Aug. 20”)" in shown.stdout
    assert "Lukashenko and Pezeshkian seal 13 papers in Minsk, defence among the topics" in shown.stdout
    assert "\x1b" not in shown.stdout  # no colours in a pipe
    for rail in ("Famine", "Jackson Hole", "Arsenal", "Tianjin"):
        assert rail not in shown.stdout


def test_ask_json_is_the_answer_as_python_gives_it(example_archive: Path, within):
    code, shown = within("ask", QUESTION, "--json", "--archive", example_archive)
    assert code == 0
    answer = json.loads(shown)
    assert answer["question"] == QUESTION
    assert not answer["abstained"]
    first = answer["citations"][0]
    assert first["sentence"] == SENTENCE
    assert first["published"] == "2025-08-21"
    assert first["event"]["first"] == first["event"]["last"] == "2025-08-20"


def test_ask_is_kept_to_days_and_sources_and_names_a_source_that_is_not_there(example_archive: Path, within):
    kept = ("--from", "2025-08-20", "--to", "2025-08-31", "--source", "HARBOUR-WIRE", "--archive", example_archive)
    code, shown = within("ask", QUESTION, *kept, "--json")
    assert code == 0
    found = json.loads(shown)["evidence"]
    assert {near["source"] for near in found} == {"harbour-wire"}
    assert all("2025-08-20" <= near["published"] <= "2025-08-31" for near in found)
    wrong = dateline("ask", QUESTION, "--source", "harbor-wire", "--archive", example_archive)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "no source 'harbor-wire'. Did you mean 'harbour-wire'?" in wrong.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="threads are counted where Linux tells them")
def test_a_question_takes_one_thread_so_that_it_need_not_wait_for_others(example_archive: Path):
    script = (
        "import pathlib, sys; from ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(pathlib.Path('/proc/self/status').read_text())"
    )
    three = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | {
        "OMP_NUM_THREADS": "3"
    }
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, "ask", QUESTION, "--archive", str(example_archive)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[1],
        env=three,
    ).stdout
    assert SENTENCE.split(",", maxsplit=1)[0] in " ".join(shown.split())
    assert "\nThreads:\t1\n" in shown


def test_the_version_is_printed():
    shown = dateline("--version")
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "dateline")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
def test_a_password_typed_twice_leaves_nothing_but_the_line_in_a_file(tmp_path: Path):
    import pty

    users, (outside, inside) = tmp_path / "users.txt", pty.openpty()
    with users.open("w") as line:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "ui.cli", "hash-password", "ann"],
            stdin=inside, stdout=line, stderr=inside, start_new_session=True, cwd=Path(__file__).parents[1],
        )  # fmt: skip
        os.close(inside)
        said = b""
        again = b"do not match.\r\nPassword: "
        for prompt, typed in (
            (b"Password: ", b"one"),
            (b"confirmation: ", b"two"),
            (again, b"one"),
            (b"tion: ", b"one"),
        ):
            fresh = b""
            while not fresh.endswith(prompt):  # by then what is typed is no longer thrown away
                assert select.select([outside], [], [], 60)[0], said + fresh
                fresh += os.read(outside, 1024)
            os.write(outside, typed + b"\n")
            said += fresh
        assert process.wait(60) == 0
    os.close(outside)
    assert users.read_text().startswith("ann:")
    assert len(users.read_text().splitlines()) == 1


def test_no_answer_has_an_exit_code_of_its_own_and_nothing_later_than_the_as_of_day_is_shown(
    example_archive: Path, within
):
    code, shown = within("ask", UNANSWERED, "--as-of", "2025-08-20", "--json", "--archive", example_archive)
    assert code == 3
    answer = json.loads(shown)
    assert answer["abstained"]
    assert answer["citations"] == []
    assert answer["evidence"]
    assert all(near["published"] <= "2025-08-20" for near in answer["evidence"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("ask", "who?", "--archive", "nowhere"), 1, "There is no archive at nowhere"),
        (("status", "--archive", "nowhere"), 1, "There is no archive at nowhere"),
        (("eval", "nothing.jsonl", "--archive", "nowhere"), 1, "nothing.jsonl: cannot be read"),
        (("ask",), 2, "Missing argument"),
        (("ask", "who?", "--as-of", "yesterday"), 2, "'yesterday' is no day: write it as 2025-08-31"),
        (("ask", "who?", "--from", "2025-02-01", "--to", "2025-01-01"), 2, "the range ends before it begins"),
        (("serve", "--host", "300.1.1.1"), 1, "Give --host an address of this machine"),
        (("serve", "--host", ""), 1, "give --host one of this machine's"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_said_without_a_traceback(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path
):
    shown = dateline(*arguments, cwd=tmp_path)
    assert shown.returncode == code
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""
    if code == 1:
        assert shown.stderr.startswith("error: ")
        assert shown.stderr.count("\n") == 1


def test_a_setting_that_cannot_be_used_is_named():
    shown = dateline("status", DATELINE_CITATIONS="many")
    assert shown.returncode == 1
    assert "'citations'" in shown.stderr


def test_the_archive_comes_from_the_flag_then_the_environment_then_the_file(example_archive: Path, tmp_path: Path):
    (tmp_path / "dateline.toml").write_text(f'archive = "{example_archive}"\n', encoding="utf-8")
    from_file = dateline("status", "--json", cwd=tmp_path)
    assert json.loads(from_file.stdout)["archive"] == str(example_archive)
    from_environment = dateline("status", cwd=tmp_path, DATELINE_ARCHIVE="elsewhere")
    assert "no archive at elsewhere" in from_environment.stderr
    from_flag = dateline("status", "--archive", "here", cwd=tmp_path, DATELINE_ARCHIVE="elsewhere")
    assert "no archive at here" in from_flag.stderr


def test_eval_prints_figures_for_people_and_for_programs(example_archive: Path, tmp_path: Path, within):
    questions = tmp_path / "questions.jsonl"
    asked = [
        {"question": QUESTION, "asked": "2025-08-31", "answer": "13 documents", "answerable": True},
        {"question": UNANSWERED, "asked": "2025-08-31", "answerable": False},
    ]
    questions.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    code, shown = within("eval", questions, "--archive", example_archive, "--json")
    assert code == 0
    report = json.loads(shown)
    assert report["questions"] == 2
    assert report["sentence hit@1"] == 1.0
    assert "sentence hit@1" in within("eval", questions, "--archive", example_archive)[1]


def test_doctor_says_what_is_set_and_that_nobody_can_log_in_with_what_is_no_user(
    example_archive: Path, monkeypatch: pytest.MonkeyPatch, within
):
    monkeypatch.setenv("DATELINE_AUTH", "no/such/file")
    code, shown = within("doctor", "--archive", example_archive)
    assert code == 1
    assert f"ok   settings: archive={example_archive} from the flag, auth=******** from the environment" in shown
    assert "FAIL login: DATELINE_AUTH names no file" in shown
    assert "as they should be" in shown


def test_doctor_passes_a_sound_archive_and_says_the_mend_of_a_damaged_one(
    example_archive: Path, tmp_path: Path, within
):
    code, shown = within("doctor", "--archive", example_archive, "--json")
    assert code == 0, shown
    assert [check["name"] for check in json.loads(shown)] == [
        "python", "packages", "settings", "disk", "model", "reader", "archive"
    ]  # fmt: skip
    damaged = tmp_path / "archive"
    shutil.copytree(example_archive, damaged)
    vectors = max(damaged.rglob("vectors.faiss"))
    vectors.write_bytes(vectors.read_bytes()[:-1])
    code, shown = within("doctor", "--archive", damaged)
    assert code == 1
    assert "FAIL archive" in shown
    assert "mend: Run `dateline rebuild" in shown


def test_chat_in_the_terminal_answers_until_the_input_ends(example_archive: Path, within):
    code, shown = within("chat", "--terminal", "--archive", example_archive, stdin=f"{QUESTION}\n")
    assert code == 0
    assert "The archive holds" in shown
    assert SENTENCE in shown


def test_a_follow_up_in_the_terminal_is_understood_from_what_was_said(example_archive: Path, within):
    typed = f"{QUESTION}\nWhen did they sign it?\n\n"
    code, shown = within("chat", "--terminal", "--archive", example_archive, stdin=typed)
    assert code == 0
    assert shown.count(SENTENCE) >= 2
    assert "\x1b" not in shown


def test_the_shell_completes_commands():
    shown = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['dateline']; from ui.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env=os.environ | {"_DATELINE_COMPLETE": "complete_bash", "COMP_WORDS": "dateline re", "COMP_CWORD": "1"},
    )
    assert shown.stdout.split() == ["rebuild"]


def test_an_article_cannot_steer_the_terminal():
    assert printable("red\x1b[31m\x9b31m \u202etxt\r\nnext\x07") == "red[31m31m txt  next"


def test_days_are_named_as_shortly_as_they_can_be():
    assert days_name(date(2025, 8, 20), date(2025, 8, 20)) == "20 August 2025"
    assert days_name(date(2024, 2, 1), date(2024, 2, 29)) == "February 2024"
    assert days_name(date(2024, 1, 1), date(2024, 12, 31)) == "2024"
    assert days_name(date(2024, 2, 1), date(2024, 2, 28)) == "1 February 2024 to 28 February 2024"


def test_a_citation_shows_where_else_it_ran_and_that_its_date_is_doubtful():
    day = date(2025, 8, 21)
    citation = Citation(
        "It ended.", 0, 9, "a", "The end", "Wire", None, day, "It ended.", 0, True, ("Post",),
        EventDate(date(2025, 8, 18), date(2025, 8, 20), "this week", "week"),
    )  # fmt: skip
    lines = [line for _, line in answer_lines(Answer("q", "It ended. [1]", False, (citation,), (), None, "000001"))]
    assert lines == [
        "It ended. [1]",
        "",
        "[1] 21 August 2025 (date uncertain) · Wire",
        "    The end",
        "    “It ended.”",
        "    speaks of 18 August 2025 to 20 August 2025 (“this week”)",
        "    also in Post",
    ]
