"""The answers of the snippets about refused requests and about %commit."""

import errno

import pytest

MiB = 1 << 20


def test_enomem_beside_free_memory(facts_of):
    facts = facts_of("overcommit/enomem_beside_free_memory")
    errors, available = facts["errors"], facts["available"]

    assert errors["RLIMIT_AS"] == errno.ENOMEM
    assert available["RLIMIT_AS"] > facts["asked"] == 64 * MiB
    assert facts["survived"] == "MemoryError"
    assert errors.get("max_map_count", errno.ENOMEM) == errno.ENOMEM
    assert ("max_map_count" in errors) == (facts["mappings"] > 0)
    assert (errors["RAM and swap"] == errno.ENOMEM) == (facts["mode"] != 1)


def test_the_default_number_of_mappings_is_that_of_the_kernel(facts_of):
    facts = facts_of("overcommit/enomem_beside_free_memory", "lab")

    assert facts["map_limit"] == 0xFFFF - 5  # DEFAULT_MAX_MAP_COUNT, which Debian does not change
    assert facts["mappings"] == pytest.approx(facts["map_limit"], abs=2)


@pytest.mark.parametrize("host", ["lab", "lab-newer"])
def test_enomem_or_a_kill(facts_of, host):
    facts = facts_of("overcommit/enomem_or_a_kill", host)
    ends, logged = facts["ends"], facts["logged"]

    assert ends == {
        "machine": "ENOMEM",
        "strict": "ENOMEM",
        "fork_2": "ENOMEM",
        "fork_0": "granted",
        "AS": "ENOMEM",
        "DATA": "ENOMEM",
        "pids": "EAGAIN",
        "promise": "granted",
        "use": "SIGKILL",
    }
    assert {name for name, line in logged.items() if not line} == {"fork_0", "AS", "promise"}
    assert facts["held"] < facts["limit"] < facts["free"] < facts["ram"]
    assert 2 * facts["held"] > facts["limit"]
    assert 0.9 * facts["cap"] < facts["peak"] <= facts["cap"] < facts["wanted"]


def test_the_newer_kernel_logs_what_was_asked_for(facts_of):
    older = facts_of("overcommit/enomem_or_a_kill")["logged"]["machine"]
    newer = facts_of("overcommit/enomem_or_a_kill", "lab-newer")

    assert "bytes: " not in older
    assert f"bytes: {2 * newer['ram']} not enough memory" in newer["logged"]["machine"]
    assert f"bytes: {newer['limit']} not enough memory" in newer["logged"]["strict"]


@pytest.mark.parametrize("host", ["build", "lab"])
def test_percent_commit_recomputed(facts_of, host):
    facts = facts_of("overcommit/percent_commit_recomputed", host)
    before, promised, after = (facts["steps"][name] for name in ("before", "promised", "after"))

    for step in (before, promised, after):
        assert step["percent"] * facts["total"] == pytest.approx(step["kbcommit"] * 102400, abs=0.011 * facts["total"])
        assert step["of"] * facts["limit"] == pytest.approx(100 * step["committed"])
    if facts["mode"] < 2:
        assert facts["promised"] == pytest.approx(3 * facts["total"], rel=0.001)
        assert promised["percent"] > 300 > before["percent"] + 100
    assert promised["available"] == pytest.approx(before["available"], abs=facts["promised"] / 5)
