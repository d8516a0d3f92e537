"""Takes out of a capture what tells of the machine's people and secrets, before anything is stored.

The sandbox already shows neutral names; this is the second wall, and the only one where the sandbox is off.
"""

import base64
import contextlib
import functools
import getpass
import html
import ipaddress
import json
import os
import platform
import pwd
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from live import changes
from live.printable import COMMAND, UNSEEN

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
    # What stands in a text for what was taken out of it.
    "host",
    "home",
    "secret",
    "address",
    "checkout",
}
SHORTEST = 4
MANY = 20  # different secrets in a line; then nothing of it is kept, for each takes a look at all of it
SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|KEY$|_PAT$|_PASS$|PRIVATE|COOKIE|WEBHOOK|_AUTH$", re.IGNORECASE
)
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
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
# Those whose detectors take for ever over one long line: keys of OpenAI, and tokens of npm.
_FORMS = (
    re.compile(r"(?<=[A-Za-z0-9]{20})T3BlbkFJ[A-Za-z0-9]{20}"),
    re.compile(r"npm_[A-Za-z0-9]{36}"),
    re.compile(r"(?<=_authToken=)\s*+(?:npm_\S+|[\w-]{36})"),
)
# Characters that a detector is given at once, since some take a time that grows with the square of that; and how many
# of them it is given again with the next, so that no secret is cut in two.
PIECE, AGAIN = 4096, 2048

# Each repetition has an end or gives nothing back, so that no output, however odd, takes long.
_HARDWARE = re.compile(r"(?<!\w)[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?!\w)")
_ADDRESSES = (
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"),
    re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?![\w:])"),
)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+?(?:@|%40)[\w-]++(?:\.[\w-]++)+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}KEY-----|\Z)", re.DOTALL)
# What a page, a terminal or a browser does not show, so that a word can be split by it; the last choose a form of the
# letter before.
_INVISIBLE = re.compile(rf"{COMMAND}|[{UNSEEN}\r\ufe00-\ufe0f]")
_PUBLIC_PATHS = {"/", "/root", "/nonexistent"}
CODED = 6  # letters from which on a word is also looked for in its other spellings; shorter ones are in any data


class Redactor:
    """Replaces what must not be published, and counts how often by kind."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.counts: dict[str, int] = {}

    def clean(self, value: Any) -> Any:
        """Return a text, or a structure of texts, without what must not be published."""
        return self._each(value, self._text)

    def fields(self, record: dict[str, Any]) -> dict[str, Any]:
        """The same for a record: what its fields are called comes from the engine or from a header, and stays."""
        return {name: self.clean(value) for name, value in record.items()}

    def names(self, value: Any) -> Any:
        """The same for what the engine itself says, where no stranger has a word: quick, and as they are spelt."""
        return self._each(value, self._without_names)

    def leftovers(self, text: str) -> list[str]:
        """The kinds of thing that a text still holds; for a text that was cleaned, there are none."""
        counts, self.counts = self.counts, {}
        self._text(text)
        counts, self.counts = self.counts, counts
        return sorted(counts)

    def _each(self, value: Any, change: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, dict):
            return {self._each(key, change): self._each(item, change) for key, item in value.items()}
        if isinstance(value, list):
            return [self._each(item, change) for item in value]
        return value

    def _text(self, text: str) -> str:
        text = self._visible(text)
        if not _INVISIBLE.search(text):
            return text
        return "".join(self._not_hidden(line) for line in re.findall(r"[^\n]*\n|[^\n]+", text))

    def _not_hidden(self, line: str) -> str:
        """A line in which something telling is split by what nobody sees loses all of that, such as its colours."""
        bare = _INVISIBLE.sub("", line)
        cleaned = self._visible(bare)
        return line if cleaned == bare else cleaned

    def _visible(self, text: str) -> str:
        text = self._replace(_PRIVATE_KEY, "secret", text)
        for pattern, kind in self._terms:
            if kind == "secret":
                text = self._replace(pattern, kind, text)
        text = self._replace(_MAIL, "address", text)  # before the names that may stand in one
        text = self._without_names(text)
        for form, kind in self._spelt:
            if form in text:
                self._count(kind, text.count(form))
                text = text.replace(form, f"[{kind}]")
        text = self._replace(_HARDWARE, "address", text)
        for pattern in _ADDRESSES:
            text = pattern.sub(lambda match: self._address(match[0]), text)
        return "".join(self._without_secrets(line) for line in text.splitlines(keepends=True))

    def _without_names(self, text: str) -> str:
        for pattern, kind in self._terms if "_terms" in self.__dict__ else self._names:
            text = self._replace(pattern, kind, text)
        return text

    @functools.cached_property
    def _names(self) -> list[tuple[re.Pattern[str], str]]:
        return _patterns(_names(self.checkout))

    @functools.cached_property
    def _words(self) -> set[tuple[str, str]]:
        """All that this machine is known to hold, each with its kind."""
        return _names(self.checkout) | _more(self.checkout.resolve(), frozenset(os.environ.items()))

    @functools.cached_property
    def _terms(self) -> list[tuple[re.Pattern[str], str]]:
        return _patterns(self._words)

    @functools.cached_property
    def _spelt(self) -> list[tuple[str, str]]:
        """The same words as other spellings show them, the longest first."""
        found = {(form, kind) for word, kind in self._words for form in _spellings(word)}
        return sorted(found, key=lambda item: (-len(item[0]), item))

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
        for secret in found:
            line = self._replace(_word_with(secret), "secret", line).replace(secret, "[secret]")
        return line


def values_of(capture: dict[str, Any]) -> list[Any]:
    """What a capture, or a part of one, holds that did not come from the engine or the header."""
    found = [capture.get(name, "") for name in ("stdout", "stderr", "log")]
    records = [capture.get("facts", {}), *capture.get("claims", []), *capture.get("figures", [])]
    return found + [list(record.values()) for record in records]


def secret_lines(source: str) -> list[int]:
    """The lines of a source, counted from 1, that hold a secret of a known form."""
    return [number for number, line in enumerate(source.splitlines(), 1) if any(True for _ in _secrets(line))]


def _names(checkout: Path) -> set[tuple[str, str]]:
    """What people and this machine are called, where they live, and what the environment calls a secret."""
    words: list[tuple[str, str]] = []
    user = ""
    with contextlib.suppress(KeyError, OSError):  # a container's user may have no name
        user = getpass.getuser()
        words.append((user, "user"))
    for account in pwd.getpwall():
        if account.pw_uid >= 1000 or account.pw_name == user:
            words += [(account.pw_name, "user"), (account.pw_gecos.split(",")[0], "user"), (account.pw_dir, "home")]
    words += [(os.environ.get("HOME", ""), "home"), (str(checkout.resolve()), "checkout")]
    host, _, domain = platform.node().partition(".")
    words += [(name, "host") for name in (platform.node(), host, domain if "." in domain else "")]
    secrets = {(value, "secret") for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= 8}
    return {(word, kind) for word, kind in words if _telling(word)} | secrets


@functools.cache
def _more(checkout: Path, environment: frozenset[tuple[str, str]]) -> set[tuple[str, str]]:
    """What takes longer to find out: secrets within the environment, who commits here, and this machine's addresses."""
    whole = {word for _, value in environment for part in _secrets(value) for word in _word_with(part).findall(value)}
    found = {(word, "secret") for word in whole if len(word) >= 8}
    told = changes.ask(checkout, "config", "--get-regexp", r"^user\.(name|email)$").stdout
    found |= {(line.partition(" ")[2], "user") for line in told.splitlines()}
    found |= {(value, "user") for name, value in environment if re.fullmatch(r"GIT_\w+_(NAME|EMAIL)|EMAIL", name)}
    return {(word, kind) for word, kind in found | {(text, "address") for text in _addresses()} if _telling(word)}


def _addresses() -> Iterator[str]:
    """The addresses of this machine's network, as the kernel lists them."""
    with contextlib.suppress(OSError):
        yield from re.findall(r"\|-- (\S+)\n\s+/32 host", Path("/proc/net/fib_trie").read_text())
    with contextlib.suppress(OSError):
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
        yield from (str(ipaddress.ip_address(bytes.fromhex(line.split()[0]))) for line in lines)
    for file in Path("/sys/class/net").glob("*/address"):
        with contextlib.suppress(OSError):
            yield file.read_text().strip()


def _word_with(secret: str) -> re.Pattern[str]:
    """The word that a secret is in; what was found may be a part of it only, such as the prefix of a token."""
    return re.compile(rf"(?<![\w.+/-])[\w.+/-]*?{re.escape(secret)}[\w.+/=-]*")


def _telling(word: str) -> bool:
    if re.fullmatch(r"127\.[\d.]+|::1|[0:]*", word):  # addresses that every machine has
        return False
    return len(word) >= SHORTEST and word.lower() not in GENERIC and word not in _PUBLIC_PATHS


def _patterns(words: set[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    """How each word is looked for, the longest first."""
    return [(_pattern(word, kind), kind) for word, kind in sorted(words, key=lambda item: (-len(item[0]), item))]


def _pattern(word: str, kind: str) -> re.Pattern[str]:
    """A name is a word of its own, in whatever case; a secret is one wherever it stands."""
    if kind == "secret":
        return re.compile(re.escape(word), re.IGNORECASE)
    return re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)


def _spellings(word: str) -> set[str]:
    """A word in addresses, in JSON, in HTML and in Python; in hexadecimal digits, in base64, and from its end."""
    if len(word) < CODED:
        return set()
    raw = word.encode(errors="replace")
    found = {urllib.parse.quote(word, safe=""), urllib.parse.quote(word), urllib.parse.quote_plus(word)}
    found |= {json.dumps(word)[1:-1], ascii(word)[1:-1], str(raw)[2:-1]}
    found |= {html.escape(word), html.escape(word, quote=False), word.encode("ascii", "xmlcharrefreplace").decode()}
    found |= {raw.hex(), raw.hex().upper(), word[::-1]}
    for before in range(3):  # in a longer text, what comes first decides how the letters are cut
        whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        inner = whole[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
        found |= {inner, inner.translate(str.maketrans("+/", "-_"))}
    return found - {word}


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
    for form in _FORMS:
        yield from (found.strip() for found in form.findall(line))
    for start in range(0, max(len(line) - AGAIN, 1), PIECE - AGAIN):
        for found in _scanner().scan_line(line[start : start + PIECE]):
            if found.secret_value:
                yield found.secret_value
