"""Takes the pictures of docs/images from a running chat: `python docs/screenshots.py http://127.0.0.1:7860/`."""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

IMAGES = Path(__file__).parent / "images"
WIDE, PHONE = (1280, 800), (390, 844)
PICTURES = (
    ("answer", "What did Belarus and Iran sign?", WIDE, "light"),
    ("timeline", "Timeline of the Afghanistan earthquake", WIDE, "dark"),
    ("phone", "What did Belarus and Iran sign?", PHONE, "light"),
)


def take(browser: Browser, address: str, name: str, question: str, size: tuple[int, int], scheme: str) -> None:
    """One picture of a question's answer."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address)
    expect(page.locator(".dl-head.dl-open")).to_be_visible(timeout=60_000)
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator('.dl-panel[data-turn="1"] .dl-card').first).to_be_visible(timeout=60_000)
    if name != "timeline":  # whose picture and table stand above the cards
        page.locator("#dl-chat a.dl-chip").first.hover()
    page.wait_for_timeout(600)
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(96).save(IMAGES / f"{name}.png", optimize=True)
    page.close()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for picture in PICTURES:
            take(chromium, sys.argv[1], *picture)
        chromium.close()
