"""The HTTP doors on a real server: what they answer, whom they turn away, and how much they take from one caller."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import Busy, OutOfTime
from rag import Assistant
from rag.answer import Answer
from rag.config import Settings
from tests.doors import ROOT, command, serving
from ui.doctor import examine
from ui.limits import BoundedBody, Buckets
from ui.workers import Workers

QUESTION = "What did Belarus and Iran sign?"
UNANSWERED = "Who won the curling match on Mars?"
KEY = "a-key-for-the-tests-only"


@pytest.fixture(scope="module")
def http(doors: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=doors, timeout=60) as client:
        yield client


def ask(http: httpx.Client, **asked: Any) -> dict[str, Any]:
    response = http.post("/api/ask", json={"question": QUESTION} | asked)
    assert response.status_code == 200, response.text
    answered: dict[str, Any] = response.json()
    return answered


def trouble(response: httpx.Response) -> tuple[int, str]:
    """The status and the type of an error, which must have the one shape and name nothing of the server's."""
    error = response.json()["error"]
    assert set(error) == {"type", "message", "param", "code"}
    assert not re.search(r"Traceback|\.py\b|/home|/tmp|/root|/work", error["message"])
    return response.status_code, error["type"]


def test_an_answer_cites_sentences_that_stand_in_the_stored_article(http: httpx.Client) -> None:
    answer = ask(http, as_of="2025-08-31")
    assert not answer["abstained"]
    for number, cited in enumerate(answer["citations"], 1):
        article = http.get(f"/api/articles/{cited['article_id']}").json()
        assert article["text"][cited["start"] : cited["end"]] == cited["sentence"]
        assert f"{cited['sentence']} [{number}]" in answer["text"]
        assert (article["title"], article["source"], article["published"]) == (
            cited["title"],
            cited["source"],
            cited["published"],
        )
    first = answer["citations"][0]
    assert "13 documents" in first["sentence"]
    assert (first["published"], first["event"]["first"]) == ("2025-08-21", "2025-08-20")


def test_a_question_asked_as_of_a_day_sees_nothing_later(http: httpx.Client) -> None:
    asked = {"question": "How many people were killed in the Afghan earthquake?"}
    early, late = (ask(http, **asked, as_of=day) for day in ("2025-09-01", "2025-09-08"))
    assert early["citations"] and all(cited["published"] <= "2025-09-01" for cited in early["citations"])
    assert early["text"] != late["text"]


def test_an_article_is_not_there_before_its_day(http: httpx.Client) -> None:
    (cited, *_) = ask(http)["citations"]
    path = f"/api/articles/{cited['article_id']}"
    assert http.get(path, params={"as_of": cited["published"]}).json()["published"] == cited["published"]
    assert trouble(http.get(path, params={"as_of": "2024-01-01"})) == (404, "not_found")


def test_a_question_may_be_kept_to_some_sources_and_days(http: httpx.Client) -> None:
    asked = {"question": QUESTION, "k": 20, "sources": ["meridian-post"], "first": "2025-05-01", "last": "2025-09-30"}
    passages = http.post("/api/retrieve", json=asked).json()["passages"]
    assert passages
    assert {passage["source"] for passage in passages} == {"meridian-post"}
    assert all("2025-05-01" <= passage["published"] <= "2025-09-30" for passage in passages)


def test_as_many_passages_come_as_are_asked_for_and_each_stands_in_its_article(http: httpx.Client) -> None:
    passages = http.post("/api/retrieve", json={"question": QUESTION, "k": 3}).json()["passages"]
    assert len(passages) == 3
    for passage in passages:
        article = http.get(f"/api/articles/{passage['article_id']}").json()
        assert article["text"][passage["start"] : passage["end"]] == passage["text"]


def test_a_follow_up_is_understood_from_the_history(http: httpx.Client) -> None:
    answer = ask(http, question="When did they sign it?", history=[{"question": QUESTION, "answer": "13 documents"}])
    assert "Belarus" in answer["searched_for"] and "Iran" in answer["searched_for"]


def test_what_the_archive_does_not_hold_is_an_abstention(http: httpx.Client) -> None:
    answer = ask(http, question=UNANSWERED)
    assert answer["abstained"] and not answer["citations"]
    assert "The archive does not answer that" in answer["text"]


def test_sources_that_differ_come_as_a_timeline_too(http: httpx.Client) -> None:
    answer = ask(http, question="How many people died in the Lisbon funicular crash?", as_of="2025-09-30")
    assert [moment["value"] for moment in answer["timeline"]] == ["Sixteen", "17"]
    assert [moment["citation"] for moment in answer["timeline"]] == [1, 2]
    assert answer["written_by"] == ""


def test_the_status_is_what_the_archive_holds(http: httpx.Client, assistant: Assistant) -> None:
    held, coverage = http.get("/api/status").json(), assistant.coverage()
    assert (held["generation"], held["articles"]) == (assistant.generation, coverage.articles)
    assert (held["first"], held["last"]) == (str(coverage.first), str(coverage.last))
    assert [(source["name"], source["articles"]) for source in held["sources"]] == list(coverage.sources)


def test_health_and_metrics_tell_what_goes_on(assistant: Assistant) -> None:
    with serving(assistant) as url, httpx.Client(base_url=url, timeout=60) as http:
        assert http.get("/healthz").json() == {"status": "ok", "generation": assistant.generation}
        ask(http)
        ask(http, question=UNANSWERED)
        http.get("/api/articles/0123456789abcdef")
        metrics = http.get("/metrics").text
    assert 'dateline_requests_total{route="/api/ask",status="200"} 2.0' in metrics
    assert 'dateline_requests_total{route="/api/articles/{article_id}",status="404"} 1.0' in metrics
    assert 'dateline_answers_total{outcome="answered"} 1.0' in metrics
    assert 'dateline_answers_total{outcome="abstained"} 1.0' in metrics


def test_the_page_about_the_api_needs_nothing_from_anywhere(http: httpx.Client) -> None:
    page, openapi = http.get("/api/docs"), http.get("/api/openapi.json").json()
    assert not re.search(r"<script|<link|<img|https?://|@import|url\(", page.text)
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in openapi["paths"]:
        assert path in page.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {}),
        ("/api/ask", {"question": ""}),
        ("/api/ask", {"question": "?!"}),
        ("/api/ask", {"question": "a" * 2001}),
        ("/api/ask", {"question": QUESTION, "as_of": "2999-01-01"}),
        ("/api/ask", {"question": QUESTION, "as_of": "31.8.2025"}),
        ("/api/ask", {"question": QUESTION, "as_of": 20250831}),
        ("/api/ask", {"question": QUESTION, "sources": ["a"] * 51}),
        ("/api/ask", {"question": QUESTION, "history": [{"question": QUESTION}] * 51}),
        ("/api/ask", {"question": QUESTION, "asof": "2025-08-31"}),
        ("/api/retrieve", {"question": QUESTION, "k": 0}),
        ("/api/retrieve", {"question": QUESTION, "k": 51}),
        ("/api/retrieve", {"question": QUESTION, "k": "3"}),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(http: httpx.Client, path: str, body: dict[str, Any]) -> None:
    assert trouble(http.post(path, json=body)) == (422, "invalid_request_error")


def test_a_body_that_is_not_json_is_refused(http: httpx.Client) -> None:
    response = http.post("/api/ask", content=b'{"question": "\xff', headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    trouble(response)


def test_a_lone_surrogate_is_refused_and_not_passed_on(http: httpx.Client) -> None:
    body = rb'{"question": "What did \ud800 sign?"}'
    response = http.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert trouble(response) == (422, "invalid_request_error")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/articles/0123456789abcdef", 404),
        ("/api/articles/..%2f..%2fetc%2fpasswd", 404),
        ("/api/articles/None", 422),
        ("/api/nothing", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(http: httpx.Client, path: str, status: int) -> None:
    assert trouble(http.get(path))[0] == status


def test_another_method_is_told_which_there_is(http: httpx.Client) -> None:
    response = http.delete("/api/ask")
    assert trouble(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


def test_without_an_archive_the_doors_say_so_and_name_no_path(tmp_path: Path) -> None:
    with serving(tmp_path / "secret") as url, httpx.Client(base_url=url) as http:
        for response in (http.post("/api/ask", json={"question": QUESTION}), http.get("/healthz")):
            assert trouble(response) == (503, "archive_missing")
            assert "secret" not in response.text
            assert int(response.headers["retry-after"]) > 0


def test_a_failure_nobody_foresaw_tells_the_caller_nothing(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> Answer:
        raise RuntimeError("/tmp/secret.db is broken")

    with serving(assistant) as url, httpx.Client(base_url=url) as http:
        monkeypatch.setattr(assistant, "ask", fail)
        response = http.post("/api/ask", json={"question": QUESTION})
    assert trouble(response) == (500, "server_error")
    assert "secret" not in response.text and "secret.db" in caplog.text


def test_a_body_that_is_too_large_is_not_read(http: httpx.Client) -> None:
    large = b'{"question": "' + b"a" * (1 << 20) + b'"}'
    assert trouble(http.post("/api/ask", content=large)) == (413, "invalid_request_error")
    pieces = (b" " * 65536 for _ in range(16))  # chunked: its length is not known beforehand
    assert trouble(http.post("/api/ask", content=pieces)) == (413, "invalid_request_error")


def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    async def scenario() -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []

        async def never() -> dict[str, Any]:
            await asyncio.sleep(60)
            return {}

        async def send(message: Any) -> None:
            said.append(message)

        async def app(*_: object) -> None:
            raise AssertionError("a body that never came was passed on")

        await BoundedBody(app, size=10, seconds=0.01)({"type": "http", "headers": []}, never, send)
        return said

    assert asyncio.run(scenario())[0]["status"] == 408


def test_a_client_that_asks_too_often_is_put_off_and_health_is_not(assistant: Assistant) -> None:
    with serving(assistant, rate_limit=3) as url, httpx.Client(base_url=url) as http:
        responses = [http.get("/api/status") for _ in range(4)]
        assert [response.status_code for response in responses] == [200, 200, 200, 429]
        assert trouble(responses[3]) == (429, "rate_limit_error")
        assert 1 <= int(responses[3].headers["retry-after"]) <= 20
        assert http.get("/healthz").status_code == 200


@given(st.integers(1, 50), st.lists(st.floats(0, 30), min_size=1, max_size=80))
def test_a_bucket_never_gives_more_than_its_rate(rate: int, pauses: list[float]) -> None:
    now = 0.0
    buckets = Buckets(rate, lambda: now)
    given = 0
    for pause in pauses:
        now += pause
        wait = buckets.take("somebody")
        given += wait == 0
        assert given <= rate + now * rate / 60 + 1e-6
        assert wait <= 60 / rate
    now += buckets.take("somebody") + 1e-6
    assert buckets.take("another") == 0
    buckets.give_back("another")
    assert sum(buckets.take("another") == 0 for _ in range(rate + 1)) == rate


def test_a_caller_has_one_bucket_for_all_of_its_ipv6_addresses() -> None:
    buckets = Buckets(1, lambda: 0.0, per=600)
    assert buckets.take("2001:db8::1") == 0
    assert buckets.take("2001:db8::2") == 600
    assert buckets.take("2001:db8:0:1::1") == buckets.take("192.0.2.1") == 0


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_foreign_name_is_turned_away_at_every_door(http: httpx.Client, host: str) -> None:
    for path in ("/", "/api/status", "/v1/models", "/mcp", "/healthz"):
        assert trouble(http.get(path, headers={"host": host})) == (421, "host_error")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://[", "https://localhost"]
)
def test_a_foreign_page_is_turned_away_at_every_door(http: httpx.Client, origin: str) -> None:
    for path in ("/api/ask", "/v1/chat/completions", "/mcp", "/gradio_api/upload"):
        response = http.post(path, json={"question": QUESTION}, headers={"origin": origin})
        assert trouble(response) == (403, "permission_error")
        assert "access-control-allow-origin" not in response.headers


def test_the_sites_own_page_is_let_in(http: httpx.Client, doors: str) -> None:
    assert http.get("/api/status", headers={"origin": doors}).status_code == 200


def test_named_hosts_and_origins_are_let_in(assistant: Assistant) -> None:
    settings = {"hosts": "news.example, other.example", "origins": "https://reader.example"}
    with serving(assistant, **settings) as url, httpx.Client(base_url=url) as http:
        behind_proxy = {"host": "news.example", "origin": "https://news.example"}
        assert http.get("/api/status", headers=behind_proxy).status_code == 200
        asked = {"origin": "https://reader.example", "access-control-request-method": "POST"}
        assert http.options("/api/ask", headers=asked).status_code == 200
        response = http.get("/api/status", headers={"origin": "https://reader.example"})
        assert response.headers["access-control-allow-origin"] == "https://reader.example"
        assert "access-control-allow-credentials" not in response.headers


def test_no_origin_is_let_in_by_default(http: httpx.Client) -> None:
    asked = {"origin": "https://reader.example", "access-control-request-method": "POST"}
    response = http.options("/api/ask", headers=asked)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


def test_with_a_key_set_every_door_but_health_asks_for_it(assistant: Assistant) -> None:
    with serving(assistant, api_key=KEY) as url, httpx.Client(base_url=url) as http:
        wrong: list[dict[str, str | bytes]] = [
            {},
            {"authorization": "Bearer x"},
            {"authorization": f"Bearer {KEY}x"},
            {"authorization": f"Basic {KEY}"},
            {"authorization": KEY},
            {"authorization": b"Bearer \xff\xfe"},
        ]
        for headers in wrong:
            for path in ("/api/status", "/v1/models", "/mcp", "/metrics", "/api/articles/0123456789abcdef"):
                response = http.get(path, headers=headers)
                assert trouble(response) == (401, "authentication_error")
                assert response.headers["www-authenticate"] == "Bearer"
        assert http.get("/api/status", headers={"authorization": f"Bearer {KEY}"}).status_code == 200
        assert http.get("/healthz").status_code == 200


def test_a_key_is_never_shown_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_API_KEY", KEY)
    [shown] = [finding.found for finding in islice(examine(None), 3) if finding.name == "settings"]
    assert "api_key=" in shown and KEY not in shown


def test_security_headers_stand_on_every_response(http: httpx.Client) -> None:
    for response in (http.get("/api/status"), http.get("/api/nothing"), http.post("/api/ask", json={})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "server" not in response.headers


def test_workers_put_off_what_they_have_no_place_for() -> None:
    async def scenario() -> None:
        workers, go = Workers(at_once=1, waiting=1, seconds=30), threading.Event()
        under_way = [asyncio.create_task(workers.run(go.wait)) for _ in range(2)]
        while workers.count < 2:
            await asyncio.sleep(0)
        with pytest.raises(Busy, match="2 questions"):
            await workers.run(int)
        go.set()
        assert await asyncio.gather(*under_way) == [True, True]
        assert await workers.run(lambda: "there is a place again") == "there is a place again"
        workers.close()

    asyncio.run(scenario())


def test_work_that_runs_out_of_time_keeps_its_place_until_it_ends() -> None:
    async def scenario() -> None:
        workers, go = Workers(at_once=1, waiting=0, seconds=0.01), threading.Event()
        with pytest.raises(OutOfTime, match=r"0\.01 seconds"):
            await workers.run(go.wait)
        with pytest.raises(Busy):
            await workers.run(int)
        go.set()
        while workers.count:
            await asyncio.sleep(0)
        assert await workers.run(int) == 0
        workers.close()

    asyncio.run(scenario())


def test_the_assistant_can_be_awaited(assistant: Assistant) -> None:
    day = date(2025, 8, 31)

    async def scenario() -> tuple[Answer, list[Answer], int]:
        whole = await assistant.aask(QUESTION, as_of=day)
        growing = [answer async for answer in assistant.astream(QUESTION, as_of=day)]
        return whole, growing, len(await assistant.aretrieve(QUESTION, k=4, as_of=day))

    whole, growing, found = asyncio.run(scenario())
    assert whole == assistant.ask(QUESTION, as_of=day) == growing[-1]
    assert all(after.text.startswith(before.text) for before, after in pairwise(growing))
    assert found == 4


def test_one_command_serves_the_page_and_every_door_on_one_port(example_archive: Path) -> None:
    with command("chat", "--archive", example_archive) as (url, process):
        with httpx.Client(base_url=url, timeout=120) as http:
            assert not ask(http)["abstained"]  # at once, while the models are being loaded
            page = http.get("/")
            assert page.status_code == 200 and "gradio" in page.text
            assert "script-src" in page.headers["content-security-policy"]
            assert http.get("/gradio_api/file=/etc/passwd").status_code == 404
            assert http.get("/v1/models").json()["data"][0]["id"] == "dateline"
            assert trouble(http.get("/", headers={"host": "evil.example"})) == (421, "host_error")
            assert trouble(http.post("/gradio_api/queue/join", headers={"origin": "null"}))[0] == 403
            assert http.post("/gradio_api/queue/join", content=b" " * (17 << 20)).status_code == 413
        process.terminate()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        assert said == ""


def test_schemathesis_finds_nothing(doors: str, tmp_path: Path) -> None:
    # A valid body may still ask nothing, or as of a day to come: no schema says so, and 422 is right.
    config = tmp_path / "schemathesis.toml"
    config.write_text('[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "404", "422"]\n')
    tool = Path(sys.executable).with_name("schemathesis")
    line = [tool, "--config-file", config, "run", f"{doors}/api/openapi.json", "--checks", "all", "--no-color"]
    bounds = ["--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1"]
    done = subprocess.run([*line, *bounds], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_how_to_names_every_door_and_setting_and_its_command_works(doors: str) -> None:
    text = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    paths = httpx.get(f"{doors}/api/openapi.json").json()["paths"]
    named = set(re.findall(r"`(?:GET|POST) (/[^`]+)`", text))
    assert named == set(paths) | {"/mcp", "/api/docs"}
    for setting, default in re.findall(r"\| `DATELINE_(\w+)` \| (\w+) \|", text):
        value = Settings.model_fields[setting.lower()].default
        assert default == ("none" if value in (None, ()) else str(value))
    [commands] = re.findall(r"```sh\n(.+?)```", text, re.DOTALL)
    done = subprocess.run(
        ["bash", "-c", commands.replace("http://127.0.0.1:7860", doors)], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["citations"]


def test_the_how_to_s_python_works(doors: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```py\n(.+?)```", text, re.DOTALL)
    exec(program.replace("http://127.0.0.1:7860", doors), {})
    assert "13 documents on Aug. 20" in capsys.readouterr().out
