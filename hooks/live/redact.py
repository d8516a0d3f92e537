"""Takes out of a capture what tells of the machine's people and secrets, before anything is stored.

The sandbox already shows neutral names; this is the second wall, and the only one where the sandbox is off.
"""

import contextlib
import functools
import getpass
import ipaddress
import os
import platform
import pwd
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Names that say nothing of a machine, and would take ordinary words out of the text ("vm.overcommit_memory").
GENERIC = {
    "localhost",
    "localdomain",
    "build",
    "builder",
    "debian",
    "ubuntu",
    "linux",
    "runner",
    "user",
    "reader",
    "root",
    "nobody",
}
SHORTEST = 4
MANY = 20  # different secrets in a line; then nothing of it is kept, for each takes a look at all of it
SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|KEY$|_PAT$|PRIVATE", re.IGNORECASE)
DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)

# Each repetition has an end or gives nothing back, so that no output, however odd, takes long.
_HARDWARE = re.compile(r"(?<!\w)[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?!\w)")
_ADDRESSES = (
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"),
    re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?![\w:])"),
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+")
_PUBLIC_PATHS = {"/", "/root", "/nonexistent"}


class Redactor:
    """Replaces what must not be published, and counts how often by kind."""

    def __init__(self, checkout: Path) -> None:
        self.terms = _terms(checkout)
        self.counts: dict[str, int] = {}

    def clean(self, value: Any) -> Any:
        """Return a text, or a structure of texts, without what must not be published."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.clean(item) for item in value]
        return value

    def leftovers(self, text: str) -> list[str]:
        """The kinds of thing that a text still holds; for a text that was cleaned, there are none."""
        found = {kind for pattern, kind in self.terms if pattern.search(text)}
        found |= {"secret" for line in text.splitlines() for _ in _secrets(line)}
        return sorted(found)

    def _text(self, text: str) -> str:
        for pattern, kind in self.terms:
            text = self._replace(pattern, kind, text)
        text = self._replace(_HARDWARE, "address", text)
        for pattern in _ADDRESSES:
            text = pattern.sub(lambda match: self._address(match[0]), text)
        text = self._replace(_MAIL, "address", text)
        return "".join(self._without_secrets(line) for line in text.splitlines(keepends=True))

    def _replace(self, pattern: re.Pattern[str], kind: str, text: str) -> str:
        text, count = pattern.subn(f"[{kind}]", text)
        self._count(kind, count)
        return text

    def _count(self, kind: str, count: int) -> None:
        if count:
            self.counts[kind] = self.counts.get(kind, 0) + count

    def _address(self, text: str) -> str:
        """Addresses of this machine alone (127.0.0.1, ::1, 0.0.0.0) tell nothing, and a::b() is a program's text."""
        if not re.search(r"\d", text):
            return text
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        if address.is_loopback or address.is_unspecified:
            return text
        self._count("address", 1)
        return "[address]"

    def _without_secrets(self, line: str) -> str:
        found = set(_secrets(line))
        if len(found) > MANY:
            self._count("secret", len(found))
            return "[secret]\n"
        for secret in found:  # it may be a part of the word only, such as the prefix of a token
            word = rf"(?<![\w.+/-])[\w.+/-]*?{re.escape(secret)}[\w.+/=-]*"
            line = self._replace(re.compile(word), "secret", line).replace(secret, "[secret]")
        return line


def _terms(checkout: Path) -> list[tuple[re.Pattern[str], str]]:
    """What to look for on this machine, the longest first."""
    words: list[tuple[str, str]] = []
    user = ""
    with contextlib.suppress(KeyError, OSError):  # a container's user may have no name
        user = getpass.getuser()
        words.append((user, "user"))
    for account in pwd.getpwall():
        if account.pw_uid >= 1000 or account.pw_name == user:
            words += [(account.pw_name, "user"), (account.pw_gecos.split(",")[0], "user"), (account.pw_dir, "home")]
    words += [(os.environ.get("HOME", ""), "home"), (str(checkout.resolve()), "checkout")]
    words += [(name, "host") for name in (platform.node(), platform.node().split(".")[0])]
    secrets = [(value, "secret") for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= 8]
    chosen = {(word, kind) for word, kind in words if _telling(word)} | set(secrets)
    return [(_pattern(word, kind), kind) for word, kind in sorted(chosen, key=lambda item: -len(item[0]))]


def _telling(word: str) -> bool:
    return len(word) >= SHORTEST and word.lower() not in GENERIC and word not in _PUBLIC_PATHS


def _pattern(word: str, kind: str) -> re.Pattern[str]:
    """A name is a word of its own, in whatever case; a secret is one wherever it stands."""
    if kind == "secret":
        return re.compile(re.escape(word))
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)


@functools.cache
def _scanner() -> Any:
    """The detectors of detect-secrets that know the form of a secret; those that guess by entropy would eat hashes."""
    from detect_secrets.core import scan  # noqa: PLC0415  (a slow import, needed only where something ran)
    from detect_secrets.settings import get_settings  # noqa: PLC0415

    get_settings().clear()
    get_settings().configure_plugins([{"name": name} for name in DETECTORS])
    get_settings().disable_filters(*list(get_settings().filters))  # they pass over what looks like an example
    return scan


def _secrets(line: str) -> Iterable[str]:
    """Secrets in a line. Lines without one long word are passed over: no known form of secret is shorter."""
    if not re.search(r"\S{16}", line) and "PRIVATE KEY" not in line:
        return
    for found in _scanner().scan_line(line):
        if found.secret_value:
            yield found.secret_value
