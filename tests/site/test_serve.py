"""`mkdocs serve` while somebody writes."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
import sites

SOURCE = "\nword = 'first'\nprint(word, 'output')\nassert len(word) < 9, f'the word was {word}'\n"


class Served:
    """A project that is being served, with what the server said."""

    def __init__(self, folder):
        pages = {"index.md": f"# Served\n\nProse.\n\n{sites.fence('t/one')}{sites.fence('t/two')}"}
        snippets = {f"t/{name}": sites.snippet(f"{name.title()}.", SOURCE) for name in ("one", "two")}
        self.root = sites.project(folder / "root", pages, snippets)
        self.page, self.snippet = self.root / "docs" / "index.md", self.root / "snippets" / "t" / "one.py"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self.log = f"http://127.0.0.1:{port}/", folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                # As in a terminal: what is started in the background passes over Ctrl-C, with all that it starts.
                ["env", "--default-signal=INT", sites.BIN / "mkdocs", "serve", "--dev-addr", f"127.0.0.1:{port}"],
                cwd=self.root,
                env=sites.environment(self.root, folder / "bundle"),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait(lambda: "Serving on" in self.said())

    def said(self):
        return self.log.read_text()

    def builds(self):
        """How often it built after an edit. MkDocs drops a message that it wrote before, such as an equal time."""
        return self.said().count("Reloading browsers")

    def ran(self):
        """What each build so far says that it ran."""
        return [int(count) for count in re.findall(r"(\d+) ran now", self.said())]

    def html(self):
        with urllib.request.urlopen(self.address, timeout=30) as answer:
            return answer.read().decode()

    def edit(self, path, old, new):
        """Change a file and wait for the page that comes of it."""
        before = self.builds()
        text = path.read_text()
        assert old in text
        whole = self.root / "edited"  # put there at one stroke, since an empty file would be an edit of its own
        whole.write_text(text.replace(old, new))
        whole.replace(path)
        self.wait(lambda: self.builds() > before)
        return self.html()

    def wait(self, condition, seconds=40):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end and self.process.poll() is None, self.said()
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def served(tmp_path):
    server = Served(tmp_path)
    yield server
    server.stop()


def test_serving_follows_edits_shows_failures_and_touches_nothing(served, open_page):
    watched = [served.root / "docs", served.root / "snippets", served.root / "hooks"]
    before = sites.tree(*watched)
    page = open_page(served.address, wait="load")
    assert served.ran() == [2]

    assert "New prose." in served.edit(served.page, "Prose.", "New prose.")
    assert served.ran()[-1] == 0
    page.get_by_text("New prose.").wait_for()  # the page in the browser came by itself

    assert "second output" in served.edit(served.snippet, "'first'", "'second'")
    assert served.ran()[-1] == 1
    page.get_by_text("second output").wait_for()

    broken = served.edit(served.snippet, "'second'", "'much too long'")
    assert "Failed" in broken and "claim did not hold: the word was much too long" in broken
    assert "first output" in broken, "the other snippet is still shown"
    said = "docs/index.md:6: snippet t/one (snippets/t/one.py:11): claim did not hold: the word was much too long"
    assert said in served.said()

    unreadable = served.edit(served.snippet, "# [tool.live]", "# [tool.live]\n# timeot = 3")
    assert "unknown key 'timeot'" in unreadable

    served.edit(served.snippet, "# timeot = 3\n", "")
    mended = served.edit(served.snippet, "'much too long'", "'third'")
    assert "third output" in mended and "Failed" not in mended
    assert served.ran()[-1] == 1

    count = served.builds()
    time.sleep(2)
    assert served.builds() == count == 6, "one build for each edit, and none by itself"
    served.snippet.write_text(served.snippet.read_text().replace("'third'", "'first'"))
    served.page.write_text(served.page.read_text().replace("New prose.", "Prose."))
    after = sites.tree(*watched)
    assert {name: content for name, (_, content) in after.items()} == {n: content for n, (_, content) in before.items()}
    edited = {str(served.page), str(served.snippet)}
    assert {name for name in after if after[name][0] != before[name][0]} <= edited


def test_an_address_that_is_taken_is_told_before_anything_runs(tmp_path):
    root = sites.project(
        tmp_path / "root", {"index.md": sites.fence("t/one")}, {"t/one": sites.snippet("One.", SOURCE)}
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        served = sites.run(
            [sites.BIN / "mkdocs", "serve", "--dev-addr", address], root, sites.environment(root, tmp_path / "bundle")
        )

    assert served.returncode == 1
    assert f"cannot serve on {address}: Address already in use; choose another port, as in 'make s" in served.stdout
    assert "Traceback" not in served.stdout
    assert not (tmp_path / "bundle").exists()


def test_the_live_reload_of_a_page_answers(served):
    epoch, identity = re.search(r"livereload\((\d+), (\d+)\);", served.html()).groups()
    served.edit(served.page, "Prose.", "Other prose.")
    with urllib.request.urlopen(f"{served.address}livereload/{epoch}/{identity}", timeout=30) as answer:
        assert int(answer.read()) > int(epoch)


def test_what_the_policy_stops_is_shown_in_the_page_and_does_not_run(served, open_page):
    page = open_page(served.address, wait="load")
    shown = served.edit(served.page, "Prose.", "<script>document.title = 'owned'</script>")
    where = "docs/index.md:3: <script>document.title = 'owned'</script>: inline scripts do not run"
    assert where in served.said()
    assert "inline scripts do not run" in shown and "Failed" in shown
    page.locator(".live-failed").wait_for()
    assert page.title() != "owned"
    assert [text for text in page.trouble if "Content Security Policy" in text and "livereload" in text] == []

    assert "Failed" not in served.edit(served.page, "<script>document.title = 'owned'</script>", "Prose.")
    page.get_by_text("Prose.").wait_for()  # so the reloading script ran under the policy


def test_an_include_that_is_not_there_is_told_and_serving_goes_on(served):
    shown = served.edit(served.page, "Prose.", 'Prose.\n\n--8<-- "gone.svg"\n\nMore.')

    assert "Prose." in shown and "More." in shown
    assert "docs/index.md:5: there is no file 'gone.svg' to include: did you mean 'favicon.svg'?" in served.said()
    assert "Traceback" not in served.said()
