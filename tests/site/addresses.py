"""What a page says of itself in its head, and every address in it."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """The elements of a head, and every address in a page."""

    def __init__(self, path):
        super().__init__()
        self.head, self.links, self.text = [], [], path.read_text()
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("meta", "link"):
            self.head.append((tag, given))
        if tag in ("a", "link", "script", "img"):
            self.links += [given[name] for name in ("href", "src") if given.get(name)]

    def meta(self, name):
        (content,) = [
            a["content"] for tag, a in self.head if tag == "meta" and name in (a.get("name"), a.get("property"))
        ]
        return content

    def link(self, kind, type_=None):
        return [
            a["href"]
            for tag, a in self.head
            if tag == "link" and a["rel"].split()[0] == kind and a.get("type") == type_
        ]
