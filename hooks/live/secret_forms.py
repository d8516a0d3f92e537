"""Secrets that are known by their form, such as the tokens of a service."""

import functools
import re
from collections.abc import Iterable
from typing import Any

DETECTORS = (
    "Artifactory AWSKey AzureStorageKey BasicAuth DiscordBotToken GitHubToken GitLabToken JwtToken Mailchimp "
    "PrivateKey PypiToken SendGrid Slack SquareOAuth Stripe TelegramBotToken TwilioKey"
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


def secrets(line: str) -> Iterable[str]:
    """Secrets in a line. Lines without one long word are passed over: no known form of secret is shorter."""
    if not re.search(r"\S{16}", line) and "PRIVATE KEY" not in line:
        return
    for form in _FORMS:
        yield from (found.strip() for found in form.findall(line))
    for start in range(0, max(len(line) - AGAIN, 1), PIECE - AGAIN):
        for found in _scanner().scan_line(line[start : start + PIECE]):
            if found.secret_value:
                yield found.secret_value


def secret_lines(source: str) -> list[int]:
    """The lines of a source, counted from 1, that hold a secret of a known form."""
    return [number for number, line in enumerate(source.splitlines(), 1) if any(True for _ in secrets(line))]


def word_with(secret: str) -> re.Pattern[str]:
    """The word that a secret is in; what was found may be a part of it only, such as the prefix of a token."""
    return re.compile(rf"(?<![\w.+/-])[\w.+/-]*?{re.escape(secret)}[\w.+/=-]*")


@functools.cache
def _scanner() -> Any:
    """The detectors of detect-secrets that know the form of a secret; those that guess by entropy would eat hashes."""
    from detect_secrets.core import scan  # noqa: PLC0415  (a slow import, needed only where something ran)
    from detect_secrets.settings import get_settings  # noqa: PLC0415  (of the same)

    get_settings().clear()
    get_settings().configure_plugins([{"name": f"{name}Detector"} for name in DETECTORS.split()])
    get_settings().disable_filters(*list(get_settings().filters))  # they pass over what looks like an example
    return scan
