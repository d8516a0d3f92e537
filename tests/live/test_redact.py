"""What tells of the machine's people and secrets does not reach a capture, and ordinary text stays."""

import json
import platform
import time

import pytest
from live import known_words, secret_forms, terminal
from live.redact import Redactor

# Put together here, so that no scanner takes this file for a leak.
AWS = "AKIA" + "IOSFODNN7EXAMPLA"
GITHUB = "ghp_" + "a1B2" * 9
JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    + "eyJzdWIiOiIxMjM0NTY3ODkwIn0."
    + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)
NPM = "npm_" + "a1B2" * 9
OPENAI = "sk-proj-" + "a1B2-" * 4 + "a1B2" * 5 + "T3Blbk" + "FJ" + "a1B2" * 5
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"


@pytest.fixture
def redactor(tmp_path, monkeypatch):
    """A redactor on a machine with a telling name, user, home and secret."""

    class Account:
        pw_name, pw_uid, pw_dir, pw_gecos = "maryjane", 1000, "/home/maryjane", "Mary Jane Doe,,,"

    monkeypatch.setattr(known_words.pwd, "getpwall", lambda: [Account])
    monkeypatch.setattr(known_words.getpass, "getuser", lambda: "maryjane")
    monkeypatch.setattr(platform, "node", lambda: "secretbox.example.org")
    monkeypatch.setenv("HOME", "/home/maryjane")
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2-hunter2")
    return Redactor(tmp_path / "checkout")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("on secretbox.example.org and secretbox", "on [host] and [host]"),
        ("Mary Jane Doe wrote it", "[user] wrote it"),
        ("maryjane runs /home/maryjane/bin/x", "[user] runs [home]/bin/x"),
        ("token hunter2-hunter2.", "token [secret]."),
        ("from 192.0.2.17 and 10.1.2.3:80", "from [address] and [address]:80"),
        ("at 2001:db8::17 or fe80::1", "at [address] or [address]"),
        ("mac 52:54:00:12:34:56 up", "mac [address] up"),
        ("write to someone@example.org", "write to [address]"),
        ("?to=some%20one%40example.org&x", "?to=[address]&x"),
        (f"id {AWS} end", "id [secret] end"),
        (f"key {GITHUB} end", "key [secret] end"),
        (f"jwt {JWT}", "jwt [secret]"),
        (f"token={GITHUB}", "token=[secret]"),
        ("SecretBox:8080", "[host]:8080"),
        ("x=hunter2-hunter2m", "x=[secret]m"),
        ("inet addr:10.1.2.3 10.1.2.3/24", "inet addr:[address] [address]/24"),
        ("fe80::1ff:fe23:4567:890a%eth0 [2001:db8::1]:80", "[address]%eth0 [[address]]:80"),
        ("ether 52-54-00-12-34-56", "ether [address]"),
    ],
)
def test_what_is_telling_is_replaced(redactor, text, cleaned):
    assert redactor.clean(text) == cleaned


def test_the_checkout_is_replaced(redactor, tmp_path):
    assert redactor.clean(f"in {tmp_path}/checkout/docs") == "in [checkout]/docs"


@pytest.mark.parametrize(
    "text",
    [
        "vm.overcommit_memory = 0",
        "procps 4.0.2, sysstat 12.6.1, Linux 6.18.44",
        "7f12a000-7f12b000 r-xp 00000000 fe:00 1234  /usr/lib/libc.so.6",
        "127.0.0.1 and ::1 and 0.0.0.0",
        "12:34:56 PM  all",
        "maryjanes and secretboxes",
        "d41d8cd98f00b204e9800998ecf8427e",
        "RSS: 12,345 KiB (98.7 %)",
        "std::vector and a::b()",
        "nobody has it, user 1000:1000, a@b, 0x7f12:",
        "Linux 6.1.0-18-amd64",
    ],
)
def test_ordinary_text_stays(redactor, text):
    assert redactor.clean(text) == text
    assert redactor.counts == {}


def test_every_part_of_a_structure_is_cleaned_and_counted(redactor):
    cleaned = redactor.clean({"maryjane": ["maryjane", 5, True, None, {"x": "secretbox"}]})

    assert cleaned == {"[user]": ["[user]", 5, True, None, {"x": "[host]"}]}
    assert redactor.counts == {"user": 2, "host": 1}


def test_what_is_left_over_is_named(redactor):
    assert redactor.leftovers(f"maryjane {AWS}") == ["secret", "user"]
    assert redactor.leftovers(redactor.clean(f"maryjane {AWS} {KEY}")) == []


def test_short_and_common_names_are_words_and_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "vm")
    monkeypatch.setattr(known_words.getpass, "getuser", lambda: "root")
    monkeypatch.setattr(known_words.pwd, "getpwall", list)

    assert Redactor(tmp_path).clean("vm.overcommit_memory of root") == "vm.overcommit_memory of root"


def test_a_capture_holds_nothing_telling_wherever_it_stood(run, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "secretbox")
    monkeypatch.setenv("API_TOKEN", "hunter2-hunter2")
    ran = run(
        "import sys\n"
        "print('on secretbox with hunter2-hunter2')\n"
        "print('secretbox', file=sys.stderr)\n"
        f"word = 'secretbox {GITHUB[:9]}' + '{GITHUB[9:]}'\n"  # a source with a secret would be refused
        "assert word, 'claimed on secretbox'\n"
        "import matplotlib.pyplot as plt\n"
        "figure = plt.figure()\nfigure.text(0, 0, 'secretbox drew')\nfigure.set_label('a secretbox')\n",
        facts=["word"],
        dependencies=("matplotlib",),
    )

    assert ran.problems == []
    del ran.capture["source"]  # the author's own text
    whole = json.dumps(ran.capture)
    assert "secretbox" not in whole
    assert "hunter2" not in whole
    assert GITHUB not in whole
    assert ran.capture["facts"] == {"word": "[host] [secret]"}
    assert ran.capture["redacted"]["host"] >= 5


@pytest.mark.parametrize(
    "word", ["swap", "size", "line", "python", "message", "stdout", platform.release().split("-")[0]]
)
def test_a_user_who_is_called_like_a_field_breaks_no_capture(word, run, monkeypatch):
    monkeypatch.setenv("LOGNAME", word)

    ran = run("size = {'steps': 3, 'who': 'swap size line python'}\n", facts=["size"])

    assert ran.problems == []
    assert ran.capture["host"]["kernel"] == platform.release()
    assert ran.capture["facts"]["size"]["steps"] == 3
    assert word not in ran.capture["facts"]["size"]["who"]


@pytest.mark.parametrize("before", [secret_forms.PIECE, 2 * secret_forms.PIECE - secret_forms.AGAIN, 10**5])
@pytest.mark.parametrize("secret", [AWS, GITHUB, JWT, f"{JWT}{'x' * 1200}", NPM, OPENAI], ids=lambda one: one[:5])
def test_a_secret_in_a_long_line_is_found_wherever_the_line_is_cut(redactor, secret, before):
    for inside in (1, len(secret) // 2, len(secret) - 1):
        line = f"{'/- ' * before}"[: before - inside - 1] + f" {secret} end"
        assert redactor.clean(line) == line.replace(secret, "[secret]")


def test_forms_of_secrets_that_are_looked_for_here_are_found(redactor):
    assert redactor.clean(f"key {OPENAI} and {NPM} end") == "key [secret] and [secret] end"
    assert redactor.clean(f"//r.example/:_authToken={'0a1b' * 9}") == "//r.example/:_authToken=[secret]"
    assert secret_forms.secret_lines(f"x = 1\nkey = '{NPM}'\n") == [2]


@pytest.mark.parametrize(
    "between",
    [
        "\x1b[31m",
        "\x1b(B",
        "\x1b=",
        "\x1bP a string\x07",
        "\x1bX a string\x1b\\",
        "\x1b]8;;a link\x07",
        "\x08",
        "\xad",
        "\u180e",
        "\u061c",
        "\u034f",
        "\u200b",
        "\u206a",
        "\ufe0f",
        "\U000e0041",
    ],
)
def test_what_is_not_seen_hides_no_secret(redactor, between):
    hidden = f"{GITHUB[:2]}{between}{GITHUB[2:]}"

    assert GITHUB[6:] not in redactor.clean(f"before\nkey {hidden} end\nafter\n")
    assert redactor.leftovers(hidden) == ["secret"]
    assert "maryjane" not in terminal.plain(redactor.clean(f"mary{between}jane"))


def test_redaction_takes_no_time_over_odd_output(redactor):
    known = "AKIA" + "IOSFODNN7EXAMPLE"
    many = "".join(f" AKIA{n:016d}" for n in range(20_000))
    floods = ("/", "//a", "sk-", "eyJ", "://a:", "npm_", "_authToken= ", "aws")
    odd = ("a" * 10**6, ":" * 10**6 + "g", "1." * 10**5, "a." * 10**5 + "@", "a@b." * 10**5, "a%40" * 10**5)
    for text in (
        *odd,
        *((flood * 10**6)[: 1 << 18] for flood in floods),
        f"{'a' * 10**6} {known}",
        known * 10**4,
        many,
    ):
        started = time.process_time()
        redactor.clean(text)
        assert time.process_time() - started < 15
