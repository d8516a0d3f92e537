"""The answers of the overcommit snippets: each number follows from the kernel's rule and the others."""

from pathlib import Path

import pytest

MiB = 1 << 20
PAGE = 4096  # of the guests


def test_promise_ten_times_the_ram(facts_of):
    facts = facts_of("overcommit/promise_ten_times_the_ram")
    before, after, back = facts["before"], facts["after"], facts["back"]

    assert facts["mode"] == int(Path("/proc/sys/vm/overcommit_memory").read_text())
    assert 2 * facts["piece"] == pytest.approx(facts["ram"] + facts["swap"], abs=MiB)
    assert facts["granted"] == facts["pieces"] * facts["piece"]
    assert after["VSZ"] - before["VSZ"] == pytest.approx(facts["granted"], abs=MiB)
    assert back["VSZ"] == pytest.approx(before["VSZ"], abs=MiB)
    assert after["RSS"] - before["RSS"] < 4 * MiB
    if facts["mode"] == 0:
        assert (facts["pieces"], facts["single"]) == (20, "Cannot allocate memory")


def test_refused_now_or_killed_later(facts_of):
    facts = facts_of("overcommit/refused_now_or_killed_later")
    loose, strict = facts["loose"], facts["strict"]

    assert loose["granted"] == 50 * facts["step"] > facts["ram"]
    assert 0 < loose["written"] < facts["ram"]
    assert (loose["end"], loose["done"], loose["refused"]) == ("SIGKILL", False, False)
    assert strict["granted"] == strict["written"] < facts["limit"] == facts["ram"] // PAGE // 2 * PAGE
    assert (strict["end"], strict["done"], strict["refused"]) == ("exit 0", True, True)


@pytest.mark.parametrize("host", ["build", "lab"])
def test_what_each_mapping_is_charged(facts_of, host):
    facts = facts_of("overcommit/what_each_mapping_is_charged", host)
    times = {name: round(charge / facts["size"]) for name, charge in facts["charged"].items() if name != "fork"}
    version = tuple(map(int, facts["kernel"].split("-")[0].split(".")[:2]))

    assert facts["takes_back"] is (version >= (6, 7))
    assert times == {
        "private": 1,
        "write": 0,
        "give_back": 0,
        "none": 0,
        "make": 1,
        "unmake": -int(facts["takes_back"]),
        "read": 0,
        "noreserve": int(facts["mode"] == 2),
        "shared": 1,
        "file_private": 1,
        "file_shared": 0,
        "memfd": 0,
        "thread": 1,
    }
    assert facts["charged"]["fork"] > 0.9 * facts["own"] > 0.9 * facts["size"]


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_committed_as_adds_up(facts_of, host):
    facts = facts_of("overcommit/committed_as_adds_up", host)
    named = {one["name"]: one for one in facts["processes"]}
    size = 64 * MiB

    assert facts["committed"] - facts["shared"] == sum(one["ac"] for one in facts["processes"])
    assert facts["shared"] == size + 8 * MiB
    assert named["untouched"]["ac"] - named["read-only"]["ac"] == size
    assert named["untouched"]["ac"] == named["quarter-used"]["ac"]
    assert named["read-only"]["ac"] == named["no-reserve"]["ac"] == named["shared"]["ac"]
    assert named["quarter-used"]["RSS"] - named["untouched"]["RSS"] == pytest.approx(size / 4, abs=MiB)


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_three_modes_one_machine(facts_of, host):
    facts = facts_of("overcommit/three_modes_one_machine", host)

    assert {name: [int(yes) for yes in row] for name, row in facts["granted"].items()} == {
        "half": [1, 1, 1],
        "limit": [1, 1, 0],
        "total": [1, 1, 0],
        "more": [0, 1, 0],
        "many": [1, 1, 0],
        "noreserve": [1, 1, 0],
        "none": [1, 1, 1],
        "fork": [1, 1, 0],
        "spawn": [1, 1, 1],
    }
    assert facts["limit"] == facts["ram"] // PAGE // 2 * PAGE + facts["total"] - facts["ram"]
    assert 2 * facts["held"] > facts["limit"]
    assert facts["free"] > facts["held"]
    assert facts["promised"] >= facts["total"]
    assert facts["after_switch"] is False


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_strict_limit_to_the_page(facts_of, host):
    facts = facts_of("overcommit/strict_limit_to_the_page", host)
    largest = {name: row["largest"] for name, row in facts["rows"].items()}

    assert all(size % PAGE == 0 and 0 < size < facts["limit"] for size in largest.values())
    assert facts["admin"] == 8 * MiB
    assert largest["root"] - largest["uid_1000"] == pytest.approx(8 * MiB, abs=MiB)
    assert largest["uid_1000"] - largest["uid_1000_64"] == pytest.approx(56 * MiB, abs=MiB)
    assert largest["large_0"] - largest["large"] == pytest.approx(facts["user"], abs=MiB)
    assert facts["free"] > facts["limit"]


def test_commit_limit_from_its_inputs(facts_of):
    facts = facts_of("overcommit/commit_limit_from_its_inputs")
    ram, swap, rows = facts["ram"], facts["swap"], facts["rows"]
    shares = {
        "default": 0.5 * ram + swap,
        "ratio_80": 0.8 * ram + swap,
        "ratio_150": 1.5 * ram + swap,
        "kbytes": 300_000 * 1024 + swap,
        "ratio_50": 0.5 * ram + swap,
        "hugetlb": 0.5 * (ram - 20 * MiB) + swap,
        "no_swap": 0.5 * (ram - 20 * MiB),
    }

    assert facts["pool"] == 20 * MiB
    assert {name: row["limit"] for name, row in rows.items()} == pytest.approx(shares, abs=PAGE)
    assert (rows["kbytes"]["ratio"], rows["ratio_50"]["kbytes"]) == (0, 0)


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_mode_0_looks_at_one_request(facts_of, host):
    facts = facts_of("overcommit/mode_0_looks_at_one_request", host)
    largest = {name: row["largest"] for name, row in facts["rows"].items()}
    swap = largest.pop("idle") - largest.pop("no_swap")

    assert set(largest.values()) == {facts["total"]}
    assert swap == pytest.approx(128 * MiB, abs=MiB)
    assert facts["rows"]["filled"]["free"] < facts["rows"]["idle"]["free"] - 100 * MiB
    assert facts["promised"] > facts["many"] * facts["total"] == 20 * facts["total"]
    assert facts["biggest"] > facts["total"]
    assert (facts["forked"], facts["noreserve"]) == (False, True)
