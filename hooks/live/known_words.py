"""Words that this machine is known to hold: names of people and machines, addresses, secrets of the environment."""

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
from collections.abc import Iterator
from pathlib import Path

from live import changes
from live.secret_forms import secrets, word_with

Words = set[tuple[str, str]]  # each with its kind, which stands in its place

# Names that say nothing of a machine, and would take ordinary words out of the text ("vm.overcommit_memory"); and what
# stands in a text for what was taken out of it.
GENERIC = set(
    "localhost localdomain build builder debian ubuntu linux runner user reader root nobody "
    "host home secret address checkout".split()
)
SHORTEST = 4
SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|KEY$|_PAT$|_PASS$|PRIVATE|COOKIE|WEBHOOK|_AUTH$", re.IGNORECASE
)
CODED = 6  # letters from which on a word is also looked for in its other spellings; shorter ones are in any data
_PUBLIC_PATHS = {"/", "/root", "/nonexistent"}


def names(checkout: Path) -> Words:
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
    told = {(value, "secret") for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= 8}
    return {(word, kind) for word, kind in words if _telling(word)} | told


@functools.cache
def more(checkout: Path, environment: frozenset[tuple[str, str]]) -> Words:
    """What takes longer to find out: secrets within the environment, who commits here, and this machine's addresses."""
    whole = {word for _, value in environment for part in secrets(value) for word in word_with(part).findall(value)}
    found = {(word, "secret") for word in whole if len(word) >= 8}
    told = changes.ask(checkout, "config", "--get-regexp", r"^user\.(name|email)$").stdout
    found |= {(line.partition(" ")[2], "user") for line in told.splitlines()}
    found |= {(value, "user") for name, value in environment if re.fullmatch(r"GIT_\w+_(NAME|EMAIL)|EMAIL", name)}
    return {(word, kind) for word, kind in found | {(text, "address") for text in _addresses()} if _telling(word)}


def spellings(word: str) -> set[str]:
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


def _telling(word: str) -> bool:
    if re.fullmatch(r"127\.[\d.]+|::1|[0:]*", word):  # addresses that every machine has
        return False
    return len(word) >= SHORTEST and word.lower() not in GENERIC and word not in _PUBLIC_PATHS
