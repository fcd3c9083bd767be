"""Bytes of a file, decompressed and guarded; and text from bytes whose encoding has to be found."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

import zstandard

from index.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 64 * 1024  # enough to tell a format, an encoding and the header of a table
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MAX_RATIO = 200  # news text packs 3 to 10 times, its most repetitive exports some 50
_RATIO_FROM = 64 * 2**20  # bytes given before the ratio counts: less than this harms nobody
_ZSTD_STEP = 512  # bytes in; a block of 4 bytes can stand for 128 KiB, so at most 16 MiB come out at once
_ZSTD_WINDOW = 2**27  # 128 MiB, the zstd tool's own default limit

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Labels as browsers understand them (WHATWG Encoding): the wider code page stands in for the one that is named.
# A closed list, because Python also has codecs of these names that run code or are no text at all.
_LABELS = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "windows-1254", "cp1254"), "cp1254"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949"), "cp949"),
    **dict.fromkeys(("tis-620", "windows-874", "iso-8859-11"), "cp874"),
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259) if page not in {1252, 1254}},
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{name: name for name in ("utf-8", "big5", "big5-hkscs", "euc-jp", "iso-2022-jp", "koi8-r", "koi8-u")},
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),  # a label that could be read was not in UTF-16
    **{"utf8": "utf-8", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic"},
}
# What pages without a label are written in; UTF-16 without its mark, and what only mainframes used, are left out,
# because a few accents in a short text are enough for the detector to see them.
_DETECTED = sorted({name for name in _LABELS.values() if not name.startswith(("utf", "iso-2022", "mac"))})
_META_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^<>]{0,300}?\b(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I
)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _ZstdFrames:
    """A stream of zstd frames; unlike the library's own reader it tells a frame cut short from one that ended."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._library = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._waiting = b""
        self._out = io.BytesIO()

    def read(self, size: int, /) -> bytes:
        while not (given := self._out.read(size)):
            piece = self._waiting or self._packed.read(_ZSTD_STEP)
            if not piece:
                if self._frame is not None:
                    raise EOFError
                return b""
            frame = self._frame or self._library.decompressobj()
            self._out = io.BytesIO(frame.decompress(piece))
            self._waiting = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return given


class _Guarded(io.RawIOBase):
    """Reads from `inner`, says library errors as InputError, and stops where a little file becomes a flood."""

    def __init__(self, origin: str, inner: _Readable, consumed: Callable[[], int] | None) -> None:
        self._origin = origin
        self._inner = inner
        self._consumed = consumed
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            piece = self._inner.read(len(view))
        except EOFError:
            raise InputError(self._origin, "the compressed data end too early: copy or download it again") from None
        except (zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise InputError(self._origin, f"the compressed data are damaged ({error}): download it again") from error
        except OSError as error:
            raise InputError(self._origin, f"cannot be read ({error.strerror or error})") from error
        self._given += len(piece)
        if self._consumed and self._given > max(_RATIO_FROM, _MAX_RATIO * self._consumed()):
            raise InputError(
                self._origin, f"grows more than {_MAX_RATIO} times when unpacked: unpack it by hand if you trust it"
            )
        view[: len(piece)] = piece
        return len(piece)


@contextmanager
def open_bytes(path: Path, origin: str) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it begins as gzip or zstd files do, whatever its name.

    Raises InputError, then or while reading, where the file cannot be read or unpacked, or grows past all measure.
    """
    try:
        packed = path.open("rb")
    except OSError as error:
        raise InputError(origin, f"cannot be opened ({error.strerror or error})") from error
    with packed:
        magic = packed.peek(4)[:4]
        inner: _Readable = packed
        if magic.startswith(_GZIP):
            inner = gzip.GzipFile(fileobj=packed)
        elif magic == _ZSTD:
            inner = _ZstdFrames(packed)
        yield io.BufferedReader(_Guarded(origin, inner, None if inner is packed else packed.tell), HEAD_BYTES)


def read_head(path: Path, origin: str) -> bytes:
    """The first 64 KiB of the unpacked file; less where it is shorter or damaged sooner (then reading it says so)."""
    head = b""
    with open_bytes(path, origin) as stream:
        while len(head) < HEAD_BYTES:
            try:
                piece = stream.read1(HEAD_BYTES - len(head))  # type: ignore[attr-defined]
            except InputError:
                if not head:
                    raise
                break
            if not piece:
                break
            head += piece
    return head


def read_whole(stream: BinaryIO, origin: str, limit: int) -> bytes:
    """All bytes of a stream. Raises InputError where there are more than `limit`."""
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise InputError(origin, f"is larger than {limit // 2**20} MiB: split it")
    return content


def encoding_of(content: bytes, declared: str | None = None) -> str:
    """The encoding of a text, from the whole of it or its beginning.

    In this order: a byte-order mark; UTF-8 where the bytes are such, or are but for a few broken ones; the
    `declared` label; a detector; Windows-1252. Good UTF-8 beats the label because it does not come about by chance,
    and labels are often wrong.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    label = _LABELS.get((declared or "").strip().lower())
    if content.isascii():
        return label or "utf-8"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(content)
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if bad * 4 <= good:
        return "utf-8"
    return label or _detect(content)


def _detect(content: bytes) -> str:
    from charset_normalizer import from_bytes

    lines = [line for line in content.splitlines() if not line.isascii()]
    matches = from_bytes(b"\n".join(lines)[:HEAD_BYTES], cp_isolation=_DETECTED)
    # Among equals, the encoding that browsers fall back to.
    best = max(matches, key=lambda match: (-match.chaos, match.coherence, match.encoding == "cp1252"), default=None)
    return best.encoding if best else "cp1252"


def declared_charset(head: bytes) -> str | None:
    """The label in a page's `<meta charset>` or `<?xml encoding>`, or None."""
    match = _META_CHARSET.search(head[:4096])
    return match[1].decode("ascii") if match else None


def decode(content: bytes, declared: str | None = None) -> str:
    """The text of some bytes; what cannot be decoded is replaced, NULs go."""
    return mend(content.decode(encoding_of(content, declared), "replace"))


def open_text(stream: BinaryIO, head: bytes, *, newline: str = "\n") -> io.TextIOWrapper:
    """A stream of text over a stream of bytes that begins with `head`; what cannot be decoded is replaced."""
    return io.TextIOWrapper(stream, encoding=encoding_of(head), errors="replace", newline=newline)


_SURROGATE = re.compile("[\ud800-\udfff]")


def mend(text: str) -> str:
    """The text without NULs, and with lone surrogates, which no file can hold, replaced."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "")
