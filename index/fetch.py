"""Fetches pages politely and safely: robots.txt, one request at a time to a host, bounded in size and time.

What is fetched is chosen by feeds, not by us: every host is checked by `guard`, after each redirect too.
"""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from types import TracebackType

import httpx
from protego import Protego

from index.errors import FetchError, NotAsked
from index.guard import PinnedTransport, is_public

log = logging.getLogger(__name__)

AGENT = "Dateline"
_HEADERS = {
    "User-Agent": f"{AGENT}/0.1 (news archive; honours robots.txt)",
    "Accept": "text/html, application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",  # the one packing that is unpacked here, within a bound
}
_GZIP = b"\x1f\x8b"
_ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for at least 500 KiB to be read
_ROBOTS_AGE = 3600.0  # seconds
_LONGEST_WAIT = 86_400.0  # seconds: a server that asks for more is asked again after a day
_LONGEST_DELAY = 60.0  # seconds of a Crawl-delay that are honoured
_NOT_FOR_GOOD = frozenset((408, 425, 429))  # among the 4xx


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one fetch: `size` in bytes, unpacked; `seconds` for each request, from the first byte to the last.

    `gap` is the least number of seconds between two requests to one host.
    """

    size: int = 10 * 2**20
    seconds: float = 30.0
    gap: float = 1.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave. `url` is where it was found in the end; `content` is unpacked.

    `unchanged` is true where the server says that it is as it was (304); `content` is then empty. `charset` is the
    one that the server named. `etag` and `modified` are to be sent with the next request.
    """

    url: str
    content: bytes
    unchanged: bool = False
    charset: str | None = None
    etag: str | None = None
    modified: str | None = None


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: asyncio.Lock = field(default_factory=asyncio.Lock)
    gap: float = 0.0
    ready: float = 0.0  # when the next request may begin, by the monotonic clock
    closed: float = 0.0  # until when the server asked to be left alone
    robots: Protego | None = None
    robots_at: float = 0.0


class Fetcher:
    """A client for reading the web; an asynchronous context manager. One event loop may use it."""

    def __init__(self, *, allow: Callable[[str], bool] = is_public, limits: Limits = Limits()) -> None:
        """`allow` says of an IP address whether it may be connected to."""
        self._limits = limits
        self._hosts: dict[str, _Host] = {}
        self._client = httpx.AsyncClient(
            transport=PinnedTransport(allow),
            headers=_HEADERS,
            timeout=limits.seconds,
            trust_env=False,
        )

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """What an address gives, or that it gives the same as when it had this `etag` or was `modified` then.

        Raises FetchError where it cannot or must not be fetched.
        """
        seen = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = {name: value for name, value in seen.items() if value}
        address = _checked(url, url)
        for _ in range(self._limits.redirects + 1):
            await self._ask_robots(address)
            response, content = await self._request(address, headers, self._limits.size)
            if response.next_request is None:
                return _fetched(url, response, content)
            address = _checked(str(response.next_request.url), url)
        raise FetchError(url, f"leads on more than {self._limits.redirects} times", lasting=True)

    async def _request(self, url: httpx.URL, headers: Mapping[str, str], size: int) -> tuple[httpx.Response, bytes]:
        """One request, in its host's turn; the body is read to its end."""
        host = self._host(url)
        async with host.turn:
            if (left := host.closed - time.monotonic()) > 0:
                raise FetchError(str(url), f"the server asked to be left alone for {left:.0f} s more", wait=left)
            await asyncio.sleep(max(0.0, host.ready - time.monotonic()))
            try:
                async with asyncio.timeout(self._limits.seconds):
                    request = self._client.build_request("GET", url, headers=headers)
                    response = await self._client.send(request, stream=True)
                    try:
                        content = await _read(response, size) if response.is_success else b""
                    finally:
                        await response.aclose()
            except TimeoutError as error:
                raise FetchError(str(url), f"no whole answer within {self._limits.seconds:g} s") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise FetchError(str(url), f"cannot be reached ({error or type(error).__name__})") from error
            finally:
                host.ready = time.monotonic() + max(self._limits.gap, host.gap)
            if response.status_code in {429, 503} and (wait := _retry_after(response)) is not None:
                host.closed = time.monotonic() + wait
        return response, content

    async def _ask_robots(self, url: httpx.URL) -> None:
        """Raises FetchError where the host's robots.txt does not let us have the address."""
        host = self._host(url)
        async with host.asked:
            if host.robots is None or time.monotonic() - host.robots_at > _ROBOTS_AGE:
                host.robots = await self._robots(url)
                host.robots_at = time.monotonic()
                host.gap = min(host.robots.crawl_delay(AGENT) or 0.0, _LONGEST_DELAY)
        if not host.robots.can_fetch(str(url), AGENT):
            raise FetchError(str(url), "the site's robots.txt asks not to fetch it", lasting=True)

    async def _robots(self, url: httpx.URL) -> Protego:
        """The rules of a host, after RFC 9309: none where it has no file, and no visit where that cannot be read."""
        address = url.copy_with(raw_path=b"/robots.txt", fragment=None)
        for _ in range(self._limits.redirects + 1):
            response, content = await self._request(address, {}, _ROBOTS_BYTES)
            if response.next_request is not None:
                address = _checked(str(response.next_request.url), str(address))
                continue
            if response.is_success or (response.is_client_error and response.status_code != 429):
                return Protego.parse(content.decode("utf-8", "replace"))
            break
        wait = _retry_after(response)
        reason = f"its robots.txt cannot be read (status {response.status_code}), so it is left alone for now"
        raise FetchError(str(url), reason, wait=wait)

    def _host(self, url: httpx.URL) -> _Host:
        return self._hosts.setdefault(f"{url.scheme}://{url.netloc.decode('ascii')}", _Host())


def _checked(url: str, origin: str) -> httpx.URL:
    """An address that may be asked for: http or https, with a host, and without anyone's password."""
    led = "" if url == origin else f"leads to {url}: "
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise NotAsked(origin, f"{led}not an address ({error})") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise NotAsked(origin, f"{led}only http and https addresses are fetched")
    if address.userinfo:
        raise NotAsked(origin, f"{led}addresses with a user's name in them are not fetched")
    return address.copy_with(fragment=None)


async def _read(response: httpx.Response, size: int) -> bytes:
    origin = str(response.url)
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchError(origin, f"is packed as {packing[:20]}, which was not asked for", lasting=True)
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > size:
            raise _too_large(origin, size)
    content = bytes(body)
    for _ in range(2):  # a file that is packed itself may be packed once more on its way
        if content.startswith(_GZIP):
            content = _unpacked(content, origin, size)
    return content


def _unpacked(packed: bytes, origin: str, size: int) -> bytes:
    """The bytes of a gzip file of one or more parts; never more than `size` are unpacked."""
    content = b""
    while packed.startswith(_GZIP):
        part = zlib.decompressobj(wbits=31)
        try:
            content += part.decompress(packed, size + 1 - len(content))
        except zlib.error as error:
            raise FetchError(origin, f"its gzip data are damaged ({error})") from error
        if len(content) > size:
            raise _too_large(origin, size)
        if not part.eof:
            raise FetchError(origin, "its gzip data end too early")
        packed = part.unused_data
    return content


def _too_large(origin: str, size: int) -> FetchError:
    return FetchError(origin, f"is larger than {size / 2**20:g} MiB", lasting=True)


def _fetched(origin: str, response: httpx.Response, content: bytes) -> Fetched:
    status = response.status_code
    if status != 304 and not response.is_success:
        lasting = response.is_client_error and status not in _NOT_FOR_GOOD
        raise FetchError(
            origin,
            f"the server answers {status} {response.reason_phrase}",
            lasting=lasting,
            wait=_retry_after(response),
        )
    kind = Message()
    kind["content-type"] = response.headers.get("content-type", "")
    return Fetched(
        url=str(response.url),
        content=content,
        unchanged=status == 304,
        charset=kind.get_content_charset(),
        etag=response.headers.get("etag"),
        modified=response.headers.get("last-modified"),
    )


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds in a Retry-After header, which gives them or a date; at most a day. None where there are none."""
    written = response.headers.get("retry-after", "").strip()
    if written.isdecimal():
        return min(float(written[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, OverflowError):  # the year 99999999999
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _LONGEST_WAIT)
