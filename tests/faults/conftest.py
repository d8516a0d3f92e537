"""The modules of tests/site are at hand here, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "site"))

import shutil
import tempfile

import pytest


@pytest.fixture(scope="module")
def staging():
    """A folder for LIVE_STAGING that whoever snippets run as can enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
