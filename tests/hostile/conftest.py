"""The machine around hostile snippets, and rounds in which all of them run."""

from collections.abc import Callable, Iterator

import around
import pytest
from around import Outside
from running import Ran


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """What no run may read, reach or change."""
    with around.planted() as here:
        yield here


@pytest.fixture(scope="module")
def rounds(outside: Outside) -> Callable[[str], dict[str, Ran]]:
    """Run hostile snippets side by side, once in each of the ways."""
    known: dict[str, dict[str, Ran]] = {}

    def go(way: str) -> dict[str, Ran]:
        if way not in known:
            known[way] = around.WAYS[way](outside)
        return known[way]

    return go
