"""The answers of the paging snippets: what was asked for is what was measured."""

import os

import pytest

MiB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


def test_fork_copies_what_is_written(facts_of):
    facts = facts_of("paging/fork_copies_what_is_written")
    size = facts["size"]

    assert size == facts["pages"] * PAGE == 128 * MiB
    sums = [facts[step] for step in ("forked", "read", "half", "whole")]
    assert [one["RSS"] for one in sums] == pytest.approx([2 * size] * 4, rel=0.02)
    assert [one["PSS"] for one in sums] == pytest.approx([size, size, 1.5 * size, 2 * size], rel=0.02)
    assert [one["USS"] for one in sums] == pytest.approx([0, 0, size, 2 * size], abs=0.02 * size)


def test_reading_python_objects_copies_them(facts_of):
    facts = facts_of("paging/reading_python_objects_copies_them")
    copied = facts["copied"]

    assert facts["data"]["array"] == 8 * facts["floats"]
    assert copied["array"] - copied["nothing"] < 0.1 * facts["data"]["array"]
    assert copied["objects"] == pytest.approx(facts["data"]["objects"], rel=0.1)


def test_watch_pages_become_real(facts_of):
    facts = facts_of("paging/watch_pages_become_real")
    steps, pages, size = facts["steps"], facts["pages"], facts["size"]

    assert size == pages * facts["page"] == 64 * MiB
    assert [steps[name]["zero"] for name in steps] == pytest.approx(
        [0, pages / 2, pages / 4, pages / 4, 0], abs=pages / 50
    )
    assert [steps[name]["own"] for name in steps] == pytest.approx([0, 0, pages / 2, pages / 4, pages], abs=pages / 50)
    assert [steps[name]["VSZ"] for name in steps] == pytest.approx([size, 0, 0, 0, size], abs=2 * MiB)


def test_what_a_page_fault_costs(facts_of):
    facts = facts_of("paging/what_a_page_fault_costs")

    assert facts["pages"] * PAGE == facts["size"] == 64 * MiB
    for case in ("read", "written", "fresh"):
        assert facts[case]["minor"] == pytest.approx(facts["pages"], rel=0.02)
    assert facts["again"]["minor"] < 0.02 * facts["pages"]
    assert 0 < facts["file"]["minor"] <= 1.02 * facts["file"]["pages"] + 64
    assert facts["major"] == 0


def test_where_page_faults_end(facts_of):
    assert facts_of("paging/where_page_faults_end")["ends"] == {
        "first_touch": "a page",
        "read_file": "a page",
        "follow_null": "SIGSEGV",
        "read_protected": "SIGSEGV",
        "write_to_read_only": "SIGSEGV",
        "read_cut_file": "SIGBUS",
    }
