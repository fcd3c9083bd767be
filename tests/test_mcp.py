"""The MCP door, asked by the official `mcp` client, over standard input and output and over HTTP."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from rag import Assistant
from tests.doors import ROOT, serving
from ui.cli import app

QUESTION = "What did Belarus and Iran sign?"
KEY = "a-key-for-the-tests-only"
TOOLS = {"ask_news", "search_news", "get_article", "archive_status"}


@asynccontextmanager
async def session(server: Any) -> AsyncIterator[Client]:
    async with Client(server, read_timeout_seconds=120) as client:
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool gives, as structured content."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says when it refuses."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return "\n".join(getattr(part, "text", "") for part in result.content)


def in_session(server: Any, scenario: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with session(server) as client:
            await scenario(client)

    asyncio.run(run())


async def answers_with_citations(client: Client) -> None:
    answer = await call(client, "ask_news", question=QUESTION, as_of="2025-08-31")
    assert not answer["abstained"] and answer["as_of"] == "2025-08-31"
    for cited in answer["citations"]:
        article = await call(client, "get_article", article_id=cited["article_id"])
        assert article["text"][cited["start"] : cited["end"]] == cited["sentence"]
        assert (article["published"], article["source"]) == (cited["published"], cited["source"])
    assert "13 documents" in answer["citations"][0]["sentence"]


def test_an_answer_over_standard_input_and_output_is_cited(example_archive: Path) -> None:
    arguments = ["-W", "ignore", "-m", "ui.cli", "mcp", "--archive", str(example_archive)]
    in_session(StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT), answers_with_citations)


def test_an_answer_over_http_is_cited(doors: str) -> None:
    in_session(f"{doors}/mcp", answers_with_citations)


def test_every_tool_is_read_only_and_typed(doors: str) -> None:
    async def scenario(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        for tool in tools.values():
            assert tool.annotations is not None and tool.annotations.read_only_hint
            assert tool.annotations.destructive_hint is False and tool.annotations.open_world_hint is False
            assert tool.output_schema is not None and tool.description
        assert tools["search_news"].input_schema["properties"]["k"]["maximum"] == 50
        assert "citations" in tools["ask_news"].output_schema["properties"]

    in_session(f"{doors}/mcp", scenario)


def test_a_search_gives_passages_of_the_sources_asked_for(doors: str) -> None:
    async def scenario(client: Client) -> None:
        found = await call(client, "search_news", question=QUESTION, k=4, sources=["harbour-wire"], last="2025-08-31")
        assert len(found["passages"]) == 4
        assert {passage["source"] for passage in found["passages"]} == {"harbour-wire"}
        assert all(passage["published"] <= "2025-08-31" for passage in found["passages"])

    in_session(f"{doors}/mcp", scenario)


def test_the_status_is_what_the_archive_holds(doors: str, assistant: Assistant) -> None:
    async def scenario(client: Client) -> None:
        held = await call(client, "archive_status")
        assert (held["generation"], held["articles"]) == (assistant.generation, assistant.coverage().articles)

    in_session(f"{doors}/mcp", scenario)


def test_an_abstention_says_what_the_archive_covers(doors: str) -> None:
    async def scenario(client: Client) -> None:
        answer = await call(client, "ask_news", question="Who won the curling match on Mars?")
        assert answer["abstained"] and answer["citations"] == []
        assert "The archive holds" in answer["text"]

    in_session(f"{doors}/mcp", scenario)


def test_what_cannot_be_done_is_said_in_words_for_the_caller(doors: str, tmp_path: Path) -> None:
    async def scenario(client: Client) -> None:
        assert "The question is empty" in await refusal(client, "ask_news", question="?!")
        assert "cannot be asked as of" in await refusal(client, "ask_news", question=QUESTION, as_of="2999-01-01")
        assert "a day is written as" in await refusal(client, "ask_news", question=QUESTION, as_of="31.8.2025")
        assert "less than or equal to 50" in await refusal(client, "search_news", question=QUESTION, k=51)
        assert "no article of that id" in await refusal(client, "get_article", article_id="0123456789abcdef")
        assert "match pattern" in await refusal(client, "get_article", article_id="../../etc/passwd")

    async def without_archive(client: Client) -> None:
        said = await refusal(client, "ask_news", question=QUESTION)
        assert "no archive to ask here yet" in said and "secret" not in said

    in_session(f"{doors}/mcp", scenario)
    with serving(tmp_path / "secret") as url:
        in_session(f"{url}/mcp", without_archive)


@pytest.mark.parametrize(
    ("headers", "status"), [({"host": "evil.example"}, 421), ({"origin": "http://evil.example"}, 403)]
)
def test_a_rebound_name_or_a_foreign_page_reaches_no_tool(doors: str, headers: dict[str, str], status: int) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    assert httpx.post(f"{doors}/mcp", json=asked, headers=accept | headers).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_stream_is_held_open_and_no_session_kept(doors: str, method: str) -> None:
    answer = httpx.request(method, f"{doors}/mcp", headers={"Accept": "text/event-stream"}, timeout=20)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_over_http_the_key_is_asked_for(assistant: Assistant) -> None:
    async def scenario(url: str) -> None:
        headers = {"authorization": f"Bearer {KEY}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            session(streamable_http_client(url, http_client=http)) as client,
        ):
            assert (await call(client, "archive_status"))["articles"] > 0

    with serving(assistant, api_key=KEY) as url:
        assert httpx.post(f"{url}/mcp", json={}).status_code == 401
        asyncio.run(scenario(f"{url}/mcp"))


def test_the_how_to_names_every_tool_and_a_command_there_is() -> None:
    text = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == TOOLS
    by_command, by_url = (json.loads(block)["mcpServers"]["dateline"] for block in re.findall(r"```json\n(.+)\n", text))
    assert by_command["command"] == "dateline"
    assert by_command["args"][0] in {one.callback.__name__ for one in app.registered_commands if one.callback}
    assert by_url["url"].endswith("/mcp")
