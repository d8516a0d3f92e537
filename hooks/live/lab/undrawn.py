"""Stands in for matplotlib in a guest, which has none: takes whatever a snippet draws, and draws nothing.

What the snippet measures and claims is not touched; its figures are those of the build host.
"""

from collections.abc import Iterator


class Undrawn:
    """Whatever is asked of it, it gives another like it."""

    def __getattr__(self, name: str) -> "Undrawn":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Undrawn":
        return self

    def __getitem__(self, _: object) -> "Undrawn":
        return self

    def __setitem__(self, _: object, __: object) -> None:
        """Keep nothing."""

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __enter__(self) -> "Undrawn":
        return self

    def __exit__(self, *_: object) -> None:
        """Pass on whatever happened."""


def subplots(nrows: int = 1, ncols: int = 1, **_: object) -> tuple:
    """A figure and its axes, as many as are asked for."""
    count = nrows * ncols
    return Undrawn(), Undrawn() if count == 1 else tuple(Undrawn() for _ in range(count))


def get_fignums() -> list:
    """No figure is open."""
    return []


def __getattr__(name: str) -> Undrawn:
    if name.startswith("__"):
        raise AttributeError(name)
    return Undrawn()
