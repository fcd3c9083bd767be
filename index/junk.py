"""Lines which are page furniture wherever they stand, told by their form alone.

These are the unmistakable ones only: a line is matched whole, and a long one is never junk by a phrase inside it.
What depends on the neighbours of a line is the business of `index.dump`.
"""

from __future__ import annotations

import re

_MAX_WORDS = 40  # beyond this a paragraph has something to say

_TEMPLATE = re.compile(
    r"""
    (?:\w+\.){2,}\w+\?\.\w+            # A.B.C?.D of a template engine that failed
    | \w+\?\.\w+\(\)
    | \.To(?:Upper|Lower)(?:Invariant)?\(\)
    | \{\{.*\}\} | \{%.*%\} | <%.*%> | \$\{\w+(?:\.\w+)*\} | \[\[\w+\]\]
    | \b(?:function\s*\(|window\.\w+\s*=|document\.(?:write|getElement\w*)|googletag\.|var\s+\w+\s*=)
    """,
    re.VERBOSE,
)

# Each is tried on the whole line, without regard to case, with the marks at its ends taken off.
_FURNITURE = re.compile(
    "|".join(
        (
            # headings of rails
            r"(?:latest|breaking|top|more|related|trending|popular|other|local|recent|featured|editor'?s'?)"
            r"\s+(?:news|stories|story|headlines|articles?|posts|coverage|videos?|links|content|picks|choice|now|topics)"
            r"(?:\s+(?:from|on|in|about|by)\b.{0,40})?",
            r"recommended(?:\s+(?:for you|stories|articles|reading|videos?|by))?",
            r"most\s+(?:read|popular|viewed|shared|watched|recent|commented)(?:\s+\w+){0,3}",
            r"(?:you (?:may|might) (?:also )?(?:like|be interested in)|we recommend|trending(?: now)?|around the web)"
            r"(?:\s.{0,40})?",
            r"(?:from around the web|promoted|sponsored|paid) ?(?:content|stories|links|by)?(?: by \w+)?",
            r"(?:read|see|learn|find out|show|load|view|watch|hear)\s+(?:more|next|also|all|less|full (?:story|article))"
            r"(?:\s.{0,60})?",
            r"(?:continue reading|keep reading|click here|tap here|scroll down|story continues|article continues)"
            r"(?:\s.{0,80})?",
            # asking for something
            r"(?:please )?(?:subscribe|sign[ -]?(?:up|in)|log[ -]?(?:in|out)|register|join)"
            r"(?:(?: now| today| here)|(?: to| for| with| up) (?:our|the|your|this|us|get|receive|read|continue|comment).{0,120})?",
            r"(?:share|tweet|pin|print|e-?mail|whatsapp|facebook|twitter|linkedin|reddit|instagram|youtube|telegram|copy"
            r"|save|bookmark|flipboard|messenger|x|rss)"
            r"(?: (?:this|it|on|via|to|link|the|article|story|page|post|with|friends|us|facebook|twitter|linkedin|reddit"
            r"|email|e-mail|whatsapp|copy|print|instagram|youtube|telegram|x|your|and|\W))*",
            r"(?:follow|like|find|join) (?:us|me|him|her|them|@\w+|[\w. ]{2,40}) on (?:facebook|twitter|x|instagram|youtube|linkedin|tiktok"
            r"|telegram|threads|social media|google news)(?:\s.{0,80})?",
            r"(?:get|sign up for|receive) (?:the |our |all )?(?:latest|daily|weekly|morning|free|breaking|top).{0,60}"
            r"(?:newsletters?|inbox|alerts?|e-?mails?)(?:\s.{0,60})?",
            r"(?:\w+ ){0,4}newsletters?(?: sign[ -]?up)?",
            r"(?:download|get) (?:the|our) (?:\w+ ){0,4}app(?:\s.{0,60})?",
            # comments, consent, copyright
            r"(?:\d+ |view |show |hide |post |add |leave |write |no |join the |start the )?(?:a )?"
            r"(?:comments?|conversation|reply|discussion)(?: \(\d+\))?(?: section)?",
            r"comments? (?:are|is) (?:closed|off|disabled).{0,60}",
            r"(?:this (?:web)?site|we) uses? cookies.{0,250}",
            r"(?:by (?:continuing|using|clicking|signing up|submitting|browsing)).{0,120}"
            r"(?:cookies?|terms(?: of \w+)?|privacy policy|agree|consent).{0,120}",
            r"(?:accept|reject|manage)(?: all)?(?: cookies| preferences)?",
            r"(?:copyright|©|\(c\))\s?(?:©|\(c\))?\s?(?:\d{4}|by\b).{0,200}",
            r".{0,80}\ball rights reserved\b.{0,160}",
            r"this material may not be published, broadcast.{0,120}",
            r"(?:privacy|cookie) (?:policy|notice|settings|statement)|terms (?:of|and) (?:use|service|conditions)|contact us"
            r"|about us|advertise(?: with us)?|site ?map|skip to (?:main )?content|back to top|return to top|go to top",
            # advertisements and players
            r"(?:advertisements?|ad|ads|advertising|sponsored|promotion)(?: feedback| loading.{0,30})?",
            r"ad feedback",
            r"how relevant is (?:this|the) ad to you\??",
            r"did you encounter any technical issues\??",
            r"(?:video player was slow to load content|video content never loaded|ad froze or did not finish loading"
            r"|video content did not start after ad|audio on ad was too loud|other issues|ad never loaded"
            r"|ad prevented/slowed the page from loading|content moved around while ad loaded|ad was repetitive to ads.{0,30})",
            r"(?:thank you!? )?your (?:effort and contribution|feedback|ad feedback).{0,120}(?:appreciated|us|you)",
            r"(?:play|pause|watch|listen|mute|unmute|replay|full ?screen|autoplay|loading|up next|now playing|live|close|menu|search"
            r"|next|previous|caption|gallery|image|photo|video|slideshow)(?: (?:video|now|live|audio|all|gallery|photos?))?"
            r"(?: ?\d+ ?(?:of|/) ?/? ?\d+)?",
            r"\d+ ?(?:/|of) ?\d+",
            r"(?:enlarge|hide|toggle|show) (?:this )?(?:image|caption|photo)?",
            r"(?:your browser|javascript|please enable).{0,120}(?:support|javascript|html5|video|enabled?|disabled).{0,80}",
        )
    ),
    re.IGNORECASE,
)
_ENDS = re.compile(r"^[\s\W_]+|[\s\W_]+$")


def is_junk(line: str) -> bool:
    """Whether a line is furniture whatever its neighbours are: failed templates, share and subscribe lines and such."""
    if len(line.split()) > _MAX_WORDS:
        return False
    if _TEMPLATE.search(line):
        return True
    bare = _ENDS.sub("", line)
    return bool(bare) and _FURNITURE.fullmatch(bare) is not None
