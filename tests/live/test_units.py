"""Sizes are binary, in and out."""

import pytest
from live.units import in_unit, nearest_unit, parse_size, readable

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "size"),
    [("1GiB", 1 << 30), ("512M", 512 << 20), ("64 KiB", 64 << 10), ("2T", 2 << 40)],
)
def test_a_size_is_read_in_powers_of_1024(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "1", "MiB", "1MB", "-1M", "1.5GiB", "1M1"])
def test_what_is_not_a_size_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="such as '512MiB'"):
        parse_size(text)


@pytest.mark.parametrize(
    ("value", "spec", "written"),
    [
        (256 << 20, "MiB", f"256{NBSP}MiB"),
        ((256 << 20) + 4096 * 100, "MiB", f"256.4{NBSP}MiB"),
        (1536, ".2KiB", f"1.50{NBSP}KiB"),
        (5000 << 20, "MiB", f"5,000{NBSP}MiB"),
        (-(3 << 20), "MiB", f"-3{NBSP}MiB"),
    ],
)
def test_a_unit_spec_writes_bytes_in_that_unit(value, spec, written):
    assert in_unit(value, spec) == written


@pytest.mark.parametrize("spec", ["", ".1f", ",", "MB", "mib"])
def test_other_specs_are_left_to_python(spec):
    assert in_unit(1, spec) is None


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("mib", "MiB"),
        ("MB", "MiB"),
        ("kb", "KiB"),
        ("MiBB", "MiB"),
        (" .1 GiB ", ".1GiB"),
        ("G", "GiB"),
        ("megabytes", ""),
        (".2z", ""),
        ("", ""),
    ],
)
def test_a_spec_that_is_nearly_a_unit_is_known_for_it(spec, meant):
    assert nearest_unit(spec) == meant


def test_a_readable_size_takes_the_largest_unit_that_fits():
    assert [readable(size) for size in (0, 2048, 3 << 20, 5 << 30)] == [
        f"0{NBSP}KiB",
        f"2{NBSP}KiB",
        f"3.0{NBSP}MiB",
        f"5.0{NBSP}GiB",
    ]
