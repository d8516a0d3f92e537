"""A small project that can be built again and again, on a machine where something goes wrong."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "site"))


@pytest.fixture(scope="module")
def staging():
    """A folder for LIVE_STAGING that whoever snippets run as can enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory, staging):
    """The project, built once."""
    from small import Small

    project = Small(tmp_path_factory.mktemp("small"), staging)
    done = project.build()
    assert done.returncode == 0, done.stdout
    project.expect()
    return project
