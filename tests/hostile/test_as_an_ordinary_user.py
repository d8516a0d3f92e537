"""The same as an ordinary user, who may make no control group: nothing of root's is what holds them."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
import running
from around import SNIPPETS, UNCOUNTED, names
from test_snippets import CASES

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; here all ran as such a user"),
    pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed"),
]
UID = 23456  # of nobody that has a name
TRIED = [name for name in names("reads", "writes", "fills", "stays", "breaks", "forges") if name not in UNCOUNTED]


@pytest.fixture(scope="module")
def entries():
    """What the build report says of each."""
    with tempfile.TemporaryDirectory(prefix="live-test-", dir="/var/tmp") as folder:
        project = Path(folder) / "project"
        for name in TRIED:
            (project / "snippets" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SNIPPETS / f"{name}.py", project / "snippets" / f"{name}.py")
        (project / "docs").mkdir()
        Path(folder).chmod(0o755)
        ended = running.engine_of(UID, Path(folder))("capture")
        report = project / ".cache" / "bundle" / "build.json"
        assert report.exists(), ended.stderr
        told = json.loads(report.read_text())
        assert any("no control group may be made here" in note for note in told["notes"])
        yield {entry["snippet"]: entry for entry in told["captures"]}


@pytest.mark.parametrize("name", TRIED)
def test_it_is_held_and_the_report_says_so(entries, name):
    assert entries[name]["reason"] == CASES[name].says.replace("\n", "; ")
    assert entries[name]["status"] == ("failed" if CASES[name].says else "held")
