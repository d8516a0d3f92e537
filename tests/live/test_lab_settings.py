"""What a header says of its machine is read strictly, and what is wrong with it is said."""

import pytest
from live.lab.settings import OVERHEAD, Lab, read
from live.problems import LiveError
from live.reader import read as read_snippet

MiB = 1 << 20


def test_nothing_said_is_the_default():
    assert read({}) == Lab()
    assert Lab().memory == 512 * MiB


def test_sizes_count_as_memory_of_the_host():
    lab = read({"memory": "1G", "swap": "256M", "disk": "128MiB"})

    assert (lab.memory, lab.swap, lab.disk) == (1024 * MiB, 256 * MiB, 128 * MiB)
    assert lab.footprint == (1024 + 256 + 128) * MiB + OVERHEAD


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("512M", "must be a table such as"),
        ({"memroy": "1G"}, "unknown key 'memroy': did you mean 'memory'?"),
        ({"memory": 512}, "memory: must be a size such as '512MiB'"),
        ({"memory": "much"}, "memory: 'much' is not a size"),
        ({"memory": "64M"}, "memory: a guest needs at least 256M to boot"),
        ({"sysctl": {"../../etc/passwd": 1}}, "sysctl: '../../etc/passwd' = 1 is not a name with a number or text"),
        ({"sysctl": {"vm.x": True}}, "is not a name with a number or text"),
        ({"sysctl": ["vm.x"]}, "sysctl: must be a table"),
        ({"cgroup": {"cgroup.procs": 1}}, "cgroup: 'cgroup.procs' = 1 is not a name"),
        ({"cmdline": "a; b"}, "cmdline: must be words for the kernel's command line"),
        ({"log": "Killed"}, "log: must be a list of regular expressions"),
        ({"log": ["\0"]}, "log: '\\x00' is too long or has a byte of zero; 1,000 characters are the most"),
        ({"log": ["x" * 140_000]}, "x… is too long or has a byte of zero"),
        ({"cmdline": "a " * 501}, "cmdline: has 1,002 characters; 1,000 are the most"),
        ({"sysctl": {"vm": {"swappiness": 100}}}, 'write the whole name in quotes, as in "vm.swappiness" = 1'),
        ({"sysctl": {"vm.x": 1 << 64}}, "'vm.x' = 18446744073709551616 is not a name with a number or text"),
        ({"sysctl": {"vm.x": "x" * 1001}}, "is not a name with a number or text"),
        ({"cgroup": {"memory.max": "\0"}}, "is not a name with a number or text"),
        ({"memory": "9" * 5000 + "G"}, "is not a size"),
        ({"log": ["("]}, "log: '(' is no regular expression"),
    ],
)
def test_what_is_wrong_is_said(table, message):
    with pytest.raises(ValueError) as wrong:
        read(table)

    assert message in str(wrong.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"lab": {}}, 'lab = {…} says how a guest is made; add host = "lab"'),
        ({"host": "lba"}, "must be one of 'build', 'lab', 'lab-newer', or a list of these"),
        ({"host": ["lab", "lab"]}, "host = ['lab', 'lab']: 'lab' stands twice; keep one"),
        ({"host": []}, "must be one of"),
        ({"exits": "panic"}, "only a guest of the lab may panic"),
        ({"host": ["build", "lab"], "exits": "panic"}, "only a guest of the lab may panic"),
        ({"host": "lab", "sees": "host"}, "a guest has no other processes"),
        ({"host": "lab", "lab": {"memroy": "1G"}}, "did you mean 'memory'?"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused_with_its_line(tmp_path, source, header, message):
    path = tmp_path / "t" / "n.py"
    path.parent.mkdir()
    path.write_text(source("print(1)\nassert 1, 'x'\n", **header))

    with pytest.raises(LiveError) as wrong:
        read_snippet(path, tmp_path)

    (problem,) = wrong.value.problems
    assert message in problem.what
    assert problem.at != "t/n.py:1"
