"""Lines which are page furniture wherever they stand, told by their form alone.

These are the unmistakable ones only: the forms of furniture must fit a line from end to end, and a long line is never
junk by a phrase inside it. What depends on the neighbours of a line is the business of `index.dump`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

_MAX_WORDS = 40  # beyond this a paragraph has something to say

_TEMPLATE = re.compile(
    r"""
    \w\.\w+\.\w+\?\.\w                                  # A.B.C?.D of a template that was not filled in
    | \w\?\.\w+\(\) | \.To(?:Upper|Lower)(?:Invariant)?\(\)
    # The first opening is enough, and is not looked for again: a line of openings would take its square in time.
    | ^(?>.*?\{\{).*\}\} | ^(?>.*?\{%).*%\} | ^(?>.*?<%).*%> | \$\{\w+(?:\.\w+)*\} | \[\[\w+\]\]
    | ^(?>.*?\bfunction\s*\().*\{ | \bwindow\.\w+\s*= | \bdocument\.(?:write|getElement\w*)\b | \bgoogletag\.
    """,
    re.VERBOSE,
)

_TEMPLATE_MARKS = ("?.", ".To", "{{", "{%", "<%", "${", "[[", "function", "window.", "document.", "googletag.")

_SITES = "facebook|twitter|x|instagram|youtube|linkedin|tiktok|telegram|threads|reddit|whatsapp|google news"
_MAIL = "newsletters?|inbox|alerts?|e-?mails?|podcast|updates|account|channel"

# Each form is tried on the whole line, without regard to case and without the marks at its ends.
_RAIL_HEADINGS = (
    r"(?:latest|breaking|top|more|related|trending|popular|other|local|recent|featured|editor'?s'?|all)"
    r" (?:news|stor(?:y|ies)|headlines|articles?|posts|coverage|videos?|links|content|picks|choice|topics)"
    r"(?: (?:from|on|in|about|by) .{1,50})?",
    r"recommended(?: (?:for you|stories|articles|reading|videos?|by \w+))?",
    r"most (?:read|popular|viewed|shared|watched|recent|commented)(?: \w+){0,3}",
    r"you (?:may|might|will) (?:also )?(?:like|be interested in)(?: (?:these|this|posts|stories|articles))*",
    r"we recommend|trending(?: now)?|around the web|don'?t miss|what to read next|related|in this (?:story|article)",
    r"(?:from around the web|promoted|sponsored|paid)(?: (?:content|stories|links|by))?(?: \w+)?",
    r"up next|more (?:from|on|in) .{1,40}",
)
_FORMS = (
    *_RAIL_HEADINGS,
    # pointers to other pages and to the rest of this one
    r"(?:read|see|learn|find out) (?:more|next|also|all)",
    r"(?:read|see|learn|find out) (?:more|all) ?(?::|here|about|on|from|in|at|commentary|stor\w+|(?:[\w-]+ )?news)"
    r".{0,70}",
    r"(?:read|see|view) (?:the )?full (?:story|article|bio|coverage)",
    r"(?:show|load|view|hear) (?:more|less|all|next)(?: (?:comments?|photos?|stories|videos?|images?|show less))?",
    r"(?:continue|keep) reading(?: (?:the|this|below|after|here).{0,60})?",
    r"(?:click|tap) here.{0,80}|scroll down (?:for|to) .{0,60}",
    r"(?:story|article|interview|list) continues(?: (?:below|after)(?: .{1,40})?)?",
    # asking for something
    r"(?:please )?(?:subscribe|sign[ -]?(?:up|in)|log[ -]?(?:in|out)|register|join)(?: (?:now|today|here|free|us))?",
    r"(?:please )?subscribe .{1,120}",
    r"(?:please )?(?:sign[ -]?up|log[ -]?in|register|join) .{0,120}"
    rf"\b(?:{_MAIL}|to (?:comment|continue|read))\b.{{0,80}}",
    r"(?:please )?(?:sign[ -]?up|subscribe) (?:for|to) .{0,80}\bnewsletters?\b.{0,150}",
    r"(?:get|receive) .{0,80}\b(?:newsletters?|inbox|alerts|e-?mails?)\b.{0,80}",
    r"(?:[\w-]+ ){0,4}newsletters?(?: sign[ -]?up)?",
    rf"(?:share|tweet|pin|print|e-?mail|copy|save|bookmark|flipboard|messenger|rss|{_SITES})"
    rf"(?: (?:this|it|on|via|to|link|the|article|story|page|post|with|your|friends|and|e-?mail|copy|print|{_SITES}))*",
    r"(?:follow|like|find|join) (?:us|me|him|her|them|@\w+|[\w.@ ]{2,60}?) (?:on|at) "
    rf"(?:{_SITES}|social media)\b.{{0,100}}",
    r"(?:download|get) (?:the|our)(?: free)?(?: \w+){0,4} apps?\b.{0,60}",
    # comments, consent, copyright
    r"(?:\d+ |view |show |hide |post |add |leave |write |no |join the |start the )?(?:a |all )?"
    r"(?:\d+ )?(?:comments?|conversation|reply|discussion)(?: \(\d+\)| section)?",
    r"comments? (?:are|is) (?:closed|off|disabled).{0,60}",
    r"(?:this (?:web)?site|we) uses? cookies.{0,250}",
    r"by (?:continuing|using|clicking|signing up|submitting|browsing) .{0,120}"
    r"\b(?:cookies|terms of|privacy policy|you (?:agree|consent))\b.{0,120}",
    r"(?:accept|reject|manage)(?: all)? (?:cookies|preferences)|accept all",
    r"(?:copyright )?(?:©|\(c\)|copyright) ?(?:copyright )?(?:\d{4}|by\b).{0,200}|(?:copyright|©)",
    r".{0,100}\ball rights reserved\b.{0,160}",
    r"this material may not be published, broadcast.{0,120}",
    r"(?:privacy|cookie) (?:policy|notice|settings|statement)|terms (?:of|and) (?:use|service|conditions)",
    r"contact us|about us|advertise(?: with us)?|site ?map|skip to (?:main )?content|(?:back|return|go) to top",
    # advertisements, players and galleries
    r"(?:advertisements?|ads?|advertising|sponsored|promotion)(?: (?:feedback|loading.{0,30}|choices))?",
    r"(?:\d+\W+)?how relevant is (?:this|the) ad to you",
    r"(?:\d+\W+)?did you encounter any technical issues",
    r"(?:(?:video player was slow to load content|video content never loaded|ad froze or did not finish loading"
    r"|video content did not start after ad|audio on ad was too loud|ad never loaded|other issues"
    r"|ad prevented/slowed the page from loading|content moved around while ad loaded"
    r"|ad was repetitive to ads.{0,30})\W*)+",
    r"(?:thank you!? )?your (?:effort and contribution|ad feedback) .{0,120}",
    r"(?:play|pause|watch|listen|mute|unmute|replay|full ?screen|autoplay|loading|up next|now playing|close|menu|search"
    r"|next|previous|caption|(?:photo |image )?gallery|image|photo|video|slideshow)"
    r"(?: (?:video|now|live|audio|all|gallery|photos?|caption))?(?: \d+ ?(?:of|/) ?\d+)?",
    r"just watched .{1,150} (?:replay )?(?:more videos )?\W*must watch .{1,150}",
    r"video ad feedback .{1,150}|.{1,150} \d?\d:\d\d - source: .{1,40}",
    r"\d+ ?(?:/|of) ?\d+",
    r"(?:enlarge|hide|toggle|show) (?:this )?(?:image|caption|photo)(?: \d+ of \d+)?",
    r"(?:your browser|javascript|please enable) .{0,120}\b(?:support|javascript|html5|enabled?|disabled)\b.{0,80}",
)
_RAIL_HEADING = re.compile("|".join(f"(?:{form})" for form in _RAIL_HEADINGS), re.IGNORECASE)
_FURNITURE = re.compile("|".join(f"(?:{form})" for form in _FORMS), re.IGNORECASE)
BYLINE = re.compile(r"(?i:by|(?:words|written|reported|story) by|von|par|por)(?::\s*|\s+)(?=[^\W\d_a-z])")
_DATELINE = re.compile(r"(?:(?:[^\W\d_a-z][\w.'’]*|of|and|de|the)[,]?\s+){0,6}[^\W\d_a-z][\w.'’)(]*\s*[—–-]{1,2}")
_CAPTION_START = re.compile(
    r"(?:in this (?:[^.;]{0,50}\s)?(?:photo(?:graph)?|image|picture|frame grab|handout|screen ?grab)\b"
    r"|files?(?: (?:photo|picture|image))?\s*[-–—:]"
    r"|\(?(?:file |handout )?(?:photo|image|picture|caption)s?(?: (?:by|credit|courtesy|of))?\s*[:(/-])",
    re.IGNORECASE,
)
_CREDIT_MARK = re.compile(r"[(/]|Photo|Getty|Shutterstock|iStock|EPA")  # one is in all that the next fits
_CAPTION_CREDIT = re.compile(
    r"(?:\((?i:(?:AP )?(?:photo|image|file|courtesy|credit))[^)]*\)\W*"
    r"|/\s?(?:AP|AFP|Reuters|REUTERS|Getty|TASS|Xinhua)[)\s]*"
    r"|\b(?:AP Photo|Getty Images|Shutterstock|iStock|EPA-EFE)\b[^.]{0,60}|\bPhoto(?:graph)?(?: by\b|:)[^.]{0,60})$"
)
_AGENCY = (
    r"(?:AP|AFP|EPA|EPA-EFE|PA Images|PA|Associated Press|Reuters|REUTERS|Getty(?: Images)?|Shutterstock|TASS|Xinhua"
    r"|Alamy|Anadolu(?: Agency)?|Bloomberg|NurPhoto|Redux|Sipa|ZUMA(?: Press)?|Pool|CNN)"
)
# Whose a picture is, in a row of them: "Ada Holm/AFP/Getty Images", "Ada Holm for CNN".
_PICTURE_CREDIT = re.compile(
    rf"/\s?{_AGENCY}\b(?!\s?/)|\b[^\W\d_a-z][\w.'’-]{{0,30}}\s[^\W\d_a-z][\w.'’-]{{0,30}}\sfor CNN\s(?=[^\W\d_a-z])"
)
_CAPTION_CUE = re.compile(
    r"\b(?:left|right|cent(?:er|re)|pictured|photo|seen|shown|file|poses?|looks on|arrives?)\b", re.I
)
_GALLERY_MARK = re.compile(r"\bHide [Cc]aption \d{1,4} of \d{1,4}\b")
_OPENING = re.compile(r"^[^\w©(@]+")
_REPORTED_FROM = re.compile(r"\(?(?:CNN|AP|AFP|Reuters|UPI|USA TODAY)(?: \w+)?\)?\s*[—–-]{1,2}$")
_POINTERS = re.compile(
    r"(?:read |see |learn )?(?:more|also|related|previously|opinion|fact check|review|watch|video|photos|live updates"
    r"|podcasts?|exclusive|analysis|explainer)\b",
    re.IGNORECASE,
)
_LONGEST_LABEL = 80
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]„」』]*(?:\s*\[\d+\])*$")
_MAX_CHARACTERS = 1_000  # no furniture is longer, and no form is tried on more: some would take its square in time
LONGEST_CAPTION = _MAX_CHARACTERS  # what is longer is a gallery


def is_junk(line: str) -> bool:
    """Whether a line is furniture whatever its neighbours are: failed templates, share and subscribe lines and such."""
    if len(line) > _MAX_CHARACTERS:
        return False
    # One of the marks is in whatever the pattern fits, and they are looked for in a hundredth of its time.
    if any(mark in line for mark in _TEMPLATE_MARKS) and _TEMPLATE.search(line):
        return True
    bare = _bare(" ".join(line.split()))
    return 0 < bare.count(" ") + 1 <= _MAX_WORDS and (_is_link(line) or _FURNITURE.fullmatch(bare) is not None)


def _is_link(line: str) -> bool:
    """Whether a line leads to another story, as "More:Ferry sinks": a label, and a headline with no space between."""
    label, colon, headline = line.strip("►▶•* ").partition(":")
    if not colon or not 2 <= len(label) <= _LONGEST_LABEL or ". " in label:
        return False
    first = headline.lstrip("“\"‘'")[:1]
    told = headline.endswith(".") and not _POINTERS.match(label)
    return first.isupper() and headline.count(" ") >= 2 and not told


def _bare(line: str) -> str:
    """The line without the marks at its ends."""
    end = len(line)
    while end and not (line[end - 1].isalnum() or line[end - 1] in "_)"):
        end -= 1
    return _OPENING.sub("", line[:end])


def is_rail_heading(line: str) -> bool:
    """Whether a line is the heading of a list of other stories."""
    return len(line) <= _MAX_CHARACTERS and _RAIL_HEADING.fullmatch(_bare(line)) is not None


def is_aside(line: str) -> bool:
    """Whether a line is no part of a story though it may stand in it: furniture, a byline, a dateline on its own."""
    words = line.split()
    if (
        len(line) <= _MAX_CHARACTERS
        and len(words) <= 8
        and (
            _DATELINE.fullmatch(line) or _REPORTED_FROM.search(line) or (BYLINE.match(line) and line[-1] not in '.!?”"')
        )
    ):
        return True
    return is_junk(line)


def is_caption(line: str, *, opening: bool = False) -> bool:
    """Whether a line is the caption of a picture, or those of a gallery.

    `opening` where it is no sentence and stands before the first.
    """
    if _is_gallery(line):
        return True
    words = len(line.split())
    if len(line) > _MAX_CHARACTERS or words > 80:
        return False
    if (_CREDIT_MARK.search(line) and _CAPTION_CREDIT.search(line)) or (
        _CAPTION_START.match(line) and not ends_sentence(line)
    ):
        return True
    return opening and words >= 6 and _CAPTION_CUE.search(line) is not None


def _is_gallery(line: str) -> bool:
    """Whether a line, however long, is the captions of several pictures, or one of a row of them."""
    if "aption" in line and _GALLERY_MARK.search(line) and (_CAPTION_START.match(line) or line.count("aption") > 1):
        return True
    return ("/" in line or " for CNN " in line) and len(_PICTURE_CREDIT.findall(line)) > 1


def told_in_pictures(captions: Iterable[str]) -> list[str]:
    """What stands under the pictures of galleries, a line each, without the marks between and the title before each."""
    parts = [part for line in captions for part in map(str.strip, _GALLERY_MARK.split(line)) if part]
    shared = takewhile(lambda words: len(set(words)) == 1, zip(*(part.split() for part in parts), strict=False))
    title = " ".join(word for word, *_ in shared) + " "
    return [part.removeprefix(title) for part in parts] if _CAPTION_START.match(title) else parts


def ends_sentence(line: str) -> bool:
    """Whether a line ends where a sentence does, closing quotation marks, brackets and note numbers aside."""
    return _SENTENCE_END.search(line[-40:]) is not None
