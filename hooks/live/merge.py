"""Puts what another machine captured beside what this one did, so that one site shows both."""

import re

from live.bundle import Bundle
from live.problems import LiveError, Problem

_LABEL = re.compile(r"[a-z0-9-]{1,20}")


def merge(target: Bundle, label: str, other: Bundle) -> int:
    """Add a bundle to another one under a label, in place of what was there under it; return the number of captures.

    A host of it becomes `host@label`. Raises LiveError, before anything is written, for a file that is no capture.
    """
    if not _LABEL.fullmatch(label):
        what = f"{label!r} cannot name a machine; use up to 20 lower-case letters, digits and dashes, such as 'arm64'"
        raise LiveError([Problem(what=what)])
    places = [(name, host) for name, host in other.names() if "@" not in host]
    report = other.report()
    if not report["captures"]:
        what = f"{other.folder} is no bundle: it lacks build.json, which 'make capture' writes"
        raise LiveError([Problem(what=what)])
    for place in places:
        other.load(*place)
    for name, host in list(target.names()):
        if host.endswith(f"@{label}"):
            target.drop(name, host)
    for place in places:
        capture = other.load(*place)
        if capture:
            capture["host"]["name"] += f"@{label}"
            target.store(capture)
    entries = [entry | {"host": f"{entry['host']}@{label}"} for entry in report["captures"] if "@" not in entry["host"]]
    hosts = {f"{host}@{label}": told for host, told in report["hosts"].items() if "@" not in host}
    target.store_report(report | {"captures": entries, "hosts": hosts}, label)
    return len(places)
