"""What {{topic}}/{{name}} answers follows from what it measured."""

import pytest

MiB = 1 << 20


def test_all_that_was_touched_is_resident(facts_of):
    facts = facts_of("{{topic}}/{{name}}")

    assert facts["size"] == 32 * MiB
    assert facts["grown"] == pytest.approx(facts["size"], abs=MiB)
