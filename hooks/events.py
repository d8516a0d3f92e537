"""All that MkDocs loads: each event is a call into the engine in `live`."""

import errno
import functools
import json
import logging
import socket
from datetime import date
from pathlib import Path
from typing import Any

from live import check, markdown, render, report
from live.build import Build
from live.printable import printable
from live.problems import LiveError, Problem, writing
from live.project import lab_wanted
from live.publish import allowed, plain, policy, site
from live.redact import Redactor
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

log = logging.getLogger("mkdocs.live")
serving = False
site_folder = ""
build: Build
contents: Any  # the navigation


def on_startup(command: str, **_: Any) -> None:
    """Remember whether somebody is watching: then a failure is shown in the page and serving goes on."""
    global serving  # noqa: PLW0603  (events have no other memory)
    serving = command == "serve"


def on_config(config: Any) -> None:
    """Capture what must be captured, and check what the pages ask for, before anything of the old site is touched."""
    global build, site_folder  # noqa: PLW0603
    site_folder = config.site_dir
    root = Path(config.config_file_path).parent
    if serving:
        _must_be_free(*config.dev_addr)
    else:
        _name_nobody(root)
    try:
        refused = allowed.problems(root)
        build = Build(root, Path(config.docs_dir), lenient=True)
    except LiveError as error:
        raise _failed(error) from None
    log.info(report.as_text(build.report, brief=serving and not lab_wanted()))
    problems = refused + build.problems
    problems += check.lost(Path(config.docs_dir), config.nav, functools.partial(_left_out, config))
    if config.strict:
        problems += build.skipped
    if problems and not serving:
        raise _failed(LiveError(problems))
    if problems:
        log.error(f"\n{LiveError(problems)}")
    markdown.put_shelf(build.shelf)
    if build.project.repository:  # not as repo_url: the theme would then ask GitHub for numbers
        config.edit_uri = f"{build.project.repository}/edit/main/docs/"


def on_files(files: Any, config: Any) -> None:
    """Offer each snippet, and the report, for download."""
    for snippet in build.snippets:
        files.append(File.generated(config, f"snippets/{snippet.name}.py", content=snippet.source))
    files.append(File.generated(config, "build.json", content=json.dumps(build.report, indent=1)))


def on_nav(nav: Any, **_: Any) -> None:
    """Remember the pages in their order."""
    global contents  # noqa: PLW0603
    contents = nav


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Tell the Markdown extensions which page they are in. Front matter that MkDocs could not read is still there.

    What may not be included was told before, and would end the build.
    """
    build.shelf.page_url = page.url
    if markdown.startswith("---\n"):
        what = "its front matter cannot be read as YAML; 'make check' says what to do"
        build.shelf.problems.append(Problem(page=f"docs/{page.file.src_uri}:1", what=what))
    return allowed.without(markdown, build.project.root)


def on_env(env: Any, config: Any, files: Any) -> None:
    """Offer every page as Markdown, and lists of them for programs."""
    pages = [
        site.Page(
            page.file.src_uri,
            page.url,
            str(page.title),
            str(page.meta.get("description") or ""),
            page.ancestors[-1].title if page.ancestors else "",
            page.markdown,
            _day(page),
        )
        for page in contents.pages
    ]
    published = site.Site(config.site_name, config.site_description or "", config.site_url or "", pages)
    for path, text in site.files(
        published, build.shelf, plain.includes(config.mdx_configs.get("pymdownx.snippets", {}))
    ):
        file = File.generated(config, f"{path}.published", content=text)  # not taken for a page
        file.dest_uri = path
        files.append(file)
    env.globals["published"] = published


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """Guard the page that is shown for those that are not there."""
    return _guarded(output, "", "", config) if template_name == "404.html" else output


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Guard a page."""
    return _guarded(output, page.file.src_uri, page.file.content_string, config)


def on_post_build(config: Any) -> None:
    """Fail for what was found only while rendering."""
    if build.shelf.problems and not serving:
        raise _failed(LiveError(build.shelf.problems))


def on_build_error(error: Exception) -> None:
    """A site that cannot be written is told with its file and what to do; too deep a page, without a traceback."""
    if isinstance(error, RecursionError):  # MkDocs has said of which page
        what = "a page has quotes or lists in one another that Markdown gives up on; make it flatter"
        raise _failed(LiveError([Problem(what=what)])) from None
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
        try:
            with writing(Path(site_folder), "--site-dir"):
                raise error
        except LiveError as problem:
            raise _failed(problem) from None


def on_serve(server: Any, config: Any, builder: Any) -> None:
    """Watch the snippets; the captures lie elsewhere, so that writing one starts nothing."""
    server.watch(str(build.project.snippets))
    server.set_app(policy.allow_reload(server.get_app()))


@functools.cache  # asked before the first build; in later ones, the server itself is what has it
def _must_be_free(host: str, port: int) -> None:
    """MkDocs would bind its address only after the build, and end with a traceback."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", error)
        what = f"cannot serve on {host}:{port}: {why}; choose another port, as in 'make serve PORT=8001'"
        raise _failed(LiveError([Problem(what=what)])) from None


def _name_nobody(root: Path) -> None:
    """What a build logs is public where a service builds: no paths of this machine, nothing that acts in a terminal."""
    redactor = Redactor(root)

    def neutral(record: logging.LogRecord) -> bool:
        record.msg, record.args = printable(redactor.names(record.getMessage())), None
        return True

    for handler in logging.getLogger("mkdocs").handlers:
        handler.addFilter(neutral)


def _day(page: Any) -> date | None:
    """The day on which a page was added, for the feed."""
    day = page.meta.get("date")
    if day is None or type(day) is date:  # a time of day is of a class below it
        return day
    what = f"'date' in its front matter is no day; write 'date: {date.today()}'"
    build.shelf.problems.append(Problem(page=f"docs/{page.file.src_uri}:1", what=what))
    return None


def _left_out(config: Any, page: str) -> bool:
    """Whether the configuration says that a page need not be in the navigation."""
    return any(spec and spec.match_file(page) for spec in (config.exclude_docs, config.not_in_nav))


def _guarded(output: str, source: str, text: str, config: Any) -> str:
    """A page with its policy. What that stops is a problem, which is shown while serving."""
    output, problems = policy.guard(output, source, text, config.theme.dirs)
    build.shelf.problems += problems
    if problems and serving:
        log.error(f"\n{LiveError(problems)}")
        entry = {"host": "", "status": "failed", "reason": str(LiveError(problems))}
        output = output.replace("</article>", f"{render.notice(source, entry, {})}</article>", 1)
    return output


def _failed(error: LiveError) -> PluginError:
    return PluginError(f"{len(error.problems)} problem{'s' * (len(error.problems) != 1)}:\n{error}")
