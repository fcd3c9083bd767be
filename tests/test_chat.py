"""The web chat in a real browser, served by the real command from a real archive, with no network."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from index.generation import ArchivePaths, building, writer_lock
from index.store import Filter
from rag import Assistant
from rag.answer import Answer, Citation, Evidence, Moment
from ui.answers import answer_html
from ui.choices import Choices
from ui.conversation import Kept, message, pack, unpack
from ui.desk import Desk
from ui.earlier import AT_MOST, LARGEST, put_away
from ui.markup import escape, safe_url
from ui.sources import panel_html
from ui.suggestions import follow_ups

CHROMIUM = Path("/usr/bin/chromium")
QUESTION = "What did Belarus and Iran sign?"
UNANSWERED = "Who won the curling match on Mars?"
SENTENCE = (
    "Belarus and Iran signed a package of 13 documents on Aug. 20, when President Alexander Lukashenko received "
    "his Iranian counterpart, Masoud Pezeshkian, in the Belarusian capital."
)
HOSTILE = (
    "The harbour master of Zanderholm signed 7 zebra permits "
    "<img src=x onerror=\"document.title='taken'\"> <script>document.title='taken'</script> "
    "[a link](javascript:alert(1)) ![pixel](http://elsewhere.example/p.png) **bold** `code` $$x$$ "
    "https://elsewhere.example/bare on Monday."
)
ARABIC = (
    "افتتحت مصر المتحف المصري الكبير قرب أهرامات الجيزة يوم السبت 1 نوفمبر 2025. "
    "ويعرض المتحف أكثر من 5,000 قطعة من مقبرة الملك توت عنخ آمون (Tutankhamun) معا لأول مرة."
)
ARABIC_QUESTION = "متى افتتحت مصر المتحف المصري الكبير قرب أهرامات الجيزة؟"
# Text whose contrast with its ground is below WCAG AA: 4.5 to 1, or 3 to 1 from 24 px on.
FAINT = """() => {
  const rgb = (c) => { const v = c.match(/[\\d.]+/g).map(Number); return [v[0], v[1], v[2], v[3] ?? 1]; };
  const linear = (v) => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join("");
    if (!text || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || !e.getClientRects().length)
      continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgb(style.color)), light(ground(e))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    const ratio = (a + .05) / (b + .05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${e.className || e.tagName}: ${text.slice(0, 30)}`);
  }
  return faint;
}"""
browser_wanted = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs Chromium at {CHROMIUM}")


@contextmanager
def serving(archive: Path, *arguments: str | Path, **environment: str) -> Iterator[str]:
    """The address of a chat that is served by a process of its own until the block ends."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-W", "ignore", "-m", "ui.cli", "chat", "--archive", archive, *arguments]
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+?/", process.stdout.readline())
        assert found, "the server ended before it said where it is"
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def hostile_archive(example_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example archive with two articles more: one hostile in title, source, address and text, and one in Arabic."""
    folder = tmp_path_factory.mktemp("hostile")
    archive = folder / "archive"
    shutil.copytree(example_archive, archive)
    article = {
        "title": "Zanderholm <b>zebra</b> permits [t](javascript:alert(2))",
        "source": "<i>Post</i>",
        "url": "javascript:alert(3)",
        "date": "2025-08-19",
        "text": f"{html.escape(HOSTILE)} Zanderholm has kept zebras for a hundred years..",
    }
    arabic = {"title": "مصر تفتتح المتحف الكبير", "source": "Nile Post", "date": "2025-11-02", "text": ARABIC}
    (folder / "added").mkdir()
    (folder / "added" / "hostile.json").write_text(json.dumps(article), encoding="utf-8")
    (folder / "added" / "arabic.json").write_text(json.dumps(arabic), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "index", "add", folder / "added", "--archive", archive],
        check=True,
        cwd=Path(__file__).parents[1],
        capture_output=True,
    )
    return archive


@pytest.fixture(scope="module")
def address(hostile_archive: Path, example_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    questions = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    questions.write_text(json.dumps({"question": QUESTION, "answer": "13 documents"}), encoding="utf-8")
    with serving(hostile_archive, "--also", example_archive, "--questions", questions) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync"
    expect.set_options(timeout=20_000)  # a busy machine is slow, and no test here is about speed
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags.split())
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh visitor's page; at its end, nothing may have been sent to any other host, and no script have failed.

    What the page's content policy stops ("csp") never leaves the browser.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(20_000)
    tab = context.new_page()
    sent: list[str] = []
    failed: list[str] = []
    tab.on("requestfinished", lambda request: sent.append(request.url))
    tab.on("requestfailed", lambda request: sent.append(request.url) if request.failure != "csp" else None)
    tab.on("pageerror", lambda error: failed.append(str(error)))
    tab.on("dialog", lambda dialog: (failed.append(dialog.message), dialog.dismiss()))
    tab.goto(address)
    expect(tab.locator(".dl-head p")).to_contain_text("articles", timeout=20_000)
    yield tab
    assert [url for url in sent if not url.startswith((address, "data:", "blob:"))] == []
    assert failed == []
    context.close()


@pytest.fixture(scope="module")
def asked(browser: Browser, address: str) -> Iterator[Page]:
    """A page on which the mission's question was answered, for all that may be done with an answer."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    tab.goto(address)
    expect(tab.locator(".dl-head.dl-open")).to_be_visible(timeout=20_000)
    ask(tab, QUESTION)
    yield tab
    context.close()


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe-core has to say against the page: the rule, and the first element that breaks it."""
    return [(found["id"], found["nodes"][0]["html"]) for found in Axe().run(page).response["violations"]]


def filters(page: Page) -> None:
    page.locator("#dl-filters > button").click()


def ask(page: Page, question: str, turn: int = 1) -> None:
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(f'.dl-panel[data-turn="{turn}"]')).to_be_visible(timeout=60_000)
    expect(page.locator(".dl-answer.dl-wait")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()  # "Stop" until the answer is whole


@browser_wanted
def test_the_question_of_the_mission(page: Page):
    ask(page, QUESTION)
    answer, card = page.locator("#dl-chat .dl-answer"), page.locator("#dl-1-1")
    expect(answer).to_contain_text("13 documents")
    expect(card.locator("blockquote mark")).to_have_text(SENTENCE)
    expect(card.locator("time")).to_have_attribute("datetime", "2025-08-21")
    expect(card.locator(".dl-event")).to_have_text(re.compile("^Speaks of 20 August 2025 \\(“on Aug. 20”: .+\\)$"))
    expect(card.locator("h3")).to_have_text(
        "Lukashenko and Pezeshkian seal 13 papers in Minsk, defence among the topics"
    )
    everything = page.locator("#dl-main").inner_text()
    for rail in ("Famine", "Jackson Hole", "Arsenal", "Tianjin"):
        assert rail not in everything


@browser_wanted
def test_an_example_is_asked_by_a_click_and_its_chip_leads_to_the_card_and_the_article(page: Page):
    page.get_by_role("button", name=QUESTION).click()
    page.locator("a.dl-chip").first.click()
    card = page.locator("#dl-1-1")
    expect(card).to_be_focused()
    expect(card).to_have_class("dl-card dl-on")
    card.get_by_text("Open the article").click()
    expect(card.locator(".dl-text mark")).to_be_in_viewport()
    expect(card.locator(".dl-text")).to_contain_text("The two leaders also said")
    expect(card.locator("blockquote")).to_be_hidden()  # the article stands in the passage's place
    card.get_by_text("Close the article").click()
    expect(card.locator("blockquote")).to_be_visible()


@browser_wanted
def test_what_is_read_stays_as_it_is_where_its_panel_is_built_anew(page: Page):
    page.set_viewport_size({"width": 1280, "height": 420})  # so that the article is longer than the room it has
    ask(page, QUESTION)
    page.locator("a.dl-chip").first.click()
    card = page.locator("#dl-1-1")
    card.get_by_text("Open the article").click()
    article = card.locator(".dl-text")
    expect(article.locator("mark")).to_be_in_viewport()
    article.evaluate("text => { text.scrollTop = 30; }")
    expect(article).to_have_js_property("scrollTop", 30)
    article.focus()
    page.locator(".dl-export").evaluate("menu => { menu.open = true; }")
    page.locator(".dl-panel").evaluate(
        """panel => {
          const fresh = panel.outerHTML.replace("dl-card dl-on", "dl-card").replaceAll(' open=""', "");
          panel.outerHTML = fresh.replace("</section>", '<article class="dl-card" id="dl-1-9">One more.</article>$&');
        }"""
    )
    expect(page.locator("#dl-1-9")).to_be_attached()
    expect(card).to_have_class("dl-card dl-on")
    expect(article).to_be_focused()
    expect(article).to_have_js_property("scrollTop", 30)
    expect(page.locator(".dl-export")).to_have_js_property("open", True)


@browser_wanted
def test_an_abstention_offers_the_nearest_articles_as_no_answer(page: Page):
    ask(page, UNANSWERED)
    expect(page.locator("#dl-chat .dl-abstained .dl-label")).to_have_text("No answer in this archive")
    expect(page.locator(".dl-panel h2")).to_have_text("Nearest articles, not an answer")
    expect(page.locator("a.dl-chip, .dl-panel mark")).to_have_count(0)
    expect(page.locator("#dl-chat .dl-abstained")).to_contain_text("published from 4 June 2024 to")
    near = page.locator(".dl-near").first
    near.get_by_text("Open the article").click()
    begun = near.locator("blockquote").text_content() or ""
    expect(near.locator(".dl-text")).to_contain_text(begun[:60])


@browser_wanted
def test_an_article_that_is_markup_shows_as_text_and_fetches_nothing(page: Page):
    ask(page, "What did the harbour master of Zanderholm sign?")
    for place in ("#dl-chat .dl-answer", "#dl-1-1 blockquote"):
        expect(page.locator(place)).to_contain_text("<script>document.title='taken'</script>")
        expect(page.locator(place)).to_contain_text("![pixel](http://elsewhere.example/p.png) **bold** `code` $$x$$")
    expect(page.locator("#dl-1-1 h3")).to_contain_text("permits [t](javascript:alert(2))")
    expect(page.locator("#dl-main img, #dl-main script, #dl-main i, #dl-main code, #dl-main .katex")).to_have_count(0)
    links = [link.get_attribute("href") for link in page.locator("#dl-main a").all()]
    assert all(link.startswith(("#dl-", "?q=", "https://")) and "elsewhere" not in link for link in links)
    assert page.title() == "Dateline"


@browser_wanted
def test_old_turns_keep_their_citations_and_a_reload_keeps_the_conversation(page: Page):
    ask(page, QUESTION)
    ask(page, UNANSWERED, turn=2)
    page.locator("a.dl-chip").first.click()
    expect(page.locator("#dl-1-1")).to_be_focused()
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE)
    page.reload()
    expect(page.locator("#dl-chat .dl-answer")).to_have_count(2)
    expect(page.locator(".dl-panel")).to_have_attribute("data-turn", "2")
    page.locator("a.dl-chip").first.click()
    expect(page.locator("#dl-1-1")).to_be_focused()


@browser_wanted
def test_a_new_conversation_puts_the_old_one_away_to_be_opened_again_or_forgotten(page: Page):
    ask(page, UNANSWERED)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".dl-answer")).to_have_count(0)
    ask(page, QUESTION)
    ask(page, "And when was that?", turn=2)
    page.get_by_role("button", name="New conversation").click()
    listed = page.get_by_role("region", name="Earlier conversations").get_by_role("listitem")
    expect(listed).to_have_count(2)
    page.reload()
    expect(listed).to_have_text([re.compile(f"^{re.escape(QUESTION)} 2 questions"), re.compile("^Who won the curling")])
    listed.first.get_by_role("button").first.click()
    expect(page.locator(".dl-panel")).to_have_attribute("data-turn", "2")
    page.locator("a.dl-chip").first.click()
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE)
    ask(page, UNANSWERED, turn=3)
    page.get_by_role("button", name="New conversation").click()
    expect(listed.first).to_contain_text("3 questions")
    expect(listed).to_have_count(2)
    page.get_by_role("button", name="Forget: Who won the curling").click()
    expect(listed).to_have_count(1)


@browser_wanted
@pytest.mark.parametrize("place", [0, -1], ids=["in the order asked", "the other way about"])
def test_a_conversation_is_put_away_whole_in_whichever_order_the_server_answers(page: Page, place: int):
    ask(page, QUESTION)
    on_the_way: list[Route] = []
    page.route("**/gradio_api/run/*", lambda route: on_the_way.append(route))  # noqa: PLW0108
    page.get_by_role("button", name="New conversation").click()
    for _ in range(8):
        page.wait_for_timeout(500)
        if on_the_way:
            on_the_way.pop(place).continue_()
    page.unroute("**/gradio_api/run/*")
    listed = page.get_by_role("region", name="Earlier conversations").get_by_role("listitem")
    expect(listed).to_have_text(re.compile(f"^{re.escape(QUESTION)}"))


@browser_wanted
def test_what_was_searched_and_the_as_of_day(page: Page):
    filters(page)
    page.locator("#dl-as-of input").fill("2025-08-20")
    ask(page, QUESTION)
    assert "13 documents" not in page.locator("#dl-main").inner_text()
    assert all(day.get_attribute("datetime") <= "2025-08-20" for day in page.locator(".dl-panel time").all())
    page.get_by_text("What was searched").click()
    expect(page.locator(".dl-searched dl")).to_contain_text("20 August 2025")


@browser_wanted
def test_filters_narrow_the_search_and_count_what_they_let_through(page: Page, hostile_archive: Path):
    filters(page)
    page.locator("#dl-from input").fill("2025-08-20")
    page.locator("#dl-to input").fill("2025-08-31")
    days = Desk(hostile_archive).assistant().days(Filter(date(2025, 8, 20), date(2025, 8, 31)))
    expect(page.locator("#dl-matching figcaption b")).to_have_text(f"{sum(n for _, n in days)} articles")
    page.get_by_label("Newest first").check()
    ask(page, "What was signed or announced?")
    shown = [day.get_attribute("datetime") or "" for day in page.locator(".dl-card time").all()]
    assert shown == sorted(shown, reverse=True)
    assert all("2025-08-20" <= day <= "2025-08-31" for day in shown)
    page.get_by_text("What was searched").click()
    expect(page.locator(".dl-searched dl")).to_contain_text("published 20 August 2025 to 31 August 2025; newest first")
    page.locator("#dl-from input").fill("2025-09-02")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_label("Your question").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("it is from 2025-09-02 to 2025-08-31")


@browser_wanted
def test_the_filters_say_what_is_chosen_while_they_are_shut_and_are_cleared_together(page: Page):
    filters(page)
    page.locator("#dl-as-of input").fill("2025-08-31")
    page.get_by_label("Newest first").check()
    filters(page)
    expect(page.locator("#dl-filters > button")).to_contain_text("Filters: as of 31 August 2025; newest first")
    filters(page)
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#dl-as-of input")).to_have_value("")
    expect(page.get_by_label("Newest first")).not_to_be_checked()
    expect(page.locator("#dl-filters > button")).not_to_contain_text("newest")


@browser_wanted
def test_a_timeline_over_several_days_is_plotted(page: Page):
    ask(page, "Timeline of the Afghanistan earthquake")
    rows = page.locator(".dl-moments tbody tr")
    expect(rows.first).to_be_visible()
    expect(page.locator(".dl-plot circle").nth(1)).to_be_visible()  # the panel comes a little after the answer
    assert rows.count() == page.locator(".dl-plot circle").count() >= 2


@browser_wanted
def test_sources_that_differ_stand_in_a_table_newest_first(page: Page):
    ask(page, "How many people died in the Lisbon funicular crash?")
    expect(page.locator("#dl-chat .dl-differ")).to_contain_text("solent-courier.example, 5 September 2025")
    expect(page.get_by_role("region", name="Where sources differ").locator("circle")).to_have_count(2)
    rows = page.locator(".dl-moments tbody tr")
    expect(rows.first).to_contain_text("Sixteen")
    assert rows.count() == page.locator(".dl-card").count() == 2
    rows.last.locator("a.dl-chip").click()
    expect(page.locator(f"#dl-1-{rows.count()}")).to_be_focused()
    published = [day.get_attribute("datetime") or "" for day in page.locator(".dl-card time").all()]
    assert published == sorted(published, reverse=True)


@browser_wanted
def test_a_follow_up_is_read_with_what_came_before_and_one_is_offered(page: Page):
    ask(page, "How many people were killed in the Afghanistan earthquake?")
    page.locator("#dl-chat .option").first.click()
    expect(page.locator('.dl-panel[data-turn="2"] .dl-asked')).to_have_text(re.compile("^What is reported in “"))
    ask(page, "And in Lisbon?", turn=3)
    page.get_by_text("What was searched").click()
    expect(page.locator(".dl-searched dd").first).to_contain_text("Lisbon")
    expect(page.locator(".dl-searched dd").first).not_to_have_text("And in Lisbon?")
    expect(page.locator(".dl-answer").last).to_contain_text("funicular")


@browser_wanted
def test_a_question_is_edited_asked_again_and_undone(page: Page):
    ask(page, UNANSWERED)
    page.get_by_role("button", name="Edit").click()
    edited = page.locator("#dl-chat textarea")
    edited.fill(QUESTION)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE)
    expect(page.locator(".dl-answer")).to_have_count(1)
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".dl-answer")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)
    expect(page.locator(".dl-about figcaption")).to_be_visible()


@browser_wanted
@pytest.mark.parametrize(
    ("kind", "name", "holds"),
    [
        ("Markdown", "dateline.md", "1. *Lukashenko and Pezeshkian seal 13 papers in Minsk"),
        ("JSON", "dateline.json", '"published": "2025-08-21"'),
        ("Sources, CSL-JSON", "sources.csl.json", '"date-parts"'),
        ("Sources, BibTeX", "sources.bib", "year = {2025}"),
    ],
)
def test_a_conversation_is_saved_as(asked: Page, kind: str, name: str, holds: str):
    asked.get_by_text("Save as …").click()
    with asked.expect_download() as saved:
        asked.get_by_role("button", name=kind, exact=True).click()
    assert saved.value.suggested_filename == name
    assert holds in Path(saved.value.path()).read_text(encoding="utf-8")


@browser_wanted
def test_feedback_is_saved_in_the_archive_with_its_reason(asked: Page, hostile_archive: Path):
    asked.get_by_role("button", name="No, it is not").click()
    expect(asked.get_by_role("status").filter(has_text="Saved in the archive’s log.")).to_be_visible()
    asked.get_by_label("Why?").fill("The day is wrong")
    asked.get_by_role("button", name="Send").click()
    expect(asked.locator(".dl-reason")).to_be_hidden()
    log = hostile_archive / "feedback.jsonl"
    for _ in range(100):
        said = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        if len(said) == 2:
            break
        asked.wait_for_timeout(50)
    assert [(one["verdict"], one["reason"], one["question"]) for one in said] == [
        ("down", "", QUESTION),
        ("down", "The day is wrong", QUESTION),
    ]


@browser_wanted
def test_an_answer_is_copied_with_its_citations(asked: Page):
    asked.context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked.get_by_role("button", name="Copy with citations").click()
    expect(asked.get_by_role("button", name="Copied")).to_be_visible()
    copied = asked.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"**{QUESTION}**")
    assert "harbour-wire, 2025-08-21." in copied


@browser_wanted
def test_a_link_asks_its_question_as_of_its_day_once(page: Page, address: str):
    page.goto(f"{address}?q=What+did+Belarus+and+Iran+sign%3F&as_of=2025-08-31&newest=1")
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE, timeout=60_000)
    expect(page.locator(".dl-searched dl")).to_contain_text("31 August 2025")
    shared = page.get_by_role("link", name="Link to this question")
    expect(shared).to_have_attribute(
        "href", "?q=What+did+Belarus+and+Iran+sign%3F&as_of=2025-08-31&newest=1&archive=archive"
    )
    page.reload()
    expect(page.locator(".dl-answer")).to_have_count(1)
    page.wait_for_timeout(500)
    expect(page.locator(".dl-answer")).to_have_count(1)


@browser_wanted
def test_a_link_to_another_archive_of_the_server_is_asked_there(page: Page, address: str):
    page.goto(f"{address}?q=What+did+Belarus+and+Iran+sign%3F&archive=examples")
    expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE, timeout=60_000)
    assert page.url == f"{address}archives/examples/"
    page.get_by_role("navigation", name="Archives").get_by_role("link", name="archive").click()
    expect(page.locator(".dl-head.dl-open")).to_have_attribute("data-archive", "archive")
    assert page.url == address


@browser_wanted
@pytest.mark.parametrize("name", ["../../../etc", "<b>elsewhere</b>"])
def test_a_link_to_an_archive_that_is_not_here_is_not_asked(page: Page, address: str, name: str):
    page.goto(f"{address}?{urlencode({'q': QUESTION, 'archive': name})}")
    expect(page.locator(".dl-head .dl-building")).to_contain_text(f"named '{name}', which is not here")
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)
    expect(page.locator(".dl-answer")).to_have_count(0)


@browser_wanted
def test_right_to_left_text_is_laid_out_from_the_right_and_stays_as_it_is(page: Page):
    ask(page, ARABIC_QUESTION)
    quote, question = page.locator("#dl-1-1 blockquote"), page.locator(".dl-asked")
    expect(question).to_have_text(ARABIC_QUESTION)
    expect(quote).to_contain_text(ARABIC.split(". ", maxsplit=1)[0])
    for place in (quote, question, page.locator("#dl-chat .dl-answer p").first):
        assert place.evaluate("e => getComputedStyle(e).direction") == "rtl"


@browser_wanted
def test_an_article_s_own_correction_stands_on_its_card(page: Page):
    ask(page, "How many megapixels does the Rubin Observatory's camera have?")
    expect(page.locator("#dl-1-1 .dl-correction")).to_contain_text("Corrected:")


@browser_wanted
def test_while_a_rebuild_is_on_the_page_says_so_and_goes_on_answering(page: Page, hostile_archive: Path):
    paths = ArchivePaths(hostile_archive)
    with writer_lock(paths), building(paths):
        page.reload()
        expect(page.get_by_role("status").filter(has_text="A new version of the archive")).to_be_visible()
        ask(page, QUESTION)
        expect(page.locator("#dl-1-1 blockquote mark")).to_have_text(SENTENCE)
    page.reload()
    expect(page.locator(".dl-head.dl-open")).to_be_visible()
    expect(page.locator(".dl-building")).to_have_count(0)


@browser_wanted
def test_the_keyboard_is_enough(page: Page):
    page.get_by_label("Your question").press("Tab")
    expect(page.get_by_role("button", name="Ask")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Filters")).to_be_focused()
    expect(page.get_by_role("button", name="Filters")).to_have_attribute("aria-expanded", "false")
    ask(page, QUESTION)
    page.locator("a.dl-chip").first.press("Enter")
    expect(page.locator("#dl-1-1")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#dl-1-1 .dl-text mark")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("a.dl-chip").first).to_be_focused()
    expect(page.locator("a.dl-chip").first).to_have_accessible_name("Source 1: harbour-wire, 21 August 2025")


@browser_wanted
def test_who_asked_can_ask_on_without_going_back_to_the_box(page: Page):
    page.get_by_label("Your question").focus()
    for turn, question in enumerate((QUESTION, "And when was that?"), start=1):
        page.keyboard.type(question)
        page.keyboard.press("Enter")
        expect(page.locator(f'.dl-panel[data-turn="{turn}"]')).to_be_visible()
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
        expect(page.get_by_label("Your question")).to_be_focused()


@browser_wanted
def test_no_keyboard_comes_up_over_the_answer_where_it_is_on_the_screen(browser: Browser, address: str):
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    phone.goto(address)
    expect(phone.locator(".dl-head.dl-open")).to_be_visible()
    ask(phone, QUESTION)
    expect(phone.get_by_label("Your question")).to_be_enabled()
    expect(phone.get_by_label("Your question")).not_to_be_focused()
    phone.context.close()


@browser_wanted
def test_a_question_that_is_markup_fetches_nothing_either(page: Page):
    ask(
        page,
        "![pixel](http://elsewhere.example/q.png) [a](javascript:alert(1)) <img src='http://elsewhere.example/r.png'>",
    )
    expect(page.locator("#dl-chat [href^=javascript]")).to_have_count(0)


@browser_wanted
def test_two_visitors_do_not_see_each_other(page: Page, browser: Browser, address: str):
    ask(page, QUESTION)
    other = browser.new_context().new_page()
    other.goto(address)
    expect(other.get_by_text("What do you want to know?")).to_be_visible(timeout=20_000)
    expect(other.locator(".dl-answer")).to_have_count(0)
    other.context.close()


@browser_wanted
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground_and_axe_finds_nothing(page: Page, scheme: Literal["light", "dark"]):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    expect(page.locator(".dl-head.dl-open")).to_be_visible()
    assert page.evaluate(FAINT) == []
    assert violations(page) == []
    ask(page, QUESTION)
    ask(page, UNANSWERED, turn=2)
    ask(page, "How many people were killed in the Afghanistan earthquake?", turn=3)
    page.get_by_text("What was searched").click()
    page.get_by_role("button", name="Yes, it is right").click()
    expect(page.locator(".dl-said")).to_contain_text("Saved in the archive’s log.")
    filters(page)
    expect(page.get_by_label("Newest first")).to_be_visible()
    assert page.evaluate(FAINT) == []
    assert violations(page) == []


@browser_wanted
def test_a_phone_has_no_sideways_scroll(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("a.dl-chip").first.click()
    expect(page.locator("#dl-1-1 header")).to_be_in_viewport()
    page.locator("#dl-1-1").get_by_role("button", name="Back to the answer").click()
    expect(page.locator("a.dl-chip").first).to_be_focused()
    expect(page.locator("a.dl-chip").first).to_be_in_viewport()


@browser_wanted
def test_no_archive_says_what_to_do_and_one_built_meanwhile_is_found(
    browser: Browser, example_archive: Path, tmp_path: Path
):
    archive = tmp_path / "archive"
    with serving(archive) as address:
        tab = browser.new_page()
        tab.goto(address)
        expect(tab.locator(".dl-trouble code")).to_contain_text("dateline rebuild", timeout=20_000)
        archive.symlink_to(example_archive)
        tab.reload()
        expect(tab.get_by_text("What do you want to know?")).to_be_visible(timeout=20_000)
        tab.close()


@browser_wanted
def test_an_empty_archive_says_so_and_how_to_add(browser: Browser, tmp_path: Path):
    archive, story = tmp_path / "archive", tmp_path / "story.json"
    story.write_text(json.dumps({"title": "A title", "date": "2025-08-19", "text": "It rained in Minsk all day. " * 9}))
    index = [sys.executable, "-W", "ignore", "-m", "index"]
    for command in (["rebuild", story, "--archive", archive], ["delete", "--archive", archive]):
        held = [] if command[0] == "rebuild" else [only_article(archive)]
        subprocess.run([*index, *command, *held], check=True, cwd=Path(__file__).parents[1], capture_output=True)
    with serving(archive) as address:
        tab = browser.new_page()
        tab.goto(address)
        expect(tab.locator(".dl-trouble")).to_contain_text("The archive is empty", timeout=20_000)
        expect(tab.locator(".dl-trouble code")).to_contain_text("dateline add PATH")
        tab.close()


def only_article(archive: Path) -> str:
    with Assistant(archive) as assistant:
        [found] = assistant.retrieve("rain", k=1)
    return found.article_id


def test_a_newer_generation_that_cannot_be_opened_leaves_the_page_on_the_one_it_has(
    example_archive: Path, tmp_path: Path
):
    archive = tmp_path / "archive"
    shutil.copytree(example_archive, archive)
    desk = Desk(archive)
    generation = desk.assistant().generation
    (archive / "CURRENT").write_text("999999\n", encoding="ascii")
    assert desk.assistant().generation == generation
    assert desk.assistant().coverage().articles > 0
    assert desk.find("no such article") is None


# What the pages above are made of.

CITATION = Citation(
    "It cost $5 [1].", 6, 21, "a1", "A title", "Wire", "https://news.example/1", date(2025, 8, 21),
    "Then: It cost $5 [1]. So.", 0, also_in=("Post",), span=(8, 10),
)  # fmt: skip


def answer(**changes) -> Answer:
    fields = {
        "question": "How much?", "text": "“It cost $5 [1].” [1]", "abstained": False, "citations": (CITATION,),
        "evidence": (), "as_of": None, "generation": "000001",
    }  # fmt: skip
    return Answer(**(fields | changes))


@given(st.text())
def test_escaped_text_has_no_character_that_markup_could_be_made_of(text: str):
    escaped = escape(text)
    assert not re.search(r"[<>\"'`*_\[\]()!:.~|\\$]", escaped)
    assert re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), escaped) == text


def test_a_number_in_brackets_inside_a_quotation_is_not_a_chip():
    shown = answer_html(answer(), turn=3)
    assert shown.count("dl-chip") == 1
    assert 'href="#dl-3-1"' in shown
    assert "<b>&#36;5</b>" in shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//news.example", "http://", "ftp://news.example", "", None]
)
def test_only_web_addresses_become_links(url: str | None):
    assert safe_url(url) is None
    evidence = Evidence("a1", "<b>A title</b>", "<i>Wire</i>", url, None, True, "Text.", 0, 5, 1.0)
    shown = panel_html(Kept(answer(abstained=True, citations=(), evidence=(evidence,)), 1), lambda _id: None)
    assert re.findall(r'href="(.)', shown) == ["?"]  # the link that asks again, and none to the article
    assert "Undated" in shown
    assert "<b>" not in shown
    assert "<i>" not in shown


def test_a_reader_is_told_which_llm_wrote_and_what_went_wrong_with_one():
    noted = answer(written_by="<i>small", notes=("The LLM small was silent; what had passed stands.",))
    shown = answer_html(noted, turn=1)
    assert "Written by &#60;i&#62;small&#59; each sentence was checked against its sources" in shown
    assert "was silent&#59; what had passed stands" in shown


def test_what_was_corrected_since_is_struck_through_and_stays_readable():
    old = answer(timeline=(Moment(1, date(2025, 8, 20), "$5", superseded=True),))
    assert "<s>It cost <b>&#36;5</b>" in answer_html(old, turn=1)
    shown = panel_html(Kept(old, 1), lambda _id: None)
    assert "corrected since" in shown
    assert 'class="dl-card dl-old"' in shown


def test_points_that_are_too_near_share_their_number():
    days = [date(2025, 9, 4), date(2025, 9, 1), date(2025, 8, 31), date(2025, 3, 2)]
    moments = tuple(Moment(number, day) for number, day in enumerate(days, 1))
    shown = panel_html(Kept(answer(citations=(CITATION,) * 4, timeline=moments), 1), lambda _id: None)
    assert re.findall(r"<text [^>]*middle[^>]*>(.*?)<", shown) == ["4", "1–3"]


def test_figures_of_one_day_and_one_day_of_publication_stand_side_by_side():
    moments = tuple(Moment(number, date(2025, 8, 21), f"{number}7") for number in (1, 2))
    shown = panel_html(Kept(answer(citations=(CITATION,) * 2, timeline=moments), 1), lambda _id: None)
    assert len(set(re.findall(r'<circle cx="([\d.]+)"', shown))) == 2
    assert "polyline" not in shown


def test_a_day_is_written_out_in_our_own_words_and_stays_as_it_is_in_a_quotation():
    cited = replace(CITATION, sentence="It cost $5 on 2025-08-21.")
    text = "2025-08-21, Wire: It cost $5 on 2025-08-21. [1]"
    shown = answer_html(answer(text=text, citations=(cited,), timeline=(Moment(1, date(2025, 8, 21)),)), 1)
    assert '<span class="dl-when">21 August 2025&#44; Wire&#58; </span>' in shown
    assert shown.count("2025&#45;08&#45;21") == 1


def test_follow_ups_are_of_the_answer_s_matter():
    near = [
        Evidence(key, title, "Wire", None, None, False, "Text.", 0, 5, 1.0)
        for key, title in (
            ("a1", "A title"),
            ("a2", "Bridge over the Lune cost $5 million"),
            ("a3", "A bridge in Rome"),
        )
    ]
    cited = replace(CITATION, title="The bridge over the Lune is open")
    found = follow_ups(answer(citations=(cited,), evidence=tuple(near)))
    assert [one.label for one in found] == [
        "More from “The bridge over the Lune is open”",
        "Bridge over the Lune cost $5 million",
    ]
    assert follow_ups(answer(question=found[0].question, citations=(cited,))) == []


def turn(question: str) -> dict[str, Any]:
    return message("said", pack(answer(question=question), Choices()))


def test_conversations_put_away_are_bounded_and_one_gone_on_with_is_kept_once():
    first, second = turn("One?"), turn("Two?")
    assert put_away([], []) == []
    assert put_away([[first]], [first, second]) == [[first, second]]
    assert put_away([[first]], [second, {"role": "user", "content": "And?"}]) == [[second], [first]]
    many: list[Any] = []
    for number in range(AT_MOST + 3):
        many = put_away(many, [turn(f"{number}?")])
    assert [unpack(one[0]["metadata"]["id"])[0].question for one in many[:2]] == ["22?", "21?"]
    assert len(many) == AT_MOST
    assert put_away(many, [turn("x" * LARGEST)]) == many


def test_an_answer_survives_being_kept_in_its_message():
    choices = Choices(date(2025, 8, 31), sources=("Wire",), newest=True)
    assert unpack(pack(answer(), choices)) == (answer(), choices)
    assert unpack("{}") is None
    assert unpack(None) is None


def test_the_panel_marks_the_sentence_and_says_where_else_it_ran():
    shown = panel_html(Kept(answer(), 1), lambda _id: None)
    assert "<mark>It cost <b>&#36;5</b> &#91;1&#93;&#46;</mark>" in shown
    assert "Also in 1 outlet: Post" in shown
