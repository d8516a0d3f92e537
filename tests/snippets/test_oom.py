"""The answers of the snippets about the OOM killer: who is killed follows from what was measured."""

import os

import pytest

KiB, MiB = 1 << 10, 1 << 20
PAGE, GUEST_PAGE = os.sysconf("SC_PAGE_SIZE"), 4096  # of the lab's guests, on x86-64


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_victim_known_beforehand(facts_of, host):
    facts = facts_of("oom/victim_known_beforehand", host)
    table = facts["table"]
    sums = {name: row["VmRSS"] + row["VmSwap"] + row["VmPTE"] for name, row in table.items()}

    assert sorted(table) == ["asking", "resident", "small", "swapped", "tables"]
    assert sums == {name: row["badness"] for name, row in table.items()}  # every oom_score_adj is 0
    assert facts["killed"] == facts["order"][0] == max(sums, key=sums.get) == "swapped"
    assert facts["lead"] == sorted(sums.values())[-1] - sorted(sums.values())[-2]
    assert facts["largest"] == "resident"
    # 36 MiB were sent to swap; half of it may have been read again, and the interpreter's pages go there, too.
    assert table["swapped"]["VmSwap"] > 18 * MiB / facts["page"]
    # A page table of one page for every 2 MiB that were read, and hardly more.
    assert table["tables"]["VmPTE"] > 3 * table["tables"]["VmRSS"]
    assert sum(sums.values()) * facts["page"] < facts["total"] * 1.2  # what children share is counted for each


def test_adj_outweighs_size(facts_of):
    facts = facts_of("oom/adj_outweighs_size")
    rounds, unit = facts["rounds"], facts["unit"]

    assert [played["killed"] for played in rounds.values()] == ["big", "small", "middle", "small", "big"]
    assert facts["unit_bytes"] == unit * 4096
    assert 0.9 * 256 * MiB / 1000 > facts["unit_bytes"] > 0.7 * 256 * MiB / 1000  # the kernel keeps some of the RAM
    plain = rounds["all 0"]["badness"]
    assert plain["big"] > plain["middle"] > plain["asking"] > plain["small"]
    for what, name, adj in (("small +500", "small", 500), ("big -500", "big", -500)):
        assert rounds[what]["badness"][name] - plain[name] == pytest.approx(adj * unit, abs=100)  # pages
    last = rounds["big -999, others -1000"]["badness"]
    assert last["big"] - plain["big"] == pytest.approx(-999 * unit, abs=100)
    assert {name for name, points in last.items() if points is None} == {"middle", "small", "asking"}


def test_root_dies_and_who_asks_may_live(facts_of):
    facts = facts_of("oom/root_dies_and_who_asks_may_live")
    held, scores = facts["held"], facts["scores"]

    # Before Linux 6.2 a task kept back up to 64 pages of its own count.
    assert held["root"] == pytest.approx(held["user"], abs=MiB // 2)
    assert held["root+"] - held["root"] == pytest.approx(MiB, abs=MiB // 2)
    assert scores["user"] == pytest.approx(scores["root"], abs=1)
    assert scores["root+"] > max(scores["root"], scores["user"])
    assert (facts["died"], facts["told"]) == ("root+", "asking")
    assert facts["asker"] < held["large"] / 2
    # The score is computed from all of the machine: from two of them its size comes out again.
    total = (held["large"] - held["user"]) / (scores["large"] - scores["user"]) * 2000 / 3
    assert total == pytest.approx(384 * MiB, rel=0.15)


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_report_agrees_with_the_run(facts_of, kernel_of, host):
    facts = facts_of("oom/report_agrees_with_the_run", host)
    tasks, columns = facts["tasks"], facts["columns"]

    assert list(tasks) == ["asking", "hog"]
    assert ("rss_shmem" in columns) == (kernel_of(host) >= (6, 8))
    assert [(task["uid"], task["oom_score_adj"]) for task in tasks.values()] == [(0, 0), (1000, 100)]
    assert facts["points"]["hog"] > facts["points"]["asking"]
    weight = facts["points"]["hog"] - tasks["hog"]["rss"] - tasks["hog"]["swapents"]
    assert weight - tasks["hog"]["pgtables_bytes"] // 4096 == 100 * (facts["total"] // 1000)
    if "rss_anon" in columns:
        for task in tasks.values():
            assert task["rss"] == task["rss_anon"] + task["rss_file"] + task["rss_shmem"]
    assert facts["total"] * 4096 == pytest.approx((256 + 32) * MiB, rel=0.2)
    assert sorted(facts["zones"]) == ["DMA", "DMA32"]


def test_volunteer_and_no_way_back(facts_of):
    for host in ("build", "lab"):
        facts = facts_of("oom/volunteer_and_no_way_back", host)
        idle, *_, large = facts["scores"]
        by_adj = {row["adj"]: row["reads"] for row in facts["scores"] if not row["size"]}

        # About two thirds of a point for each of oom_score_adj, and 667 for all of RAM and swap.
        for adj, reads in by_adj.items():
            if adj > -1000:
                pages = (adj - facts["started"]) * (facts["total"] // 1000)
                assert reads - idle["reads"] == pytest.approx(2000 / 3 * pages / facts["total"], abs=2)
        page = PAGE if host == "build" else GUEST_PAGE
        assert large["reads"] - idle["reads"] == pytest.approx(
            2000 / 3 * large["size"] / (facts["total"] * page), abs=2
        )
        assert facts["privileged"] == (-1000 in by_adj)
        assert by_adj.get(-1000, 0) == 0
    assert facts["privileged"]
    assert list(facts["trials"].values()) == ["allowed", "refused", "allowed", "refused"]


def test_panic_instead_of_a_kill(captured):
    (entry,) = [entry for entry in captured.report["captures"] if entry["snippet"] == "oom/panic_instead_of_a_kill"]
    if entry["status"] == "skipped":
        pytest.skip(entry["reason"])

    assert entry["status"] == "held", entry["reason"]
    said = " ".join(claim["text"] for claim in entry["claims"])
    assert "SIGKILL" in said
    assert "Kernel panic" in said
