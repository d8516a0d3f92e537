"""A build is killed at any moment: nothing of it goes on, and the next one is right and clears up."""

import random
import time

import pytest
import small as project

KILLS = {"capture": 36, "build": 14}


@pytest.mark.parametrize("kind", KILLS)
def test_nothing_outlives_a_killed_build_and_the_next_is_right(small, kind):
    chance = random.Random(5)
    started = time.monotonic()
    assert small.build(kind, LIVE_MODE="fresh").returncode == 0
    whole = time.monotonic() - started
    wrong = []
    with project.orphans():
        for number in range(KILLS[kind]):
            moment = whole * (number + chance.random()) / KILLS[kind]
            victim = small.start(kind, LIVE_MODE="fresh")
            time.sleep(moment)
            victim.kill()
            victim.wait()
            outlived = project.outlived()
            victim.stdout.close()
            done = small.build(kind)
            found = outlived + small.wrong() + ([done.stdout] if done.returncode else [])
            wrong += [f"after {moment:.2f} of {whole:.2f} s: {one}" for one in found]

    assert not wrong, "\n".join(wrong)
