"""Foreign text and addresses made fit for a page.

Everything that came from an article or a reader passes through `escape`, which leaves no character that HTML
or Markdown could read as markup; the tags are only ever ours.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_STUB = 25  # characters of a paragraph's beginning that say nothing by themselves


def escape(text: str) -> str:
    """Text that shows as it is in HTML and in Markdown: every punctuation mark becomes a character reference.

    Markdown reads no markup in a character reference, and finds no bare link without colons and full stops.
    """
    return re.sub(r"[!-/:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", text)


def safe_url(url: str | None) -> str | None:
    """The address where a reader may be sent to it, so http or https and a host; else None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def shortened(text: str, length: int) -> str:
    """The beginning of a text, up to a word's end, where it is longer than `length`; no word or two of a paragraph."""
    if len(text) <= length:
        return text
    kept = text[:length].rsplit(None, 1)[0]
    whole, _, begun = kept.rpartition("\n")
    return f"{whole.rstrip() if whole.strip() and len(begun) < _STUB else kept} …"
