"""What must not get out of the machine that builds, the forms that it may take, and where it was found all the same."""

import base64
import gzip
import html
import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

TAG = re.compile(r"<[^<>]*>")
INVISIBLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2060\ufeff]")


def forms(word: str) -> dict[str, str]:
    """A word as it is and as it can be written so that a search for it finds nothing."""
    raw = word.encode()
    found = {"plain": word, "reversed": word[::-1], "hex": raw.hex(), "URL": urllib.parse.quote(word, safe="")}
    found |= {"JSON": json.dumps(word)[1:-1], "HTML": html.escape(word)}
    for shift in range(3):  # what stands before it decides where its letters begin
        coded = base64.b64encode(bytes(shift) + raw).decode()
        core = coded[(0, 2, 3)[shift] : len(coded.rstrip("=")) - (len(raw) + shift) % 3]
        found[f"base64 at {shift}"] = core[: (8 * len(raw)) // 6 - 1]
    return {kind: form for kind, form in found.items() if len(form) >= 6}


def hidden(text: str) -> str:
    """Write a word as a snippet can hold it without holding it; `SHOW` undoes that."""
    return bytes(byte ^ 42 for byte in text.encode()).hex()


SHOW = "def show(text):\n    return bytes(byte ^ 42 for byte in bytes.fromhex(text)).decode()\n"


def texts(path: Path) -> Iterator[str]:
    """All that a reader of a file could see in it."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    text = content.decode(errors="replace")
    if path.suffix == ".json":
        text = "\n".join(_strings(json.loads(text)))
    yield text
    bare = INVISIBLE.sub("", text)
    yield bare
    yield INVISIBLE.sub("", html.unescape(TAG.sub("", bare)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    else:
        yield str(value)


def leaks(canaries: dict[str, str], *places: Path) -> list[str]:
    """Which canary stands where, in what form."""
    wanted = [(name, kind, form.lower()) for name, word in canaries.items() for kind, form in forms(word).items()]
    found = set()
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            for text in texts(path):
                small = text.lower()
                found |= {
                    f"{name}, {kind}: {place.name}/{_below(path, place)}"
                    for name, kind, form in wanted
                    if form in small
                }
    return sorted(found)


def _below(path: Path, place: Path) -> str:
    return str(path.relative_to(place)) if path != place else ""
