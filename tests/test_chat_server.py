"""Who may come in, what stays shut, and what is kept: the chat's server without a browser, but for the login."""

import asyncio
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect, sync_playwright
from typer.testing import CliRunner

from index.errors import DatelineError, SettingsError
from index.generation import ArchivePaths, building, is_building, writer_lock
from rag.answer import Answer
from tests.llm_servers import Reply, fake_llm
from tests.proxy import proxy
from tests.test_chat import CHROMIUM, FAINT, QUESTION, browser_wanted, serving
from ui.auth import hash_password, read_users
from ui.cli import app as cli
from ui.desk import Desk
from ui.feedback import Feedback, FeedbackLog
from ui.replies import Replies
from ui.waiting import Busy, WaitingLine

ANSWER = Answer("How much?", "It is not known.", True, (), (), None, "000001")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat behind a login, whose archive is not there."""
    folder = tmp_path_factory.mktemp("served")
    users = folder / "users.txt"
    users.write_text(f"# editors\n{hash_password('ann', 'a long secret')}\n", encoding="utf-8")
    with serving(folder / "archive", DATELINE_AUTH=str(users)) as address:
        yield address


def get(url: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


@pytest.mark.parametrize(
    "door",
    [
        "file=/etc/passwd", "file/etc/passwd", "file=https://elsewhere.example/x", "proxy=https://elsewhere.example/x",
        "upload", "upload_progress?upload_id=1", "info", "runs", "call/respond", "deep_link",
        "component_server", "process_recording", "vibe-code", "dev/reload", "custom_component/1/client/x/y",
    ],
)  # fmt: skip
def test_the_doors_of_gradio_that_the_chat_does_not_use_are_shut(served: str, door: str):
    for prefix in ("gradio_api/", "", "gradio_api//", "gradio_api/%2e/"):
        status, text = get(f"{served}{prefix}{door}")
        assert status in {404, 405}, (prefix, status)
        assert "root:" not in text


def test_an_upload_from_another_site_is_refused(served: str):
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.html"\r\n\r\nhello\r\n--x--\r\n'
    headers = {"Origin": "https://elsewhere.example", "Content-Type": "multipart/form-data; boundary=x"}
    assert get(f"{served}gradio_api/upload", body, **headers)[0] == 403


def test_nobody_asks_without_logging_in(served: str):
    body = json.dumps({"data": ["?"], "fn_index": 0, "session_hash": "x"}).encode()
    for door in ("gradio_api/queue/join", "gradio_api/run/predict"):
        assert get(f"{served}{door}", body, **{"Content-Type": "application/json"})[0] == 401


@pytest.mark.parametrize("path", ["", "login", "config", "gradio_api/file=/etc/passwd", "assets/nothing.js"])
def test_the_policy_and_the_headers_stand_on_the_page_and_on_what_is_shut(served: str, path: str):
    answer = httpx.get(f"{served}{path}", timeout=20)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["connect-src"] == policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["frame-src"] == "'none'"
    assert not any("http" in rule or "*" in rule for rule in policy.values())
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_what_goes_wrong_at_the_page_names_no_path_of_the_server(served: str):
    for path in ("gradio_api/queue/join", "gradio_api/nothing", "static/../../etc/passwd", "%00", "theme.css/../x"):
        for body in (None, b"{", b"[]"):
            assert not re.search(r"Traceback|site-packages|/home/|/tmp/|\.py\b", get(f"{served}{path}", body)[1])


@pytest.mark.parametrize("door", ["api/ask", "api/retrieve", "v1/chat/completions", "mcp"])
def test_programs_without_a_key_do_not_walk_past_the_login(served: str, door: str):
    assert get(f"{served}{door}", b"{}", **{"Content-Type": "application/json"})[0] == 401


def test_a_connection_may_rest_longer_than_callers_let_it(served: str):
    # A caller that lets one rest for five seconds, as httpx does, must not send into one that is just being closed.
    with httpx.Client(base_url=served, limits=httpx.Limits(keepalive_expiry=60)) as caller:
        rested: list[Any] = []
        for pause in (0, 6):
            time.sleep(pause)
            answer = caller.get("healthz")
            rested.append(answer.extensions["network_stream"].get_extra_info("socket"))
    assert rested[0] is rested[1]


@browser_wanted
def test_a_user_logs_in(served: str):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        page.goto(served)
        expect(page.get_by_role("button", name="Login")).to_be_visible(timeout=20_000)
        assert page.evaluate(FAINT) == []
        for password in ("a guess", "a long secret"):
            page.get_by_label("username").fill("ann")
            page.get_by_label("password").fill(password)
            page.get_by_role("button", name="Login").click()
            if password == "a guess":
                expect(page.get_by_text("Incorrect Credentials")).to_be_visible()
                expect(page.get_by_text("After ten wrong passwords, one more is looked at each minute")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("There is no archive yet", timeout=20_000)
        chromium.close()


def log_in(served: str, password: str, address: str) -> httpx.Response:
    """What a client at an address gets that logs in, as a proxy on this machine tells it."""
    return httpx.post(
        f"{served}login",
        data={"username": "ann", "password": password},
        headers={"X-Forwarded-For": address},
        timeout=20,
    )


def test_one_who_guesses_passwords_is_put_off_and_nobody_else_is(served: str):
    for _ in range(12):
        assert log_in(served, "a long secret", "203.0.113.7").status_code == 200
    for _ in range(10):
        assert log_in(served, "a guess", "203.0.113.7").json() == {"detail": "Incorrect credentials."}
    put_off = log_in(served, "a long secret", "203.0.113.7")
    assert put_off.status_code == 400
    assert "Too many logins have failed. Try again in" in put_off.json()["error"]["message"]
    assert 1 <= int(put_off.headers["retry-after"]) <= 60
    assert log_in(served, "a long secret", "203.0.113.8").status_code == 200


@browser_wanted
def test_a_reader_who_asks_too_often_is_told_when_to_ask_again(tmp_path: Path):
    with ExitStack() as stack:
        url = stack.enter_context(serving(tmp_path / "archive", DATELINE_CHAT_RATE_LIMIT="1"))
        chromium = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.goto(url)
        expect(page.locator(".dl-trouble")).to_be_visible(timeout=20_000)
        for question, said in (("Who?", "There is no archive"), ("What?", "asked many questions within a minute")):
            page.get_by_label("Your question").fill(question)
            page.get_by_label("Your question").press("Enter")
            expect(page.locator(".dl-answer.dl-error").last).to_contain_text(said, timeout=20_000)
        chromium.close()


@browser_wanted
def test_a_reader_stops_an_answer_and_asks_again(example_archive: Path):
    let_go = threading.Event()

    def begins(reply: Reply, asked: dict[str, Any]) -> None:
        first = next(line for line in asked["messages"][-1]["content"].splitlines() if line.startswith("{"))
        reply.begin()
        reply.piece(f"{json.loads(first)['sentence']} [1] Then ")
        while not let_go.wait(0.05):
            reply.piece("more ")

    with ExitStack() as stack:
        fake = stack.enter_context(fake_llm())
        stack.callback(let_go.set)
        fake.behaviour = begins
        url = stack.enter_context(serving(example_archive, DATELINE_LLM_URL=fake.url, DATELINE_LLM_MODEL="fake"))
        chromium = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.goto(url)
        expect(page.locator(".dl-head.dl-open")).to_be_visible(timeout=20_000)
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_label("Your question").press("Enter")
        answer = page.locator(".dl-answer").first
        expect(answer).to_contain_text("13 documents", timeout=60_000)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Ask")).to_be_visible(timeout=20_000)
        assert fake.client_left.wait(20)
        fake.says("")
        page.get_by_label("Your question").fill("Who won the curling match on Mars?")
        page.get_by_label("Your question").press("Enter")
        expect(page.locator('.dl-panel[data-turn="2"]')).to_be_visible(timeout=60_000)
        expect(answer).to_contain_text(re.compile("13 documents.*Stopped before the answer was whole", re.DOTALL))
        chromium.close()


@pytest.fixture(scope="module")
def under_a_path(example_archive: Path) -> Iterator[str]:
    """The address of a chat that a proxy serves at /news/."""
    with (
        serving(example_archive, DATELINE_ROOT_PATH="/news", DATELINE_HOSTS="paper.example") as address,
        proxy(address, "/news") as outside,
    ):
        yield outside


def test_behind_a_proxy_every_door_moves_with_the_page(under_a_path: str):
    with httpx.Client(base_url=under_a_path, headers={"Host": "paper.example"}, timeout=60) as reader:
        for door in ("healthz", "metrics", "api/status", "api/docs", "v1/models"):
            assert reader.get(door).status_code == 200, door
        assert reader.get("api/openapi.json").json()["servers"] == [{"url": "/news"}]
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        tools = reader.post("mcp", json=call, headers={"Accept": "application/json, text/event-stream"})
        assert "ask_news" in tools.text
        asked = {"messages": [{"role": "user", "content": QUESTION}]}
        message = reader.post("v1/chat/completions", json=asked).json()["choices"][0]["message"]
        cited = message["annotations"][0]["url_citation"]["url"]
        assert cited.startswith("http://paper.example/news/api/articles/")
        assert reader.get(cited.removeprefix("http://paper.example/news/")).status_code == 200
        page = reader.get("").text
        assert '"root":"http://paper.example/news"' in page
        loaded = re.findall(r'(?:src|href)="(?:\./|/news/|http://paper\.example/news/)([^"]+\.(?:js|css))"', page)
        assert loaded
        for asset in loaded:
            assert reader.get(asset).status_code == 200, asset


# Users.


def test_hash_password_makes_a_line_that_lets_this_user_in():
    made = CliRunner().invoke(cli, ["hash-password", "ann"], input="a long secret\n")
    assert made.exit_code == 0
    users = read_users(made.stdout)
    assert users.admits("ann", "a long secret")
    assert asyncio.run(users.door()("ann", "a long secret"))
    assert not users.admits("ann", "a long secret ")
    assert not users.admits("bob", "a long secret")
    assert not users.admits("bob", "")


def test_several_users_stand_in_one_variable():
    users = read_users(f"{hash_password('ann', 'one')},{hash_password('bob', 'two')}")
    assert (users.admits("ann", "one"), users.admits("bob", "two"), users.admits("ann", "two")) == (True, True, False)


@pytest.mark.parametrize("setting", ["", "no/such/file", "ann:secret", "ann:00$11"])
def test_a_setting_that_names_no_user_is_an_error_that_does_not_repeat_it(setting: str):
    with pytest.raises(SettingsError, match="dateline hash-password") as raised:
        read_users(setting)
    assert "secret" not in str(raised.value)


def test_a_line_that_is_no_user_is_named_by_its_number(tmp_path: Path):
    file = tmp_path / "users"
    file.write_text(f"{hash_password('ann', 'one')}\nbob:two\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 2, is not user:salt"):
        read_users(str(file))


@pytest.mark.parametrize(("user", "password"), [("a:b", "x"), ("a b", "x"), ("", "x"), ("ann", "")])
def test_a_user_who_could_not_be_read_again_is_refused(user: str, password: str):
    with pytest.raises(SettingsError):
        hash_password(user, password)


# Feedback.


@given(reason=st.text(max_size=3_000))
def test_feedback_is_one_line_of_bounded_length(tmp_path_factory: pytest.TempPathFactory, reason: str):
    folder = tmp_path_factory.mktemp("log")
    for verdict in ("up", "down"):
        FeedbackLog(folder).add(Feedback.on(ANSWER, verdict, reason))
    first, second = (folder / "feedback.jsonl").read_bytes().splitlines()
    assert len(first) < 20_000
    assert (json.loads(first)["verdict"], json.loads(second)["question"]) == ("up", "How much?")


def test_a_full_log_takes_no_more_and_keeps_what_it_has(tmp_path: Path):
    log = FeedbackLog(tmp_path, largest=600)
    log.add(Feedback.on(ANSWER, "up"))
    with pytest.raises(DatelineError, match=r"is full \(600 bytes\)"):
        log.add(Feedback.on(ANSWER, "down", "x" * 500))
    assert len((tmp_path / "feedback.jsonl").read_text().splitlines()) == 1


def test_a_log_that_cannot_be_written_says_where_and_a_verdict_is_up_or_down(tmp_path: Path):
    with pytest.raises(DatelineError, match=r"cannot be saved in .*nowhere"):
        FeedbackLog(tmp_path / "nowhere").add(Feedback.on(ANSWER, "up"))
    with pytest.raises(DatelineError, match="up, down; got 'sideways'"):
        Feedback.on(ANSWER, "sideways")


# Those who wait.


def test_a_line_lets_a_few_through_in_order_and_turns_away_those_too_many():
    line = WaitingLine(at_once=1, waiting=2)
    with ExitStack() as open_places:
        first, second, third = (ExitStack() for _ in range(3))
        places = [stack.enter_context(line.place()) for stack in (first, second, third)]
        for stack in (first, second, third):
            open_places.push(stack)
        assert [next(place.waits(patience=0.01), 0) for place in places] == [0, 1, 2]
        with pytest.raises(Busy, match="Ask again in a minute"), line.place():
            pass
        waiting = places[2].waits(patience=10)
        assert next(waiting) == 2
        threading.Timer(0.01, first.close).start()
        second.close()
        assert list(waiting) == []


def test_one_who_waits_is_told_how_many_are_ahead_and_one_too_many_that_it_is_busy(tmp_path: Path):
    line = WaitingLine(at_once=1, waiting=1)
    replies = Replies(Desk(tmp_path), line)

    async def shown() -> list[str]:
        return [said["content"] async for said in replies.respond("Who?", [], None, None, None, [], False)]

    async def ask() -> None:
        with line.place():
            async with aclosing(replies.respond("Who?", [], None, None, None, [], False)) as waiting:
                assert "1 question is ahead of yours" in (await anext(waiting))["content"]
                [busy] = await shown()
                assert "Busy just now" in busy
        while "Busy just now" in (said := await shown())[0]:  # until the one who left has given up the place
            await asyncio.sleep(0.05)
        assert "<code>dateline rebuild" in said[-1]

    asyncio.run(ask())


def test_one_who_asks_before_the_models_are_loaded_is_told_what_is_waited_for(example_archive: Path):
    replies = Replies(Desk(example_archive))

    async def asked() -> list[str]:
        return [said["content"] async for said in replies.respond(QUESTION, [], None, None, None, [], False)]

    first, *_, last = asyncio.run(asked())
    assert "Loading the language model" in first
    assert "13 documents" in last
    assert "Looking through the archive" in asyncio.run(asked())[0]


def test_a_build_is_seen_while_its_process_lives(tmp_path: Path):
    paths = ArchivePaths(tmp_path)
    assert not is_building(paths)
    with writer_lock(paths), building(paths):
        assert is_building(paths)
        paths.lock.write_text("pid 99999999 since yesterday\n", encoding="utf-8")
        assert not is_building(paths)
    assert not Desk(tmp_path).is_building
