"""The answers of the snippets about memory that is given back."""

import pytest

MiB = 1 << 20


def test_free_memory_stays_in_the_heap(facts_of):
    facts = facts_of("memory/free_memory_stays_in_the_heap")
    if not facts["measured"]:
        pytest.skip(facts["library"])

    assert facts["large"] == pytest.approx(64 * MiB, abs=MiB)
    assert facts["large_freed"] < 6 * MiB
    assert facts["small"] >= 100_000 * 1000
    assert facts["holes"] == pytest.approx(facts["small"], rel=0.1)
    assert facts["trimmed"] < facts["pinned"] / 10


def test_given_back_in_three_ways(facts_of):
    facts = facts_of("memory/given_back_in_three_ways")
    steps, size = facts["steps"], facts["size"]

    assert size == 128 * MiB
    assert [steps[name]["RSS"] for name in steps] == pytest.approx([0, size, size, size, 0, 0], abs=0.1 * size)
    assert steps["MADV_FREE"]["LazyFree"] == pytest.approx(size, rel=0.1)
    assert steps["written"]["LazyFree"] == pytest.approx(0.75 * size, rel=0.1)


def test_one_object_keeps_its_arena(facts_of):
    facts = facts_of("memory/one_object_keeps_its_arena")

    assert facts["kept"] * 10_000 == facts["objects"] == 2_000_000
    if facts["measured"]:
        assert facts["made"] > facts["after_del"] > 5 * facts["after_all"]
