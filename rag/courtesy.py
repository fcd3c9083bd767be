"""What is said to a reader who says what no archive answers: a greeting, thanks, a question about Dateline."""

from __future__ import annotations

import re

_ALONE = re.compile(
    r"^(?:(?P<greeting>(?:hi|hello|hey|good (?:morning|afternoon|evening|day))(?: there| again| all)?"
    r"(?:,? how are (?:you|things)(?: today| doing)?)?|how are you(?: today| doing)?)"
    r"|(?P<thanks>(?:(?:ok(?:ay)?|great|good|perfect|nice|cool|fine)\W+)?(?:many )?(?:thanks|thank you|thx|cheers)"
    r"(?: a lot| very much| so much| again)?|ok(?:ay)?|great|perfect|got it|i see|cool|(?:good)?bye|see you)"
    r"|(?P<about>(?:who|what) are you|what can (?:you|i) (?:do|ask)(?: here| you)?|what do you do|how do you work|"
    r"how does (?:this|it) work|what is (?:this|dateline)|who (?:made|built) you|help(?: me)?))\W*$",
    re.I,
)
_ABOUT = (
    "Dateline answers from a news archive. Every sentence of an answer stands, word for word, in a dated source that "
    "it cites; where the archive does not answer a question, it says so."
)
_REPLIES = {"greeting": "Hello. What do you want to know?", "thanks": "Ask on whenever you like.", "about": _ABOUT}


def courtesy(message: str) -> str | None:
    """The reply to a message that asks nothing of the news, and None for every other."""
    said = _ALONE.match(message.strip())
    return _REPLIES[said.lastgroup] if said and said.lastgroup else None
