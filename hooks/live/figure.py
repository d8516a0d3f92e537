"""A drawing of matplotlib made part of a page: readable on light and dark, unable to do anything.

Done when a page is rendered, not when the snippet ran: a bundle may come from elsewhere, and is not trusted.
"""

import functools
import zlib
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink"
TAGS = {
    "svg",
    "g",
    "defs",
    "path",
    "use",
    "text",
    "tspan",
    "clipPath",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
}
TAGS |= {"linearGradient", "radialGradient", "stop", "pattern", "image", "marker"}
ATTRIBUTES = {
    "id",
    "d",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "r",
    "cx",
    "cy",
    "rx",
    "ry",
    "dx",
    "dy",
    "width",
    "height",
    "viewBox",
    "points",
}
ATTRIBUTES |= {
    "transform",
    "style",
    "clip-path",
    "fill",
    "stroke",
    "opacity",
    "offset",
    "gradientUnits",
    "gradientTransform",
    "href",
}
ATTRIBUTES |= {
    "preserveAspectRatio",
    "stroke-width",
    "stroke-dasharray",
    "fill-opacity",
    "stroke-opacity",
    "text-anchor",
    "stop-color",
}
BLACK = ("#000000", "black", "#000")


class BadFigure(ValueError):
    """What is stored as a figure is not a drawing."""


@functools.lru_cache(maxsize=64)
def inline(svg: str, label: str) -> str:
    """Return the drawing as an element for a page, with `label` as its text alternative. Raises BadFigure."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  (expat has limits of its own since 2.4.1; the size is bounded)
    except ElementTree.ParseError as error:
        raise BadFigure(f"a figure is not SVG: {error}") from None
    prefix = f"f{zlib.crc32(svg.encode()):08x}-"
    _clean(root, prefix)
    width = root.get("viewBox", "0 0 400 300").split()[2]
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": label, "style": f"max-width: {float(width) * 4 / 3:.0f}px"}
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _clean(element: ElementTree.Element, prefix: str) -> None:
    """Keep what draws, and make names unique and black the colour of the page's text."""
    for child in list(element):
        if child.tag.removeprefix(f"{{{SVG}}}") not in TAGS or not isinstance(child.tag, str):
            element.remove(child)
        else:
            _clean(child, prefix)
    attributes = {}
    for name, value in element.attrib.items():
        name = name.removeprefix(f"{{{LINK}}}").removeprefix(f"{{{SVG}}}")
        if name in ATTRIBUTES:
            attributes[name] = value
    if "href" in attributes:
        target = attributes["href"]
        if target.startswith("#"):
            attributes["href"] = f"#{prefix}{target[1:]}"
        elif not target.startswith("data:image/png;base64,"):
            del attributes["href"]
    if "id" in attributes:
        attributes["id"] = prefix + attributes["id"]
    for name in ("style", "clip-path", "fill", "stroke"):
        if name in attributes:
            attributes[name] = _coloured(attributes[name].replace("url(#", f"url(#{prefix}"))
    if element.tag == f"{{{SVG}}}text" and "fill" not in attributes.get("style", ""):
        attributes["style"] = f"fill: currentColor; {attributes.get('style', '')}"
    element.attrib.clear()
    element.attrib.update(attributes)


def _coloured(value: str) -> str:
    """Take the page's colour for black, and let nothing be fetched."""
    if "url(" in value.replace("url(#", ""):
        return ""
    parts = []
    for part in value.split(";"):
        name, colon, setting = part.partition(":")
        target = setting if colon else name
        if target.strip() in BLACK:
            part = f"{name}: currentColor" if colon else "currentColor"
        parts.append(part)
    return ";".join(parts)
