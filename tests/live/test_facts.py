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
        ("size.deeper", "", "unknown fact 'size.deeper'"),
        ("order.3", "", "unknown fact 'order.3'"),
        ("sizes", "", "has parts; quote one of them: sizes.small, sizes.all"),
        ("rows", "", "quote one of them: rows.0, rows.1"),
        ("word", ".1f", "cannot be written as '.1f'"),
        ("word", "MiB", "cannot be written as 'MiB'"),
        ("size", "nonsense", "cannot be written as 'nonsense'"),
    ],
)
def test_what_cannot_be_quoted_says_why(path, spec, message):
    with pytest.raises(BadFact, match=message):
        quote(FACTS, path, spec)
