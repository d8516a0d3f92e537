"""Make a snippet, a page that shows it and a test of what it answers: all of them pass, and show the house style."""

import os
import re
import time
from pathlib import Path

from live.contribute.check import settings
from live.discovery import discover
from live.problems import LiveError, Problem, nearest
from live.project import Project

TEMPLATES = Path(__file__).with_name("templates")

_NAME = re.compile(r"(?=\w{9,60}$)[a-z][a-z0-9]*(_[a-z0-9]+)+")  # of it a title is made

_TOPIC = re.compile(r"[a-z][a-z0-9_-]*")


def new(project: Project, topic: str, name: str, host: str = "build") -> list[str]:
    """Write the files and the page's line in mkdocs.yml, all or none; return their names. Raises LiveError."""
    root, page = project.root, name.replace("_", "-")
    _check_name(name)
    _check_topic(project, topic)
    title = name.replace("_", " ").capitalize()
    text, _ = settings(root)
    listed, neighbour = _listed(text, topic, f"{topic}/{page}.md")
    words = {
        "topic": topic,
        "name": name,
        "title": title,
        "anchor": page,
        "today": time.strftime("%Y-%m-%d"),
        "next_page": os.path.relpath(neighbour, topic),
        "next_title": _title(project.docs / neighbour),
    }
    files = {
        f"snippets/{topic}/{name}.py": _filled("snippet.py", words),
        f"docs/{topic}/{page}.md": _filled("page.md", words),
        f"tests/snippets/test_{name}.py": _filled("test.py", words),
    }
    if host != "build":
        snippet = next(iter(files))
        files[snippet] = files[snippet].replace("# [tool.live]\n", f'# [tool.live]\n# host = "{host}"\n')
    there = [path for path in files if (root / path).exists()]
    if there:
        raise LiveError([Problem(at=f"{path}:1", what="is there already; choose another name") for path in there])
    _check_unlike(project, topic, name, title)
    _write(root, files | {"mkdocs.yml": listed}, text)
    return [*files, "mkdocs.yml"]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
        plain = "_".join(re.findall(r"[a-z0-9]+", parted.lower()))
        better = f"; {plain!r} would do" if _NAME.fullmatch(plain) else ""
        what = (
            f"the name {name!r} does not say what the program shows: take two words or more of lower-case letters and "
            f"digits, with underscores between them, 9 to 60 characters, such as 'protected_process_lives'{better}"
        )
        raise LiveError([Problem(what=what)])


def _check_topic(project: Project, topic: str) -> None:
    folders = ({path.name for path in folder.iterdir() if path.is_dir()} for folder in (project.docs, project.snippets))
    known = set.intersection(*folders)
    if not _TOPIC.fullmatch(topic):
        what = f"the topic {topic!r} is no name of a folder of docs and snippets; known: {', '.join(sorted(known))}"
        raise LiveError([Problem(what=what)])
    if topic not in known:
        begin = (
            f"To begin a topic: mkdir docs/{topic} snippets/{topic}, give it a section with the line of this page "
            "under nav in mkdocs.yml, and run this again."
        )
        raise LiveError([Problem(what=f"there is no topic {topic!r}: {nearest(topic, known)}", detail=begin)])


def _check_unlike(project: Project, topic: str, name: str, title: str) -> None:
    """A name or title that another has would be refused later."""
    for snippet in discover(project.snippets)[0]:
        same_name = snippet.name.replace("_", "") == f"{topic}/{name}".replace("_", "")
        if same_name or snippet.title.casefold() == f"{title}.".casefold():
            what = f"is called the same but for case and underscores, or has the title '{title}.'; choose another name"
            raise LiveError([Problem(at=f"snippets/{snippet.name}.py:1", what=what)])


def _listed(text: str, topic: str, page: str) -> tuple[str, str]:
    """The settings with one more line under nav, after the last page of the topic, and the page that was the last."""
    lines = text.splitlines(keepends=True)
    form = re.compile(rf"\s+- (?:[^#]*: )?({re.escape(topic)}/[\w./-]+\.md)\s*(?:#.*)?\n?")
    places = [(number, match[1]) for number, line in enumerate(lines) if (match := form.fullmatch(line))]
    if not places:
        what = f"nav lists no page of {topic!r}; give it a section with the line '- {page}', and run this again"
        raise LiveError([Problem(at="mkdocs.yml:1", what=what)])
    last, neighbour = places[-1]
    others = [other for _, other in places if other != page]
    if page in (other for _, other in places):  # written by hand, for a new topic
        return text, others[-1] if others else "index.md"
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
    return "".join([*lines[: last + 1], f"{indent}- {page}\n", *lines[last + 1 :]]), neighbour


def _title(page: Path) -> str:
    """The title of a page, without its pinned id."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    found = re.search(r"^# (.*?)(?: \{.*\})?$", text, re.MULTILINE)
    return found[1] if found else page.stem.replace("-", " ").capitalize()


def _filled(template: str, words: dict[str, str]) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: words[match[1]], text)


def _write(root: Path, files: dict[str, str], before: str) -> None:
    """Write all, or where one cannot be written leave everything as it was. Raises LiveError."""
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            if name != "mkdocs.yml":
                path.parent.mkdir(parents=True, exist_ok=True)
                written.append(path)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if (root / "mkdocs.yml").read_text(encoding="utf-8") != before:
            (root / "mkdocs.yml").write_text(before, encoding="utf-8")
        what = f"nothing was written: {error.strerror}; make room or mend the permissions, and run this again"
        raise LiveError([Problem(at=f"{name}:1", what=what)]) from None


def next_commands(topic: str, name: str) -> str:
    """What to do with what was made."""
    return (
        f"make run NAME={topic}/{name}  # what the program gives\n"
        f"make serve  # and open http://localhost:8000/{topic}/{name.replace('_', '-')}/\n"
        f"make check  # what the pull request runs first\n"
    )
