"""The answers of the formula snippets, from their inputs and by hand."""

import math

import pytest

MiB = 1 << 20
HOSTS = pytest.mark.parametrize("host", ["build", "lab", "lab-newer"])


@HOSTS
def test_memavailable_from_its_inputs(facts_of, host):
    facts = facts_of("reference/memavailable_from_its_inputs", host)
    parts = facts["parts"]

    assert sum(parts.values()) == facts["computed"] == pytest.approx(facts["shown"], abs=2 * MiB)
    assert 0 <= -parts["cache_kept"] <= parts["cache"] / 2
    assert 0 <= -parts["reclaimable_kept"] <= parts["reclaimable"] / 2
    assert all(zone["low"] - zone["min"] == zone["high"] - zone["low"] for zone in facts["zones"].values())
    if host != "build":
        assert facts["managed"] == facts["total"]
        assert parts["cache"] > 20 * MiB  # the file that it wrote


@HOSTS
def test_limits_and_scores_from_their_inputs(facts_of, host):
    facts = facts_of("reference/limits_and_scores_from_their_inputs", host)
    total, swap = facts["total"], facts["swap"]

    if host != "build":  # 80 % without eight huge pages of 2 MiB, and all of the swap
        assert facts["limit"] == pytest.approx((total - 16 * 1024) * 0.8 + swap, abs=8)
        assert [score["adj"] for score in facts["scores"]] == [0, 0, -500, 500, 1000]
    assert facts["percent"] == pytest.approx(facts["sar_percent"], abs=0.01)
    for score in facts["scores"]:  # 7: the kernel rounds a thousandth of the machine down to pages
        by_hand = 2 / 3 * (1000 + score["adj"] + 1000 * score["rss"] / (total + swap))
        assert score["shown"] == pytest.approx(math.floor(by_hand), abs=7)
