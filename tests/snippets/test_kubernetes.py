"""The answers of the Kubernetes snippets, from the rules as they are written down elsewhere."""

import pytest

MiB = 1 << 20
LABS = pytest.mark.parametrize("lab", ["lab", "lab-newer"])


@LABS
def test_promised_at_once_killed_at_use(facts_of, lab):
    facts = facts_of("kubernetes/promised_at_once_killed_at_use", lab)

    assert facts["modes"] == {"0": "ENOMEM", "1": "granted"}
    assert facts["sum_of_limits"] == pytest.approx(1.5 * facts["ram"] + 64 * MiB, rel=0.001)
    assert 0.9 * 64 * MiB < facts["touched"] < 64 * MiB < facts["asked"]
    assert facts["peak"] == pytest.approx(64 * MiB, rel=0.01)


def test_oom_score_adj_from_the_request(facts_of):
    facts = facts_of("kubernetes/oom_score_adj_from_the_request")

    assert facts["table"] == {
        "0.00%": 999,
        "0.05%": 999,
        "0.10%": 999,
        "10.00%": 900,
        "25.00%": 750,
        "50.00%": 500,
        "90.00%": 100,
        "99.70%": 3,
        "99.80%": 3,
        "100.00%": 3,
    }
    assert facts["differs_from"] == 0.998


@LABS
def test_death_order_is_adj_plus_usage(facts_of, lab):
    facts = facts_of("kubernetes/death_order_is_adj_plus_usage", lab)
    pods, ram = facts["pods"], facts["ram"]

    assert [pods[name]["adj"] for name in ("guaranteed", "best-effort")] == [-997, 1000]
    for name, request in (("burst-small", 20 * MiB), ("burst-big", 100 * MiB)):
        assert pods[name]["adj"] == pytest.approx(1000 - 1000 * request / ram, abs=1)
    assert facts["observed"] == ["burst-small", "best-effort", "burst-big"]
    assert facts["alive"] == ["guaranteed"]
    # The displayed score is two thirds of a thousand and badness; each is rounded once or twice.
    for pod in pods.values():
        assert 1.5 * pod["score"] == pytest.approx(1000 + pod["badness"], abs=3)
        assert pod["badness"] == pytest.approx(pod["adj"] + 1000 * pod["used"] / ram, abs=10)


def test_eviction_order_from_the_sort(facts_of):
    facts = facts_of("kubernetes/eviction_order_from_the_sort")

    assert facts["order"] == ["cache", "batch", "scan", "queue", "database", "web"]
    assert facts["classes"] == ["Burstable before BestEffort", "Guaranteed before Burstable"]


@LABS
def test_working_set_leaves_out_inactive_file(facts_of, lab):
    facts = facts_of("kubernetes/working_set_leaves_out_inactive_file", lab)

    for run in facts["runs"].values():
        for step in ("filled", "read", "read_again", "read_on"):
            at = run[step]
            assert at["working_set"] == at["usage"] - at["inactive_file"]
            assert at["anon"] + at["active_file"] <= at["working_set"] + MiB
            assert at["usage"] <= facts["limit"]
    classic, newer = (facts["runs"][lists]["read_again"]["working_set"] for lists in ("classic", "newer"))
    assert classic - newer == pytest.approx(66 * MiB, rel=0.1)
    assert facts["cost"] == pytest.approx(66 * MiB, rel=0.1)
