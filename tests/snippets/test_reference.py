"""The answers of the reference snippets."""

from pathlib import Path

LINES = Path("/proc/meminfo").read_text().splitlines()


def test_meminfo_adds_up(facts_of):
    facts = facts_of("reference/meminfo_adds_up")

    assert facts["lines"] == len(LINES)
    total = next(line for line in LINES if line.startswith("MemTotal:")).split()[1]
    assert facts["live"]["MemTotal"].replace(",", "") == f"{total} KiB"
    assert {line.split(":")[0] for line in LINES} & set(facts["absent"]) == set()


def test_where_is_the_ram(facts_of):
    facts = facts_of("reference/where_is_the_ram")

    total = next(line for line in LINES if line.startswith("MemTotal:")).split()[1]
    assert facts["total"] == int(total) * 1024
    assert 0 < facts["parts"]["anonymous"] < facts["total"] - facts["parts"]["free"]
    assert -0.02 <= facts["not_accounted_share"] < 1
