"""The built site, a server for it and a browser, each made once."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import sites

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def built(tmp_path_factory, captured):
    """A copy of the repository, built with what was captured before: `root`, `site`, `bundle` and what was said."""
    folder = tmp_path_factory.mktemp("built")
    root, site, bundle = sites.checkout(folder / "root"), folder / "site", folder / "bundle"
    shutil.copytree(captured.project.bundle.folder, bundle)
    done = sites.build(root, site, bundle, "--strict")
    assert done.returncode == 0, done.stdout
    return SimpleNamespace(root=root, site=site, bundle=bundle, said=done.stdout)


@pytest.fixture(scope="session")
def published(built, tmp_path_factory):
    """The root of a web server with the site below /a/b/, built for its address there."""
    root = tmp_path_factory.mktemp("published")
    settings = {"LIVE_MODE": "frozen", "SITE_URL": sites.HOME}
    done = sites.build(built.root, root / "a" / "b", built.bundle, "--strict", **settings)
    assert done.returncode == 0, done.stdout
    return root


@pytest.fixture(scope="session")
def serve():
    """Serve a folder on a free port of this machine and return its address."""
    servers = []

    def start(folder):
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def address(built, serve):
    return serve(built.site)


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        pytest.skip("no browser: sudo apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Open an address in a fresh context; what goes wrong is gathered in `page.trouble`, requests in `page.asked`."""
    contexts = []

    def start(url, width=1280, wait="networkidle", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.trouble, page.asked = [], []
        page.on("console", lambda message: message.type in ("error", "warning") and page.trouble.append(message.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("requestfailed", lambda request: page.trouble.append(f"failed: {request.url}"))
        page.on(
            "response", lambda answer: answer.status >= 400 and page.trouble.append(f"{answer.status}: {answer.url}")
        )
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url, wait_until=wait)
        return page

    yield start
    for context in contexts:
        context.close()
