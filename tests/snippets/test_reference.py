"""The answers of the reference snippets."""

from pathlib import Path

import pytest

LINES = Path("/proc/meminfo").read_text().splitlines()


def test_meminfo_adds_up(facts_of):
    facts = facts_of("reference/meminfo_adds_up")

    assert facts["lines"] == len(LINES)
    total = next(line for line in LINES if line.startswith("MemTotal:")).split()[1]
    assert facts["live"]["MemTotal"].replace(",", "") == f"{total} KiB"
    assert {line.split(":")[0] for line in LINES} & set(facts["absent"]) == set()


def test_where_is_the_ram(facts_of):
    facts = facts_of("reference/where_is_the_ram")

    assert sum(facts["parts"].values()) + facts["not_accounted"] == pytest.approx(facts["total"], rel=0.001)
    assert facts["not_accounted"] / facts["total"] == pytest.approx(facts["not_accounted_share"])
