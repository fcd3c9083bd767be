"""Every error Dateline raises on purpose.

DatelineError
├── InputError            a file or record could not be read: names the file, the record and the reason
│   └── FetchError        a web address could not be fetched: names it, and says when to try again
│       └── NotAsked      an address that must not be asked: not on the open internet, or no web address
├── QuestionError         a question cannot be asked as it stands (empty, too long, an impossible date)
├── SettingsError         a setting has a value that cannot be used
├── ModelError            a model could not be loaded or gave something unusable
├── LLMError              the LLM's endpoint is down, slow, or gave something unusable
├── Busy                  too many questions are being answered already
├── OutOfTime             an answer was not ready in the time that is given
└── ArchiveError          the archive on disk cannot serve the request
    ├── ArchiveMissing    there is no archive, or it holds no generation yet
    ├── ArchiveDamaged    a file differs from its checksum, or is absent
    ├── ArchiveLocked     another process is writing
    ├── ArchiveRefused    the system does not let a file be read or written (no room, no permission)
    └── ModelMismatch     the archive was built with another embedding model
"""


class DatelineError(Exception):
    """Base of all errors that Dateline raises on purpose; its message is fit to show to a user."""


class InputError(DatelineError):
    """A file, or one record in it, could not be read.

    `origin` is the file, with `#record` where it holds several; `reason` says what was wrong and,
    where there is one, the mend.
    """

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason


class FetchError(InputError):
    """A web address could not be fetched.

    `lasting` is true where trying again will not help; `wait` is the number of seconds that the server asked for.
    """

    def __init__(self, origin: str, reason: str, *, lasting: bool = False, wait: float | None = None) -> None:
        super().__init__(origin, reason)
        self.lasting = lasting
        self.wait = wait


class NotAsked(FetchError):
    """An address that must not be asked, so that nothing was sent to it; `lasting` as long as it stands so."""

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(origin, reason, lasting=True)


class QuestionError(DatelineError):
    """A question cannot be asked as it stands."""


class SettingsError(DatelineError):
    """A setting has a value that cannot be used."""


class ModelError(DatelineError):
    """A model could not be loaded, or gave something unusable."""


class ClusterError(DatelineError):
    """The cluster that should build an archive cannot be reached, or did not do its work."""


class LLMError(DatelineError):
    """The LLM's endpoint is down, slow, or gave something unusable; the message goes on from the model's name."""


class Busy(DatelineError):
    """Too many questions are being answered already; the same question may be asked again soon."""


class OutOfTime(DatelineError):
    """An answer was not ready in the time that is given."""


class ArchiveError(DatelineError):
    """The archive on disk cannot serve the request."""


class ArchiveMissing(ArchiveError):
    """There is no archive at the path, or it holds no generation yet."""


class ArchiveDamaged(ArchiveError):
    """A file of the archive is absent or differs from its checksum."""


class ArchiveLocked(ArchiveError):
    """Another process is writing to the archive."""


class ArchiveRefused(ArchiveError):
    """The system does not let a file of the archive be read or written: no room, no permission, a failing disk."""


class ModelMismatch(ArchiveError):
    """The archive was built with another embedding model than the one given."""
