"""The answers of the snippets on reclaim, swap, huge pages and residency."""

import os

import pytest

MiB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")
GUEST_PAGE = 4096  # of the guests of the lab, on x86-64

both = pytest.mark.parametrize("host", ["lab", "lab-newer"])


def test_watermarks_from_their_formula(facts_of):
    facts = facts_of("paging/watermarks_from_their_formula")
    largest = facts["zones"][facts["largest"]]

    assert largest["managed"] == max(zone["managed"] for zone in facts["zones"].values())
    assert facts["marks"] == {mark: largest[mark] * PAGE for mark in ("min", "low", "high")}
    for zone in facts["zones"].values():
        assert zone["min"] < zone["low"] < zone["high"]
        assert 2 * zone["low"] == zone["min"] + zone["high"]
        assert zone["managed"] <= zone["present"]
    if not any(name.startswith(("Movable", "HighMem")) for name in facts["zones"]):
        rounded = len(facts["zones"]) * PAGE
        assert facts["min_free"] - facts["sum_of_min"] == pytest.approx(rounded / 2, abs=rounded / 2 + PAGE)


def test_page_cache_goes_before_anyone_is_killed(facts_of):
    facts = facts_of("paging/page_cache_goes_before_anyone_is_killed")
    before, after, filled = facts["before"], facts["after"], facts["wanted"]

    assert after["AnonPages"] - before["AnonPages"] == pytest.approx(filled, rel=0.05)
    assert facts["filling"]["oom_kill"] == facts["missed"]["oom_kill"] == 0
    taken = facts["filling"]["pgsteal_kswapd"] + facts["filling"]["pgsteal_direct"]
    assert taken * GUEST_PAGE > 0.8 * filled
    assert [now["Cached"] for now in facts["timeline"][::12]] == sorted(
        (now["Cached"] for now in facts["timeline"][::12]), reverse=True
    )
    assert facts["pages"] * GUEST_PAGE == 48 * MiB


def test_swapped_pages_come_back_as_major_faults(facts_of):
    facts = facts_of("paging/swapped_pages_come_back_as_major_faults")
    steps, pages = facts["steps"], facts["pages"]

    assert pages * GUEST_PAGE == facts["size"] == 48 * MiB
    assert [steps[step]["faults"] for step in ("out", "in_by_8", "out_again", "in_by_1")] == pytest.approx(
        [0, pages / 8, 0, pages], abs=pages / 40
    )
    assert [step["swap"] > facts["size"] / 2 for step in steps.values()] == [False, True, False, True, False]
    assert max(abs(now["RSS"] + now["swap"] - facts["timeline"][-1]["RSS"]) for now in facts["timeline"][8:]) < 4 * MiB


@both
def test_swappiness_zero_kills_beside_free_swap(facts_of, host):
    facts = facts_of("paging/swappiness_zero_kills_beside_free_swap", host)

    assert {value: run["end"] for value, run in facts["runs"].items()} == {"60": 0, "1": 0, "0": -9}
    assert [run["oom_kill"] for run in facts["runs"].values()] == [0, 0, 1]
    missing = facts["size"] - facts["available"]
    assert 0 < missing < facts["swap"]
    for value in ("60", "1"):
        assert facts["swap"] - facts["runs"][value]["swap_free"] > missing / 2
    assert facts["runs"]["0"]["pswpout"] < facts["runs"]["1"]["pswpout"] / 2


@both
def test_zram_is_swap_in_ram(facts_of, kernel_of, host):
    facts = facts_of("paging/zram_is_swap_in_ram", host)
    zeros, text, random = (facts["contents"][name] for name in ("zeros", "text", "random"))

    assert facts["pages"] * GUEST_PAGE == facts["size"]
    assert zeros["takes"] < text["takes"] < random["takes"]
    assert zeros["given"] + zeros["kept_as_zero"] * GUEST_PAGE == pytest.approx(facts["size"], rel=0.02)
    assert (zeros["kept_as_zero"] > 0) == (kernel_of(host) >= (6, 12))
    assert text["given"] == pytest.approx(random["given"], rel=0.02)


def test_high_slows_down_and_max_kills(facts_of):
    facts = facts_of("paging/high_slows_down_and_max_kills")
    nothing, most, high = (facts["runs"][name] for name in ("nothing", "max", "high"))

    assert [run["oom_kill"] for run in (nothing, most, high)] == [0, 1, 0]
    assert (nothing["high"], nothing["max"]) == (0, 0)
    assert high["max"] == 0 < most["max"]
    assert high["seconds"] > 4 * nothing["seconds"]
    assert max(size for _, size in facts["timeline"]["max"]) <= facts["limit"]
    assert facts["machine"]["waited"] > 0.9 * high["waited"]


@both
def test_huge_pages_change_the_counts(facts_of, host):
    facts = facts_of("paging/huge_pages_change_the_counts", host)
    cases, size, huge = facts["cases"], facts["size"], facts["huge"]

    assert huge == 2 * MiB
    for way, case in cases.items():
        brings_huge = way in ("madvise_asked", "always")
        assert case["all"]["AnonHugePages"] == case["few"]["AnonHugePages"] == size * brings_huge
        assert case["all"]["faults"] == pytest.approx(size / (huge if brings_huge else GUEST_PAGE), abs=40)
        assert case["few"]["Rss"] == pytest.approx(size if brings_huge else size / 512, abs=256 << 10)
    tables = [case["all"]["VmPTE"] for case in cases.values()]
    assert min(tables) >= size // 512
    assert max(tables) - min(tables) <= 2 * GUEST_PAGE


def test_hugetlb_pool_is_outside_rss(facts_of):
    facts = facts_of("paging/hugetlb_pool_is_outside_rss")
    steps, pool, used = facts["steps"], facts["pool"], facts["used"]

    assert [steps[step]["HugePages_Free"] for step in steps] == [0, pool, pool, pool - used, 0]
    assert [steps[step]["HugePages_Rsvd"] for step in steps] == [0, 0, used, 0, 0]
    assert [steps[step]["HugetlbPages"] for step in steps] == [0, 0, 0, used, 0]
    assert steps["start"]["CommitLimit"] - steps["made"]["CommitLimit"] == pytest.approx(pool / 2, abs=2 * GUEST_PAGE)
    assert facts["refused"] == "ENOMEM"


def test_equal_pages_can_be_merged(facts_of):
    facts = facts_of("paging/equal_pages_can_be_merged")
    steps, size = facts["steps"], facts["size"]

    assert {step["Rss"] for step in steps.values()} == {size}
    assert [step["Pss"] for step in steps.values()] == pytest.approx(
        [size, size, size / 2, size * 3 / 4, size], rel=0.02
    )
    assert steps["offered"]["pages_sharing"] / steps["offered"]["pages_shared"] <= facts["most"] - 1


def test_fill_lock_and_give_back(facts_of):
    facts = facts_of("paging/fill_lock_and_give_back")
    ways, pages = facts["ways"], facts["pages"]

    assert pages * PAGE == facts["size"]
    for way in ways.values():
        assert way["before"]["Rss"] + way["use"]["Rss"] == pytest.approx(facts["size"], rel=0.03)
    assert ways["MADV_POPULATE_WRITE"]["before"]["faults"] <= 1.02 * pages + 64
    assert ways["MADV_POPULATE_READ"]["use"]["faults"] == pytest.approx(pages, rel=0.02)
    if facts["limit"] >= 2 * PAGE:
        assert facts["locks"]["mlock"]["VmLck"] <= facts["limit"]
        assert facts["answers"]["mlock"] == "EINVAL"


def test_locked_pages_are_not_swapped(facts_of):
    facts = facts_of("paging/locked_pages_are_not_swapped")
    after = {how: child["after"] for how, child in facts["children"].items()}

    assert after["plain"]["VmLck"] == 0
    assert after["plain"]["VmSwap"] > 20 * after["locked"]["VmSwap"]
    assert after["locked"]["VmRSS"] - after["on_fault"]["VmRSS"] == pytest.approx(facts["size"] / 2, abs=2 * MiB)
    assert after["plain_locked"]["VmSwap"] < MiB
    assert facts["user"] == ["locked", "ENOMEM"]
