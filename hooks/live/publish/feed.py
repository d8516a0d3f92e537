"""The newest pages as an Atom feed (RFC 4287), which needs absolute addresses."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from datetime import date

    from live.publish.site import Site

ATOM = "http://www.w3.org/2005/Atom"
NEWEST = 20

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0, even as a reference


def atom(site: Site) -> str:
    """The feed of a site. A page is new on the day in its front matter and keeps its address as its identity."""
    dated = [(page.added, page) for page in site.pages if page.added]
    newest = sorted(dated, key=itemgetter(0), reverse=True)[:NEWEST]
    feed = ElementTree.Element("feed", xmlns=ATOM)
    _add(feed, "id", site.address)
    _add(feed, "title", site.name)
    _add(feed, "subtitle", site.description)
    _add(feed, "updated", _midnight(newest[0][0]) if newest else "1970-01-01T00:00:00Z")
    _add(_add(feed, "author"), "name", site.name)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{site.address}feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href=site.address)
    for day, page in newest:
        entry = _add(feed, "entry")
        _add(entry, "id", site.address + page.url)
        _add(entry, "title", page.title)
        _add(entry, "link", rel="alternate", type="text/html", href=site.address + page.url)
        _add(entry, "published", _midnight(day))
        _add(entry, "updated", _midnight(day))
        _add(entry, "summary", page.description)
    ElementTree.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(feed, encoding="unicode")}\n'


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name, attributes)
    element.text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text) if text else text
    return element


def _midnight(day: date) -> str:
    return f"{day:%Y-%m-%d}T00:00:00Z"
