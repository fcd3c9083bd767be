"""Which addresses may be fetched from: the name is resolved once, checked, and the connection made to what was checked.

A feed names addresses that nobody here chose, and a redirect may name any. Without a guard, they could reach
services that listen only to this machine or its network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

import httpx

from index.errors import FetchError, NotAsked

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MEND = "give --allow-private where this is your own network"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv6 address that carries an IPv4 one is judged by both.

    Raises ValueError where the text is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            carried.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(not is_public(str(inner)) for inner in carried if inner is not None):
            return False
        if ip.ipv4_mapped:
            return True
    return ip.is_global and not ip.is_multicast


def anywhere(address: str) -> bool:
    """Lets every address be connected to, this machine's own too."""
    return True


class PinnedTransport(httpx.AsyncBaseTransport):
    """Resolves the host of each request itself, refuses it unless all its addresses are allowed, and connects to those.

    The name is not looked up again, so that it cannot lead elsewhere after the check. TLS certificates are checked
    against the name. Raises FetchError for a host that is refused or not found.
    """

    def __init__(self, allow: Callable[[str], bool] = is_public) -> None:
        """`allow` says of an IP address whether it may be connected to."""
        self._allow = allow
        # Connections are told apart by address, not by name: none is kept, so none can serve another name.
        self._inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request to one of the checked addresses of its host, the first that takes the connection."""
        name = request.url.raw_host.decode("ascii")
        addresses = await self._addresses(name, request)
        extensions = {**request.extensions, "sni_hostname": name}
        refused: httpx.ConnectError | None = None
        for address in addresses:
            pinned = httpx.Request(
                method=request.method,
                url=request.url.copy_with(host=address),
                headers=request.headers,  # its Host still names the host, not the address
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except httpx.ConnectError as error:
                refused = error
        assert refused is not None
        raise refused

    async def aclose(self) -> None:
        """Lets go of all connections."""
        await self._inner.aclose()

    async def _addresses(self, name: str, request: httpx.Request) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(name.strip("[]"), request.url.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FetchError(str(request.url), f"the host {name} is not found ({error})") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if refused := next((address for address in addresses if not self._allow(address)), None):
            raise NotAsked(str(request.url), f"{name} is at {refused}, which is not on the open internet: {_MEND}")
        return addresses
