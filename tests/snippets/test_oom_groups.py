"""The answers of the snippets on groups: who died, who lived, and what was left behind."""

import pytest

MiB = 1 << 20

on_each = pytest.mark.parametrize("host", ["lab", "lab-newer"])


@on_each
def test_group_limit_kills_its_own(facts_of, host):
    facts = facts_of("oom/group_limit_kills_its_own", host)
    members, pages = dict(facts["members"]), facts["ram"] // 4096
    outside = members.pop("outside")

    assert outside["pages"] > max(its["pages"] for its in members.values())
    assert facts["killed"][0] == max(members, key=lambda name: members[name]["badness"]) == "big"
    assert max(members, key=lambda name: members[name]["oom_score"]) == "small"
    for its in members.values():  # what /proc shows is reckoned with the machine's RAM, not with the limit
        badness = its["pages"] + its["adj"] * (pages // 1000)
        assert its["oom_score"] == pytest.approx((1000 + badness * 1000 / pages) * 2 / 3, abs=3)
    assert facts["peak"] == pytest.approx(facts["limit"], rel=0.01)
    assert facts["asked"] > 2 * facts["limit"]
    assert facts["line"].count("/box") == 2


@on_each
def test_group_dies_as_one(facts_of, host):
    rounds = facts_of("oom/group_dies_as_one", host)["rounds"]

    assert [its["lived"] for its in rounds.values()] == [["worker", "helper"], [], ["helper"]]
    assert [len(its["lived"]) + its["died"] for its in rounds.values()] == [3, 3, 3]
    assert [its["oom_kill"] for its in rounds.values()] == [its["vmstat"] for its in rounds.values()] == [1, 4, 3]


@on_each
def test_group_drops_cache_keeps_tmpfs(facts_of, host):
    facts = facts_of("oom/group_drops_cache_keeps_tmpfs", host)
    disk, later, tmpfs, again, removed = facts["rows"].values()

    assert facts["size"] == 2 * facts["limit"] == 96 * MiB
    assert [row["end"] for row in (disk, later, tmpfs, again, removed)] == ["done", "done", *["SIGKILL"] * 2, "done"]
    assert later["file"] < facts["limit"] - 7 * MiB < disk["file"] <= facts["limit"]  # the 8 MiB took its place
    assert tmpfs["shmem"] == again["shmem"]
    assert removed["left"] < MiB


@on_each
def test_killed_or_oom_killed(facts_of, host):
    facts = facts_of("oom/killed_or_oom_killed", host)
    seen = {
        name: (its["vmstat"], its["app"]["oom_kill"], its["app"]["oom"] > 0, its["above"]["oom"] > 0)
        for name, its in facts["cases"].items()
    }

    assert seen == {
        "by_hand": (0, 0, False, False),
        "own_limit": (1, 1, True, False),
        "limit_above": (1, 1, False, True),
        "machine": (1, 1, False, False),
    }
    for its in facts["cases"].values():
        assert its["shell"].split()[-1] == str(128 + 9)
        assert len(its["log"]) == 2 * its["vmstat"]
    assert "Memory cgroup" not in facts["cases"]["machine"]["log"][1]
