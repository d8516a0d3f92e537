"""The answers of the memory snippets: what was asked for is what was measured."""

import os
from pathlib import Path

import pytest

MiB = 1 << 20


def meminfo(field):
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


def test_a_kill_frees_only_uss(facts_of):
    facts = facts_of("memory/a_kill_frees_only_uss")

    assert facts["held"] == {
        "own_90": 90 * MiB,
        "own_60": 60 * MiB,
        "own_30": 30 * MiB,
        "pool_a": 120 * MiB,
        "pool_b": 120 * MiB,
    }
    for name in ("own_90", "own_60", "own_30"):
        assert 0 <= facts["uss"][name] - facts["held"][name] < 16 * MiB
    assert max(facts["rss"], key=facts["rss"].get).startswith("pool")
    assert facts["freed_first"] < 16 * MiB
    assert facts["freed_own_90"] == pytest.approx(90 * MiB, abs=16 * MiB)


def test_address_space_by_kind(facts_of):
    facts = facts_of("memory/address_space_by_kind")

    assert sum(facts["size"].values()) == pytest.approx(facts["vsz"], abs=MiB)
    assert sum(facts["resident"].values()) == pytest.approx(facts["rss"], abs=MiB)
    assert all(facts["resident"][kind] <= facts["size"][kind] for kind in facts["size"])


def test_biggest_processes(facts_of):
    facts = facts_of("memory/biggest_processes")

    assert 0 < facts["processes"] <= len([name for name in os.listdir("/proc") if name.isdigit()]) + 300
    assert 0 < facts["top_rss"] <= facts["rss_sum"] < 100 * meminfo("MemTotal")


def test_four_tools_agree_on_rss(facts_of):
    facts = facts_of("memory/four_tools_agree_on_rss")

    assert (facts["mapped"], facts["touched"]) == (256 * MiB, 64 * MiB)
    assert 64 * MiB <= facts["uss"] <= facts["pss"] <= facts["rss"] + 64 * 1024 <= 64 * MiB + 40 * MiB
    assert facts["vsz"] - facts["rss"] >= 192 * MiB
    assert facts["page_size"] == os.sysconf("SC_PAGE_SIZE")


def test_free_is_meminfo_in_columns(facts_of):
    facts = facts_of("memory/free_is_meminfo_in_columns")
    shown = facts["shown"]

    assert shown["total"] == meminfo("MemTotal")
    old = tuple(map(int, facts["version"].split(".")[:3])) < (4, 0, 1)
    expected = shown["total"] - (shown["free"] + shown["buff/cache"] if old else shown["available"])
    assert shown["used"] == pytest.approx(expected, abs=64 * MiB)


def test_libraries_are_in_every_rss(facts_of):
    facts = facts_of("memory/libraries_are_in_every_rss")

    assert 0.3 < facts["library_share"] < 1
    assert facts["library_rss"] / facts["rss"] == pytest.approx(facts["library_share"])
    assert facts["pss_sum"] < facts["rss_sum"] / 2


def test_pmap_total_is_not_use(facts_of):
    facts = facts_of("memory/pmap_total_is_not_use")

    assert facts["touched"] == 64 * MiB
    assert facts["total"] == pytest.approx(facts["vsz"], abs=8192)
    assert facts["total"] > 256 * MiB
    assert facts["total_grown"] == 0
    assert facts["rss_grown"] == pytest.approx(64 * MiB, abs=MiB)


def test_shared_memory_hides_in_the_cache(facts_of):
    facts = facts_of("memory/shared_memory_hides_in_the_cache")

    assert facts["size"] == 256 * MiB
    assert 0 < facts["available"] <= facts["free_plus_cache"] <= 2 * meminfo("MemTotal")


def test_shared_page_is_split(facts_of):
    facts = facts_of("memory/shared_page_is_split")
    size, processes = facts["size"], facts["processes"]

    assert (size, processes) == (128 * MiB, 4)
    assert facts["alone"]["PSS"] == pytest.approx(size, rel=0.02)
    assert facts["first"]["PSS"] == pytest.approx(size / processes, rel=0.05)
    assert facts["total"]["RSS"] == pytest.approx(size * processes, rel=0.02)
    assert facts["total"]["PSS"] == pytest.approx(size, rel=0.02)
    assert facts["after_kill"] == pytest.approx(size, rel=0.02)


def test_text_sort_hides_the_biggest(facts_of):
    facts = facts_of("memory/text_sort_hides_the_biggest")

    assert facts["sample_order"] == [9.0, 8.8, 10.0]
    assert facts["rss_order"] == [60, 30, 120]
    assert facts["right_order"] == [120, 60, 30]
    assert facts["mem_total"] == meminfo("MemTotal")


def test_this_machine_now(facts_of):
    facts = facts_of("memory/this_machine_now")

    assert facts["total"] == meminfo("MemTotal")
    assert facts["swap"] == meminfo("SwapTotal")
    assert 0 < facts["free"] <= facts["total"]
    assert facts["promised"] > 0


def test_touching_memory_is_using_it(facts_of):
    facts = facts_of("memory/touching_memory_is_using_it")

    assert facts["size"] == 256 * MiB
    assert facts["pages"] * os.sysconf("SC_PAGE_SIZE") == facts["size"]
    assert facts["vsz_mapped"] == pytest.approx(facts["size"], abs=MiB)
    assert facts["rss_mapped"] < MiB
    assert facts["rss_touched"] == pytest.approx(facts["size"], abs=2 * MiB)
    assert facts["pages"] <= facts["faults"] <= facts["pages"] * 1.01 + 64


def test_unreadable_process_shows_zero(facts_of):
    facts = facts_of("memory/unreadable_process_shows_zero")

    assert facts["rss"] >= facts["held"] == 30 * MiB
    if facts["access"] == "refused":
        assert (facts["shown"].get("pss", 0), facts["shown"].get("uss", 0), facts["pmap_exit"]) == (0, 0, 1)


def test_uss_pss_rss_vsz_in_order(facts_of):
    facts = facts_of("memory/uss_pss_rss_vsz_in_order")

    assert facts["checked"] > 0
    assert facts["sum_uss"] <= facts["sum_pss"] <= facts["sum_rss"] <= facts["sum_vsz"]


def test_what_each_size_counts(facts_of):
    facts = facts_of("memory/what_each_size_counts")
    size, steps = facts["size"], facts["steps"]
    grown = {name: steps["mapped"][name] - steps["start"][name] for name in ("VSZ", "RSS")}

    assert size == 256 * MiB
    assert grown["VSZ"] == pytest.approx(size, abs=MiB)
    assert grown["RSS"] < MiB
    assert steps["touched"]["USS"] - steps["mapped"]["USS"] == pytest.approx(size, rel=0.02)
    assert steps["shared"]["RSS"] == pytest.approx(steps["touched"]["RSS"], rel=0.02)
    assert steps["touched"]["PSS"] - steps["shared"]["PSS"] == pytest.approx(size / 2, rel=0.1)
    assert steps["shared"]["USS"] < size / 8
