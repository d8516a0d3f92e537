"""A drawing of matplotlib made part of a page: readable on light and dark, unable to do anything.

Done when a page is rendered, not when the snippet ran: a bundle may come from elsewhere, and is not trusted. It is
fitted to the page first and sanitised by nh3 last, so that no mistake in fitting lets anything through.
"""

import functools
import re
import zlib
from collections.abc import Collection, Iterator
from xml.etree import ElementTree

import nh3

SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink"
TAGS = set(
    "svg g defs path use text tspan clipPath rect circle ellipse line polyline polygon "
    "linearGradient radialGradient stop pattern marker".split()
)
# What matplotlib sets, as an attribute or in a style.
PROPERTIES = set(
    "clip-path fill fill-opacity fill-rule font font-family font-size font-style font-weight opacity stop-color "
    "stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-opacity stroke-width text-anchor".split()
)
ATTRIBUTES = PROPERTIES | set(
    "id d x y x1 x2 y1 y2 r cx cy rx ry dx dy width height viewBox points transform style offset gradientUnits "
    "gradientTransform href preserveAspectRatio".split()
)
READABLE = 9  # CSS pixels
LARGEST = 10_000  # units of a drawing, each way
DRAWN = 2 << 20  # characters of what is drawn by references, each time that it is
ELEMENT = 20  # such characters that an element counts for by itself
BLACK = ("#000000", "black", "#000")


# A colour of a text, but white and nearly black, which are chosen for the bar that they stand on.
_COLOUR = re.compile(r"fill: (?!#f{6}|#1{6})(#[0-9a-f]{6})")
_LOCAL = re.compile(r"url\(#([\w-]+)\)")
_PIXELS = re.compile(r"(?<![\d.])\d{1,5}(?:\.\d{1,9})?(?=px)")
_PLAIN = re.compile(r"[\w\s#.,%'\"-]*|rgba?\([\d\s.,%]*\)")


class BadFigure(ValueError):
    """What is stored as a figure is not a drawing."""


@functools.lru_cache(maxsize=64)
def inline(svg: str, label: str) -> str:
    """Return the drawing as an element for a page, with `label` as its text alternative. Raises BadFigure."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  (expat has limits of its own since 2.4.1; the size is bounded)
        fitted = _fitted(root, label, prefix=f"f{zlib.crc32(svg.encode()):08x}-")
    except ElementTree.ParseError as error:
        raise BadFigure(f"a figure is not SVG: {error}") from None
    except RecursionError:
        raise BadFigure("a figure is not a drawing: its elements are nested too deeply") from None
    return nh3.clean(
        fitted,
        tags=TAGS,
        clean_content_tags={"script", "style"},
        attributes={"*": ATTRIBUTES, "svg": ATTRIBUTES | {"role", "aria-label", "xmlns"}},
        filter_style_properties=PROPERTIES | {"max-width", "min-width"},
        url_schemes=set(),
        link_rel=None,
    )


def _fitted(root: ElementTree.Element, label: str, prefix: str) -> str:
    """The drawing with names of its own, in the colours of the page, and as wide as the page lets it be."""
    if root.tag != f"{{{SVG}}}svg":
        raise BadFigure("a figure is not SVG: it begins with something else")
    if root.find(f".//{{{SVG}}}image") is not None:
        raise BadFigure("a figure holds a picture, which pages do not show; draw with shapes: pcolormesh for imshow")
    leaves = _leaves(root)
    if sum(_drawn(element, leaves) for element in root.iter()) > DRAWN:
        raise BadFigure("a figure draws the same shapes too often for a browser; draw fewer points, or simpler ones")
    _clean(root, prefix, leaves)
    width = _width(root)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {
        "role": "img",
        "aria-label": label,
        "style": f"max-width: {width * 4 / 3:.0f}px; {_least(root, width)}",
    }
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _width(root: ElementTree.Element) -> float:
    try:
        left, top, width, height = map(float, root.get("viewBox", "0 0 400 300").split())
    except ValueError:
        left = top = width = height = 0.0
    if not (1 <= width <= LARGEST and 1 <= height <= LARGEST and abs(left) + abs(top) <= LARGEST):
        raise BadFigure(f"a figure is not a drawing: its viewBox must be up to {LARGEST} wide and high")
    return width


def _leaves(root: ElementTree.Element) -> dict[str, int]:
    """The names of elements that refer to nothing, the only ones that may be referred to, each with its size.

    Else ten elements that each use the one before ten times would draw it ten thousand million times.
    """
    leaves: dict[str, int] = {}

    def size(element: ElementTree.Element) -> int | None:
        """Characters, with some for the element itself; None for what refers to something."""
        sizes = [size(child) for child in element]
        refers = any("url(" in value or name.endswith("href") for name, value in element.attrib.items())
        if refers or None in sizes:
            return None
        whole = ELEMENT + len(element.text or "") + sum(map(len, element.attrib.values())) + sum(filter(None, sizes))
        name = element.get("id", "")
        leaves[name] = max(leaves.get(name, 0), whole)
        return whole

    size(root)
    return leaves


def _drawn(element: ElementTree.Element, leaves: dict[str, int]) -> int:
    """The size of what an element draws by references."""
    names = [
        name
        for key, value in element.attrib.items()
        for name in ([value.removeprefix("#")] if key.endswith("href") else _LOCAL.findall(value))
    ]
    return sum(leaves.get(name, 0) for name in names)


def _least(root: ElementTree.Element, width: float) -> str:
    """The least width at which the smallest text can still be read; on a narrower screen the figure scrolls."""
    sizes = [size for text in root.iter(f"{{{SVG}}}text") for size in _font_sizes(text.get("style", ""))]
    return f"min-width: {width * READABLE / max(min(sizes, default=READABLE), 1):.0f}px"


def _font_sizes(style: str) -> Iterator[float]:
    for declaration in style.split(";"):
        if declaration.strip().startswith(("font:", "font-size:")):
            yield from map(float, _PIXELS.findall(declaration)[:1])


def _clean(element: ElementTree.Element, prefix: str, leaves: Collection[str]) -> None:
    """Keep what draws, and make names unique and black the colour of the page's text."""
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag.removeprefix(f"{{{SVG}}}") not in TAGS:
            element.remove(child)
        else:
            _clean(child, prefix, leaves)
    attributes = {}
    for name, value in element.attrib.items():
        name = name.removeprefix(f"{{{LINK}}}").removeprefix(f"{{{SVG}}}")
        if name in ATTRIBUTES:
            attributes[name] = value
    target = attributes.pop("href", "")
    if target.startswith("#") and target[1:] in leaves:
        attributes["href"] = f"#{prefix}{target[1:]}"
    if "id" in attributes:
        attributes["id"] = prefix + attributes["id"]
    for name in PROPERTIES & attributes.keys():
        attributes[name] = _value(attributes[name], prefix) if _safe(attributes[name], leaves) else "none"
    if "style" in attributes:
        attributes["style"] = _style(attributes["style"], prefix, leaves)
    if element.tag == f"{{{SVG}}}text":
        attributes["style"] = _legible(attributes.get("style", ""))
    element.attrib.clear()
    element.attrib.update(attributes)


def _safe(value: str, leaves: Collection[str]) -> bool:
    """Whether a value fetches nothing: plain words and numbers, or a reference to a leaf of the drawing."""
    return bool(_PLAIN.fullmatch(_LOCAL.sub("", value))) and all(name in leaves for name in _LOCAL.findall(value))


def _style(value: str, prefix: str, leaves: Collection[str]) -> str:
    """Keep the properties that draw, with the page's colour for black."""
    kept = []
    for declaration in value.split(";"):
        name, _, setting = (part.strip() for part in declaration.partition(":"))
        if name in PROPERTIES and _safe(setting, leaves):
            kept.append(f"{name}: {_value(setting, prefix)}")
    return "; ".join(kept)


def _legible(style: str) -> str:
    """The style of a text: in the page's colour, or in a colour of its own that leans towards it, on light and dark."""
    if "fill:" not in style:
        return f"fill: currentColor; {style}"
    return _COLOUR.sub(r"fill: color-mix(in srgb, \1 60%, currentColor)", style)


def _value(value: str, prefix: str) -> str:
    return "currentColor" if value in BLACK else value.replace("url(#", f"url(#{prefix}")
