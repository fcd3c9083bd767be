"""What counts as the same word in a claim and its source: stems, stated equivalences, opposites.

The tables are of news English and short on purpose. A word that they lack makes a true claim fail, which costs a
paraphrase; a word too many lets a false one pass.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

from rag.words import STOP_WORDS

_IRREGULAR = """
rise rose risen|fall fell fallen|win won|lose lost|take took taken|give gave given|get got|go went gone|come came|
make made|see saw seen|say said|tell told|find found|hold held|meet met|leave left|begin began begun|become became|
lead led|send sent|bring brought|keep kept|stand stood|run ran|strike struck|shake shook shaken|speak spoke spoken|
choose chose chosen|fly flew flown|draw drew drawn|grow grew grown|write wrote written|drive drove driven| throw threw
thrown|seek sought|buy bought|sell sold|pay paid|lay laid|build built|catch caught|teach taught| think thought|feel
felt|hear heard|know knew known|beat beaten|swear swore sworn|spend spent|die dying|tear tore torn| wear wore
worn|break broke broken|shoot shot|sink sank sunk|swim swam|sing sang sung|steal stole stolen|bear bore born| hide hid
hidden|forbid forbade forbidden|forget forgot forgotten|bind bound|fight fought|sit sat|sleep slept| deal dealt|mean
meant|lend lent|undergo underwent|undertake undertook undertaken|withdraw withdrew withdrawn| overcome overcame|man
men|woman women|child children|person people|life lives|wife wives|foot feet|good better best| bad worse worst|ride
rode ridden|wind wound|freeze froze frozen|fire fired|dead death deaths died dies
"""
BASES: dict[str, str] = {
    form: line.split()[0] for line in _IRREGULAR.replace("\n", " ").split("|") for form in line.split()
}
# Each line is one stated equivalence; a word may stand in several.
_EQUIVALENT = """
quake earthquake shock aftershock|toll death die kill fatality perish lose casualty victim|wounded injured hurt| kill
murder slay|jet plane aircraft airliner|aboard board carry|ex former formerly|country nation state| leader president
premier|premier prime|finish come|start begin launch open commence|finish end conclude complete close stop| rise climb
increase grow jump gain soar up raise higher|fall drop decline decrease slip plunge tumble slide down lower| reduce
cut lower slash trim|beat defeat overcome|win victory triumph|victory win|loss lose|get receive obtain gain win| win
receive take secure|buy purchase acquire|sell sale|big large huge great|entire whole all|hit strike| deal agreement
accord pact treaty|agree accept consent|sign signature seal|elect election choose|vote ballot| resign resignation quit
step|sack dismiss fire oust remove|remove oust dismiss|name appoint nominate call|call name describe| refuse decline
reject|reject dismiss refuse|deny denial|forbid ban prohibit|attack assault strike| demand call urge|urge ask call|ask
request|help aid assist assistance|warn caution warning|plan intend|promise pledge vow| goal target aim|present
current|now current|yearly annual annually year|monthly month|daily day|weekly week| triple three treble|twice double
two|half halve|faulty defective|computer machine|cancel scrap axe|firm company| company business|maker producer
manufacturer|worker employee staff|money fund cash|cost price|share stock| rate interest|likely probably
expected|probable probably likely|return back come|carry conduct perform do|show display| move relocate|go travel|hold
stage|stop halt|stop prevent|border frontier|oppose against opposition|opponent rival foe| rival competitor|back
support endorse|support backing|say statement announce announcement declare|approve approval clear| decide decision
rule|rule ruling judgment verdict|court judge tribunal justice|convict guilty|jail prison imprison| arrest
detain|charge accuse|police officer|troops soldier force army|weapon arms|war conflict|fight battle fighting| bomb
blast explosion explode|fire blaze|flee escape|house home|city town|capital city|child kid|doctor physician| drug
medicine|jab injection shot vaccine|sick ill|disease illness virus|scientist researcher|study research| test
trial|discover find discovery|unseen before|previously before earlier|foreigner foreign|foreign abroad| world global
worldwide|pope pontiff|film movie|book novel|author writer|match game|final championship|championship tournament|
title crown trophy championship|coach manager|header head|gold medal|medal win|cathedral church|reopen open| reach hit
touch|exceed pass surpass top over|worth value|founder found co-founder|establish found|near close almost| almost
nearly|about around roughly approximately some|lack no without|need require|try attempt seek|attempt try| last
final|past last|next following|main chief|chief head|head lead leader|govern lead rule|government cabinet| parliament
assembly legislature|predecessor before|successor replace succeed|replace succeed|take assume| effect force|force
effective|ratify ratification|member join|join enter adopt|adopt introduce|adopt pass|tariff duty| shop store|sea
ocean|send dispatch|enough sufficient|quick fast rapid|briefly time|brief short|centre center| metre meter|kilometre
kilometer km|defence defense|organisation organization|programme program|percent %| speech address|tv television|phone
telephone call|tell inform|remain stay continue|keep retain maintain continue| keep remain|leave depart quit
exit|leave off out come|let allow permit|allow able|injure hurt|storm hurricane|hurricane typhoon| many
numerous|several some few|begin early|dismiss reject describe call|obtain get|live reside|work operate|make produce|
create make|build construct|destroy ruin|damage harm|danger threat threaten|dangerous danger|rescue save| saw
see|search look|huge massive|rich wealthy|poor poorer|climate warming|law legislation bill|border boundary| belong
own|birth born|bear birth|spokesman spokeswoman spokesperson|chairman chairwoman chair|male man|female woman| biggest
largest|large big|candidate nominee|campaign run|investigator inquiry investigate investigation probe| put set
place|estimate expect|disable knock|spread outbreak|case infection|infect infection|recover retrieve|reveal show|
require must|unable cannot|bind binding|rely depend|unanimous agree
"""
_DEMONYMS = """
france french frenchman|britain british uk briton|netherlands dutch|germany german|greece greek|spain spanish
spaniard| switzerland swiss|denmark danish dane|sweden swedish swede|poland polish pole|turkey turkish turk|finland
finnish finn| norway norwegian|ireland irish|scotland scottish scot|wales welsh|us american america|portugal
portuguese| thailand thai|philippines filipino|afghanistan afghan|czechia czech|england english|europe european eu|
washington us|un nations
"""
_OPPOSITES = """
accept reject|win lose|rise fall|increase decrease|raise lower|grow shrink|gain loss|buy sell|open close|begin end|
start stop|arrive leave|enter leave|allow ban|allow forbid|approve reject|agree refuse|support oppose|confirm deny|
admit deny|convict acquit|guilty innocent|succeed fail|live die|strong weak|large small|high low|early late| more
less|more few|above below|up down|before after|first last|best worst|join leave|arrest release|build destroy| attack
defend|hire fire|strengthen weaken|improve worsen|include exclude|legal illegal|public private| favour against|for
against|since until|likely unlikely|able unable|willing unwilling|safe dangerous|praise criticise| remember
forget|export import|north south|east west|male female|man woman|over under|most least|import export
"""
# Words of reporting and of framing, which say nothing of the world that the source does not.
_HARMLESS = """
least nearly almost approximately roughly around over fewer
say said says saying tell told report reported reports state stated add added note noted announce announced explain
explained mention according statement source article story news also however meanwhile later then there thus therefore
ever well very just still yet already even both total altogether people person one ones day time place thing way take
took make made have get go come put give keep set who which that called named mr ms mrs dr including include per each
among amid during following place happen occur reportedly number figure own while whereas since once part kind way
"""
_DASHES = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
)
_ALIASES = (
    (re.compile(r"\b(?:the )?United States(?: of America)?\b|\bU\.\s?S\.(?:\s?A\.)?|\bUSA\b"), "US"),
    (re.compile(r"\b(?:the )?United Kingdom\b|\bU\.\s?K\."), "UK"),
    (re.compile(r"\b(?:the )?European Union\b|\bE\.U\."), "EU"),
    (re.compile(r"\b(?:the )?United Nations\b|\bU\.\s?N\."), "UN"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"\b([ap])\.\s?m\b\.?", re.I), r"\1m"),
)  # fmt: skip


def vocabulary(words: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(words.split())


def canonical(text: str) -> str:
    """The text with one style of quotation marks, dashes and spaces, no accents, and the great names shortened."""
    plain = text
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text.translate(_DASHES))
        plain = "".join(char for char in folded if not unicodedata.combining(char))
    for pattern, short in _ALIASES:
        plain = pattern.sub(short, plain)
    return " ".join(plain.split())


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a word in any case: irregular forms by their base, the rest by Porter's second algorithm."""
    low = word.lower().removesuffix("'s").removesuffix("'")
    # A stemmer holds the word it is at work on: threads cannot share one.
    return str(snowballstemmer.stemmer("english").stemWord(BASES.get(low, low)))


def _groups(table: str, mark: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, line in enumerate(table.replace("\n", " ").split("|")):
        for word in line.split():
            found.setdefault(stem(word), set()).add(f"{mark}{number}")
    return {word: frozenset(groups) for word, groups in found.items()}


_SENSES = _groups(_EQUIVALENT, "=")
_PLACES = _groups(_DEMONYMS, "@")
OPPOSITES: dict[str, frozenset[str]] = {}
for _line in _OPPOSITES.replace("\n", " ").split("|"):
    _one, _other = (stem(_word) for _word in _line.split())
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}
HARMLESS = frozenset(stem(word) for word in _HARMLESS.split()) | frozenset(map(stem, STOP_WORDS))


@lru_cache(maxsize=1 << 16)
def senses(word: str) -> frozenset[str]:
    """What a word may match by: its stem, its stated equivalences, and for a capitalised one the place it tells of."""
    root = stem(word)
    keys = _SENSES.get(root, frozenset()) | {root}
    if word[:1].isupper():
        keys |= _PLACES.get(root, frozenset()) or {f"@{_place(word)}"}
    return keys


def _place(word: str) -> str:
    """ "Iranian" and "Iran", "Russian" and "Russia" without their endings."""
    low = word.lower().removesuffix("'s").removesuffix("'")
    if len(low) < 6 and not low.endswith(("a", "o", "y", "i")):
        return low
    low = low.removesuffix("s") if low.endswith(("ans", "is")) else low
    return re.sub(r"(?<=\w{3})(?:ian|ean|ese|an|ia|ea|[aeioy])$", "", low)


def same(one: str, other: str) -> bool:
    """Whether two words are one, or stated to be equivalent."""
    return bool(senses(one) & senses(other))
