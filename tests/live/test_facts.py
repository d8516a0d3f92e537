"""A fact is quoted as its spec says, or the message names what is near."""

import pytest
from live.facts import BadFact, quote

FACTS = {
    "size": 256 << 20,
    "ratio": 1.9876,
    "word": "held",
    "flag": True,
    "sizes": {"small": 1 << 20, "all": [1, 2]},
    "order": [60, 30, 120],
    "rows": [[1], [2]],
    "vast": 10**400,
    "beyond": 10**5000,
    "many": {f"name{number}": 1 for number in range(99)},
}


@pytest.mark.parametrize(
    ("path", "spec", "text"),
    [
        ("size", "MiB", "256\N{NO-BREAK SPACE}MiB"),
        ("size", ",", "268,435,456"),
        ("size", "", "268435456"),
        ("ratio", ".1f", "2.0"),
        ("ratio", ".0%", "199%"),
        ("word", "", "held"),
        ("flag", "", "True"),
        ("sizes.small", "KiB", "1,024\N{NO-BREAK SPACE}KiB"),
        ("sizes.all.1", "", "2"),
        ("order", "", "60, 30, 120"),
        ("order", ".1f", "60.0, 30.0, 120.0"),
    ],
)
def test_a_fact_is_written_as_the_spec_says(path, spec, text):
    assert quote(FACTS, path, spec) == text


@pytest.mark.parametrize(
    ("path", "spec", "message"),
    [
        ("siez", "", "did you mean 'size'"),
        ("sizes.smal", "", "did you mean 'small'"),
        ("size.deeper", "", "unknown fact 'size.deeper': 'size' is 268435456, which has no parts"),
        ("sizes.all.0.x", "", "'sizes.all.0' is 1, which has no parts"),
        (
            "",
            "",
            "names no fact; add a dot and one of size, ratio, word, flag, sizes, order",
        ),
        ("order.3", "", "unknown fact 'order.3': known: 0, 1, 2"),
        ("many.other", "", "none of the 99 known is like it"),
        (f"order.{'9' * 5000}", "", "known: 0, 1, 2"),
        ("sizes", "", "has parts; quote one of them, such as sizes.small, sizes.all"),
        ("rows", "", "quote one of them, such as rows.0, rows.1"),
        ("many", "", "name10, many.name11$"),
        ("word", ".1f", "is 'held' and cannot be written as '.1f': only numbers are written so; leave out the colon"),
        ("word", "MiB", "cannot be written as 'MiB': only numbers are written so"),
        ("size", "nonsense", "cannot be written as 'nonsense': write it as ',', '.1f' or another of Python's format"),
        ("size", ".2z", "cannot be written as '.2z': write it as ','"),
        ("size", "c", "cannot be written as 'c': write it as ','"),
        ("order", "c", "cannot be written as 'c'"),
        ("size", "MiBB", "did you mean 'MiB'[?] units are KiB, MiB, GiB, TiB"),
        ("size", "mib", "did you mean 'MiB'[?]"),
        ("size", " MiB", "did you mean 'MiB'[?]"),
        ("size", ".1MB", "did you mean '.1MiB'[?]"),
        ("vast", ".1f", "it is too large for that; write it as ','"),
        ("vast", "MiB", "it is too large for that; write it as ','"),
        ("beyond", "", "is what stands there and cannot be written as ''"),
    ],
)
def test_what_cannot_be_quoted_says_why(path, spec, message):
    with pytest.raises(BadFact, match=message):
        quote(FACTS, path, spec)


def test_a_reference_without_a_fact_where_there_is_none_says_so():
    with pytest.raises(BadFact, match="names no fact, and there is none"):
        quote({}, "", "")
