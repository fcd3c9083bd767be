"""An optional login: users with salted scrypt hashes, in DATELINE_AUTH or in a file it names."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from index.errors import SettingsError

_COST, _BLOCK, _PARALLEL, _BYTES = 2**14, 8, 1, 32  # scrypt's n, r, p: 16 MiB and some 50 ms a check
_CHECKS_AT_ONCE = 2
_LINE = re.compile(r"(?P<user>[^:\s$,]+):(?P<salt>[0-9a-f]{32})\$(?P<hash>[0-9a-f]{64})")
_MEND = "Make one with `dateline hash-password USER`."

Check = Callable[[str, str], Awaitable[bool]]


def hash_password(user: str, password: str, *, salt: bytes | None = None) -> str:
    """A line `user:salt$hash` for DATELINE_AUTH. Raises SettingsError for a name that could not be read again."""
    salt = salt or secrets.token_bytes(16)
    line = f"{user}:{salt.hex()}${_scrypt(password, salt).hex()}"
    if not password or not _LINE.fullmatch(line):
        raise SettingsError("A user's name has no blanks and none of : $ , in it, and a password is not empty.")
    return line


def read_users(setting: str) -> Users:
    """The users of a setting: a file of lines `user:salt$hash`, or such lines themselves, with commas between.

    Raises SettingsError naming the line that is no user; the line itself is not repeated.
    """
    text, origin = setting, "DATELINE_AUTH"
    if not _LINE.match(setting.strip()):
        origin = setting
        try:
            text = Path(setting).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SettingsError(f"DATELINE_AUTH names no file that can be read, and no user. {_MEND}") from error
    users: dict[str, tuple[bytes, bytes]] = {}
    for number, line in enumerate(re.split(r"[\n,]", text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise SettingsError(f"{origin}, line {number}, is not user:salt$hash. {_MEND}")
        users[found["user"]] = (bytes.fromhex(found["salt"]), bytes.fromhex(found["hash"]))
    if not users:
        raise SettingsError(f"{origin} names no user. {_MEND}")
    return Users(users)


class Users:
    """Who may come in."""

    def __init__(self, users: Mapping[str, tuple[bytes, bytes]]) -> None:
        """`users` are names with their salts and hashes."""
        self._users = dict(users)

    def __len__(self) -> int:
        return len(self._users)

    def admits(self, user: str, password: str) -> bool:
        """Whether the password is this user's; an unknown user takes as long to refuse as a known one."""
        salt, expected = self._users.get(user, (bytes(16), bytes(_BYTES)))
        return hmac.compare_digest(_scrypt(password, salt), expected) and user in self._users

    def door(self) -> Check:
        """The check for a web page: off the event loop, and only a few at once, as each costs memory."""
        import anyio

        limiter: anyio.CapacityLimiter | None = None

        async def check(user: str, password: str) -> bool:
            nonlocal limiter
            limiter = limiter or anyio.CapacityLimiter(_CHECKS_AT_ONCE)
            return await anyio.to_thread.run_sync(self.admits, user, password, limiter=limiter)

        return check


def _scrypt(password: str, salt: bytes) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=_BYTES)
