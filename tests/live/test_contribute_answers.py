"""The tests of what snippets answer are found by what they name, and what keeps them from being run is told."""

import pytest
from live.contribute import answers
from live.contribute.linters import Linter


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is told of a file of tests that names t/one, and what pytest would be asked for."""

    def asked(content):
        path = tmp_path / "tests" / "snippets" / "test_t.py"
        path.parent.mkdir(parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ran = []
        monkeypatch.setattr(Linter, "find", lambda self, _: ran.append(self.arguments) or [])
        told = [str(problem) for problem in answers.wrong(tmp_path, ["t/one"])]
        return told, [argument for arguments in ran for argument in arguments if "test_t.py" in argument]

    return asked


FILE = "tests/snippets/test_t.py"
ONE = 'def test_one(facts_of):\n    facts_of("t/one")\n'


@pytest.mark.parametrize(
    ("content", "tests"),
    [
        (ONE + "def test_other(): ...\n", [f"{FILE}::test_one"]),
        (f'{ONE}ONE = "t/one"\n', [f"{FILE}::test_one"]),
        (f'def helper():\n    return "t/one"\n{ONE}', [FILE]),
        ('ONE = "t/one"\ndef test_a(): ...\n', [FILE]),
        ('class TestOne:\n    def test_a(self):\n        "t/one"\n', [FILE]),
        ('ONE = "t/other"\n', []),
    ],
)
def test_the_tests_that_name_a_snippet_are_run(asked, content, tests):
    assert asked(content) == ([], tests)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ONE.replace("test_one", "one"), "1: has no function whose name begins with test_; call it test_one"),
        ('import os\nONE = "t/one"\n', "1: has no function whose name begins with test_; add one"),
        ("x = 1\ny = = 2\n", "2: is not Python: invalid syntax"),
        ("x = 1\0\n", "1: is not Python"),
        (b"\xff", "1: is not UTF-8 text; save it as such"),
    ],
)
def test_a_file_that_pytest_could_make_nothing_of_is_told(asked, content, told):
    (one,), ran = asked(content)

    assert one.startswith(f"{FILE}:{told}")
    assert ran == []
