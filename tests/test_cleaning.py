"""Cleaning through its public doors: what stays, what goes, and where the date came from."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cleaning import clean_dump, clean_page, make_dump, match, read_gold, score
from index.article import DateOrigin, PageKind, RawPage
from index.boilerplate import BoilerplateLearner, strip_boilerplate
from index.cleaning import clean
from index.errors import InputError
from index.published import read_day, url_day

SHARED = Path(__file__).parent.parent.parent / "shared"
FERRY = (
    "Harbour officials in Port Ellen said on Monday that the ferry would return after a month of repairs.",
    "The vessel lost power in a storm on 3 May and was towed to the yard by two tugs, the operator said.",
    "“We have replaced both generators,” said the yard's director, Ann Muir. “It was a long job.”",
    "The first crossing is planned for Friday at dawn, and fares will be halved for a week.",
)
STORY = "\n\n".join(FERRY)


def page(content: str, kind: PageKind = PageKind.DUMP, **fields: object) -> RawPage:
    return RawPage("page.txt", content, kind, **fields)  # type: ignore[arg-type]


def html(body: str, head: str = "") -> str:
    title = "Ferry to return"
    return (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>"
    )


PARAGRAPHS = "".join(f"<p>{line}</p>" for line in FERRY)


@pytest.mark.skipif(not (SHARED / "articles").is_dir(), reason="the shared example page is absent")
def test_the_example_page_keeps_its_story_and_loses_its_rails() -> None:
    raw = (SHARED / "articles" / "belarus-iran-2025-08-21.txt").read_text(encoding="utf-8")
    lines = [line for line in raw.split("\n") if line.strip()]
    begin = next(n for n, line in enumerate(lines) if line.startswith("The leaders of Belarus"))
    end = next(n for n, line in enumerate(lines) if line.startswith("Quark.Models"))
    article = clean(page(raw))
    assert article.text == "\n\n".join(lines[begin:end])
    assert article.title == "Belarus, Iran agree to boost defense ties"
    assert (article.published, article.date_origin, article.date_confidence) == (
        date(2025, 8, 21),
        DateOrigin.HEAD_LINE,
        0.98,
    )
    assert article.caption is not None and article.caption.startswith("In this photo, released by")
    assert article.language == "en"


@pytest.mark.parametrize(
    "junk",
    [
        "Quark.Models.Entities.Ancestor?.Title?.ToUpperInvariant() Mayor resigns over budget row",
        "LATEST NEWS\n\n  1. Mayor resigns over budget row\n\n    Mayor resigns over budget row",
        "Mayor resigns over the budget row\n\nMayor resigns over the 'budget row'",
        "WORLD Mayor resigns over the budget row\n\nMayor resigns over the budget row\n\n"
        "The mayor of Dunmore stepped down on Tuesday after councillors voted against her spending plan.",
        "Recommended\n\nMayor resigns over the budget row\n\n"
        "The mayor of Dunmore stepped down on Tuesday after councillors voted against her spending plan.",
        "Read more: Mayor resigns over budget row",
        "Subscribe to our newsletter",
        "Share this article on Facebook",
        "Follow us on Twitter @ferrynews",
        "This website uses cookies to improve your experience.",
        "12 comments",
        "© 2025 Ferry News Ltd. All rights reserved.",
        "ADVERTISEMENT",
        "Home\nWorld\nSports\nOpinion\nWeather",
    ],
)
def test_junk_after_a_story_goes(junk: str) -> None:
    assert clean(page(f"date 2025-05-20 Ferry to return\n\nFerry to return\n\n{STORY}\n\n{junk}\n")).text == STORY


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Story continues below.",
        "By Ann Muir",
        "PORT ELLEN –",
        "Read more",
        "JUST WATCHED See the new quay Replay More Videos ... MUST WATCH See the new quay 01:43",
        "Video Ad Feedback Storms halt every crossing 02:52 - Source: Ferry TV",
        "Storms halt every crossing 02:52 - Source: Ferry TV",
    ],
)
def test_junk_inside_a_story_goes_and_the_story_goes_on(line: str) -> None:
    inside = "\n\n".join((*FERRY[:2], line, *FERRY[2:]))
    assert clean(page(inside)).text == STORY
    assert clean(page(inside, PageKind.STORY)).text == STORY


def test_repeated_headlines_and_bylines_above_a_story_go() -> None:
    article = clean(
        page(f"Ferry to return to Port Ellen\n\nPORT ELLEN\nFerry to return to Port Ellen\n\nBy Ann Muir\n\n{STORY}")
    )
    assert (article.text, article.title, article.authors) == (STORY, "Ferry to return to Port Ellen", ("Ann Muir",))


def test_quotations_subheads_and_lists_stay() -> None:
    listed = "\n\n".join(
        (
            FERRY[0],
            "The timetable",
            FERRY[1],
            "The crossings on the first day are these:",
            "- Port Ellen, 06:10\n- Kennacraig, 09:30\n- Port Askaig, 13:00",
            FERRY[2],
            "“Nobody was hurt.”",
            FERRY[3],
        )
    )
    assert clean(page(listed)).text == listed


def test_a_caption_is_kept_apart() -> None:
    caption = "In this photo taken on Sunday, the ferry lies at the yard in Greenock, May 18, 2025"
    article = clean(page(f"date 2025-05-20 Ferry to return\n\n{caption}\n\n{STORY}"))
    assert (article.text, article.caption) == (STORY, caption)


def test_what_the_record_says_beats_what_is_found() -> None:
    article = clean(
        page(
            f"date 2025-05-20 Ferry to return\n\n{STORY}",
            title="Island ferry is back",
            published="2025-05-19T23:30:00-05:00",
            source="Ferry News",
            authors=("B. Reid",),
            url="https://www.ferry.example/2024/01/02/x",
            language="en-GB",
            caption="The ferry.",
        )
    )
    assert (article.title, article.source, article.authors) == ("Island ferry is back", "Ferry News", ("B. Reid",))
    assert (article.language, article.caption) == ("en", "The ferry.")
    assert (article.published, article.date_origin, article.date_confidence) == (
        date(2025, 5, 19),
        DateOrigin.GIVEN,
        1.0,
    )


URL = "https://www.ferry.example/2025/05/20/return"
META = '<meta property="article:published_time" content="2025-05-20T08:00:00+01:00">'
JSON_LD = '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2025-05-20"}</script>'


@pytest.mark.parametrize(
    ("raw", "origin", "confidence"),
    [
        (page(STORY, published="20 May 2025"), DateOrigin.GIVEN, 1.0),
        (page(STORY, published="05/20/2025"), DateOrigin.GIVEN, 1.0),
        (page(f" date 2025-05-20 Ferry\n\n{STORY}"), DateOrigin.HEAD_LINE, 0.98),
        (page(html(PARAGRAPHS, META), PageKind.HTML), DateOrigin.METADATA, 0.95),
        (page(html(PARAGRAPHS, JSON_LD), PageKind.HTML, url=URL), DateOrigin.METADATA, 0.95),
        (page(html(PARAGRAPHS, META), PageKind.HTML, url=URL.replace("/20/", "/25/")), DateOrigin.METADATA, 0.8),
        (page(f"Ferry to return\n\nPublished May 20, 2025\n\n{STORY}"), DateOrigin.TEXT, 0.8),
        (page(f"Ferry to return\n\nPublished May 20, 2025\n\n{STORY}", url=URL), DateOrigin.TEXT, 0.95),
        (page(STORY, url=URL), DateOrigin.URL, 0.7),
        (page(STORY, PageKind.STORY, url=URL), DateOrigin.URL, 0.7),
    ],
)
def test_a_date_says_where_it_was_found_and_how_sure_it_is(raw: RawPage, origin: DateOrigin, confidence: float) -> None:
    article = clean(raw)
    assert (article.published, article.date_origin, article.date_confidence) == (date(2025, 5, 20), origin, confidence)
    assert article.date_is_doubtful == (confidence < 0.9)


def test_an_ambiguous_day_is_marked_doubtful() -> None:
    assert clean(page(STORY, published="05/06/2025")).date_is_doubtful


@pytest.mark.parametrize("written", [None, "2022", "March 2022", "yesterday", "0001-01-01", "1799-12-31", "2022-13-40"])
def test_an_undated_page_stays_undated(written: str | None) -> None:
    article = clean(page(STORY, published=written))
    assert (article.published, article.date_origin, article.date_confidence) == (None, DateOrigin.NONE, 0.0)


def test_a_day_in_the_future_is_refused() -> None:
    now = datetime.now(UTC)
    assert read_day((now + timedelta(days=1)).date().isoformat()) is not None
    assert read_day((now + timedelta(days=4)).date().isoformat()) is None


@pytest.mark.parametrize(
    "written",
    ["2022-02-04", "20220204", "2022/02/04 10:00", "Fri, 04 Feb 2022 23:30:00 -0500", "1643976000", "1643976000000",
     "February 4th, 2022", "4 Feb. 2022", "04.02.2022", "4 Şubat 2022", "2022年2月4日"],
)  # fmt: skip
def test_dates_are_read_in_their_common_forms(written: str) -> None:
    found = read_day(written)
    assert found is not None and found.day == date(2022, 2, 4)


def test_addresses_hold_dates() -> None:
    assert url_day("https://a.example/world/2025/aug/21/ferry") == date(2025, 8, 21)
    assert url_day("https://a.example/news/14848164.php") is None


def test_html_is_cleaned_with_its_metadata() -> None:
    nav = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/w'>World</a></li></ul></nav>"
    raw = html(nav + PARAGRAPHS, '<meta name="author" content="Ann Muir">' + META)
    article = clean(page(raw, PageKind.HTML, url=URL))
    assert (article.text, article.title, article.source) == (STORY, "Ferry to return", "ferry.example")
    assert article.authors == ("Ann Muir",)


def test_a_story_with_markup_in_it_becomes_text() -> None:
    assert clean(page(f"<p>{FERRY[0]}</p><script>x()</script><p>{FERRY[1]}</p>", PageKind.STORY)).text == "\n\n".join(
        FERRY[:2]
    )


def test_what_cannot_be_seen_is_taken_out() -> None:
    shown = clean(
        page("The caf\u0065\u0301 re\u00adopened\u200b on\u00a0Monday\u202e.\r\n\r\nIt was full.", PageKind.STORY)
    ).text
    assert shown == "The café reopened on Monday.\n\nIt was full."


def test_text_broken_into_lines_of_one_width_is_put_together() -> None:
    import textwrap

    wrapped = "\n\n".join(textwrap.fill(line + " " + line.replace("the", "that"), 72) for line in FERRY)
    assert clean(page(wrapped)).text.count("\n") == 6


def test_ad_feedback_in_a_story_goes() -> None:
    junk = "1. How relevant is this ad to you?\n\nVideo player was slow to load content Video content never loaded"
    assert clean(page(f"{FERRY[0]}\n\n{junk}\n\n{FERRY[1]}", PageKind.STORY)).text == "\n\n".join(FERRY[:2])


@pytest.mark.parametrize("kind", PageKind)
def test_a_page_without_a_story_is_an_input_error(kind: PageKind) -> None:
    with pytest.raises(InputError) as error:
        clean(page("Home\nSubscribe\n", kind) if kind is not PageKind.STORY else page(" \n", kind))
    assert error.value.origin == "page.txt"


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(codec=None), max_size=400)
    | st.lists(st.sampled_from([*FERRY, "Related", "", "* a", "<p>x"])).map("\n".join)
)
def test_any_text_gives_an_article_of_its_own_words_or_an_input_error(text: str) -> None:
    for kind in (PageKind.DUMP, PageKind.STORY):
        try:
            article = clean(page(text, kind))
        except InputError:
            continue
        article.text.encode()
        if kind is PageKind.DUMP:
            from index.cleaning import normalise

            given_words = " ".join(normalise(text).split())
            assert all(" ".join(paragraph.split()) in given_words for paragraph in article.text.split("\n"))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_markup_gives_an_article_or_an_input_error(text: str) -> None:
    for content in (text, html(text + PARAGRAPHS)):
        try:
            assert clean(page(content, PageKind.HTML)).text
        except InputError:
            continue


def test_markup_in_a_story_may_hold_what_markup_may_not() -> None:
    article = clean(page("<p>Two ferries&#12; were\x0b lost.</p><p>None sank.</p>", PageKind.STORY))
    assert article.text.split() == ["Two", "ferries", "were", "lost.", "None", "sank."]


GALLERY = (
    "Photos: The storm A ferry lies on its side in Bergen. Hide Caption 1 of 3 "
    "Photos: The storm Two men look at the quay. Hide Caption 2 of 3 Photos: The storm A gull Hide Caption 3 of 3"
)


@pytest.mark.parametrize(
    "pictures",
    [
        GALLERY,
        f"Photos: The storm {'The water stood high in the streets of Bergen. ' * 12}Hide Caption 4 of 9",
        "Waves break over the quay. Ada Holm/AP A gull sits on a lamp. Ola Vik/AFP/Getty Images A boat is towed. " * 9,
        "A ferry lies on its side. Ada Holm for CNN Two men look at the quay. Ola Vik/Reuters",
        "A ferry lies on its side. AFP/Getty Images Two men look at the quay. Hulton/Getty Images A gull flies.",
    ],
)
def test_the_pictures_of_a_gallery_are_no_part_of_the_story(pictures: str) -> None:
    article = clean(page(f"{FERRY[0]}\n{pictures}\n{FERRY[1]}", PageKind.STORY))
    assert article.text == "\n\n".join(FERRY[:2])


@pytest.mark.parametrize("gallery", [GALLERY, GALLERY.replace(" Photos", "\n\nPhotos")], ids=["a line", "lines"])
def test_a_story_told_in_pictures_alone_is_a_line_a_picture_without_the_marks_between(gallery: str) -> None:
    assert clean(page(gallery, PageKind.STORY)).text.split("\n\n") == [
        "A ferry lies on its side in Bergen.",
        "Two men look at the quay.",
        "A gull",
    ]


@pytest.mark.parametrize("kind", [PageKind.STORY, PageKind.DUMP])
@pytest.mark.parametrize(
    "link",
    [
        "More:Norway’s ferries will be electric by 2030, minister says",
        "STORM IN BERGEN:What we know of the two ferries that were lost",
        "►'It was dark':How eleven people were saved from the water",
        "Opinion:The harbour needs a wall. Here's why.",
        "Bergen, Norway CNN —",
        "Sign up for the Ferry News newsletter. Explore the islands with news of long journeys, new lines and more",
    ],
)
def test_a_line_that_leads_to_another_story_or_says_who_tells_this_one_is_left_out(kind: PageKind, link: str) -> None:
    assert link not in clean(page("\n\n".join([*FERRY[:2], link, *FERRY[2:]]), kind)).text


@pytest.mark.parametrize(
    "line",
    [
        "The captain had one rule: Nobody leaves the bridge.",
        "The council decided:Bergen will build a wall along the whole of its harbour.",
        "The poll by Reuters/Ipsos and AP/NORC was of 1,000 people, of whom most had been at sea.",
        "The lawyer Ada Holm spoke for CNN viewers and Ola Vik for the ferry's owner, both of them at length.",
    ],
)
def test_what_only_looks_like_a_link_or_a_credit_stays(line: str) -> None:
    assert line in clean(page("\n\n".join([*FERRY[:2], line, *FERRY[2:]]), PageKind.STORY)).text


def stories(count: int, *, foot: str, shared: str = "") -> list[str]:
    return [
        f"Report number {n} tells of place {n} and what the {n} people there did.\n\n{shared}\n\n{foot}"
        for n in range(count)
    ]


FOOT = "Ferry News is read by the people of two islands."


def test_a_line_that_recurs_on_differing_pages_is_learned_and_stripped() -> None:
    learner = BoilerplateLearner()
    texts = stories(4, foot=FOOT)
    for text in texts[:3]:
        learner.observe("ferry.example", "", text)
    assert not learner.learned()
    learner.observe("ferry.example", "", texts[3].replace("Ferry News is", "FERRY  News is"))
    learned = learner.learned()["ferry.example"]
    assert strip_boilerplate(texts[0], learned) == texts[0].split("\n\n")[0]
    assert strip_boilerplate(STORY, learned) == STORY


def test_copies_and_updates_of_one_story_teach_nothing() -> None:
    learner = BoilerplateLearner()
    for n in range(12):
        learner.observe(
            "ferry.example", "", f"{STORY}\n\nUpdate {n}: the harbour master said that all is well on day {n}."
        )
    assert not learner.learned()


def test_each_source_learns_for_itself_and_rare_lines_are_not_learned() -> None:
    learner = BoilerplateLearner()
    for n, text in enumerate(stories(400, foot="")):
        learner.observe("ferry.example", "", text + (FOOT if n < 5 else ""))
    for n, text in enumerate(stories(3, foot=FOOT)):
        learner.observe(f"other{n}.example", "", text)
    assert not learner.learned()


def test_the_memory_of_the_learner_is_bounded_and_keeps_what_recurs() -> None:
    learner = BoilerplateLearner(capacity=60)
    for text in stories(500, foot=FOOT):
        learner.observe("ferry.example", "", text)
        assert len(learner._lines) <= 60 and len(learner._wholes) <= 60
    assert learner.learned() == {"ferry.example": frozenset({FOOT.casefold()})}


WALL = (
    "Register to read on.\n\nWe will use what you tell us to manage your registration.\n\nSome stories are for members."
)


def test_a_page_that_is_the_same_under_differing_titles_is_learned_whole() -> None:
    learner = BoilerplateLearner()
    titles = ["Ferries stop for the storm", "Harbour master retires at 70", "Two islands vote on a bridge"]
    for title in [*titles, "Two islands vote on a bridge: live", "Ferries stop for the storm | Ferry News"]:
        learner.observe("ferry.example", title, WALL)
    assert not learner.learned()
    learner.observe("ferry.example", "A whale is seen in the strait", WALL)
    assert strip_boilerplate(WALL, learner.learned()["ferry.example"]) == ""


@pytest.mark.skipif(not (SHARED / "cleaning").is_dir(), reason="the shared cleaning set is absent")
def test_cleaning_reaches_its_floors_on_pages_that_people_marked() -> None:
    pages = read_gold(SHARED / "cleaning")
    assert score([match(p.body, clean_page(p)) for p in pages]).f1 >= 0.957
    assert score([match(p.body, clean_dump(make_dump(p))) for p in pages]).f1 >= 0.90
