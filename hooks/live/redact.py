"""Takes out of a capture what tells of the machine's people and secrets, before anything is stored.

The sandbox already shows neutral names; this is the second wall, and the only one where the sandbox is off.
"""

import functools
import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live import known_words
from live.known_words import Words
from live.printable import COMMAND, SELECTORS, UNSEEN
from live.secret_forms import secrets, word_with

MANY = 20  # different secrets in a line; then nothing of it is kept, for each takes a look at all of it
# Each repetition has an end or gives nothing back, so that no output, however odd, takes long.
_HARDWARE = re.compile(r"(?<!\w)[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?!\w)")
_ADDRESSES = (
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"),
    re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?![\w:])"),
)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+?(?:@|%40)[\w-]++(?:\.[\w-]++)+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}KEY-----|\Z)", re.DOTALL)
# What a page, a terminal or a browser does not show, so that a word can be split by it.
_INVISIBLE = re.compile(rf"{COMMAND}|[{UNSEEN}{SELECTORS}\r]")


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
        return _patterns(known_words.names(self.checkout))

    @functools.cached_property
    def _words(self) -> Words:
        """All that this machine is known to hold, each with its kind."""
        more = known_words.more(self.checkout.resolve(), frozenset(os.environ.items()))
        return known_words.names(self.checkout) | more

    @functools.cached_property
    def _terms(self) -> list[tuple[re.Pattern[str], str]]:
        return _patterns(self._words)

    @functools.cached_property
    def _spelt(self) -> list[tuple[str, str]]:
        """The same words as other spellings show them, the longest first."""
        found = {(form, kind) for word, kind in self._words for form in known_words.spellings(word)}
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
        found = set(secrets(line))
        if len(found) > MANY:
            self._count("secret", len(found))
            return "[secret]\n"
        for secret in found:
            line = self._replace(word_with(secret), "secret", line).replace(secret, "[secret]")
        return line


def values_of(capture: dict[str, Any]) -> list[Any]:
    """What a capture, or a part of one, holds that did not come from the engine or the header."""
    found = [capture.get(name, "") for name in ("stdout", "stderr", "log")]
    records = [capture.get("facts", {}), *capture.get("claims", []), *capture.get("figures", [])]
    return found + [list(record.values()) for record in records]


def _patterns(words: Words) -> list[tuple[re.Pattern[str], str]]:
    """How each word is looked for, the longest first."""
    return [(_pattern(word, kind), kind) for word, kind in sorted(words, key=lambda item: (-len(item[0]), item))]


def _pattern(word: str, kind: str) -> re.Pattern[str]:
    """A name is a word of its own, in whatever case; a secret is one wherever it stands."""
    if kind == "secret":
        return re.compile(re.escape(word), re.IGNORECASE)
    return re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)
