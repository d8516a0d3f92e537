"""The commands for contributors, for the command line."""

import argparse
import sys

from live.project import Project
from live.snippet import HOSTS


def add(commands: argparse._SubParsersAction) -> None:
    """Add the commands."""
    new = commands.add_parser("new", help="make a snippet, a page and a test that pass, to be changed")
    new.add_argument("topic", help="a folder of docs and snippets, such as oom")
    new.add_argument("name", help="what the program shows, such as protected_process_lives")
    new.add_argument("--host", choices=HOSTS, default="build", help="where it runs (default: build)")
    new.set_defaults(do=_new)
    checking = commands.add_parser("check", help="check all files, then run the snippets that were changed")
    checking.add_argument("parts", nargs="*", metavar="PART", help="only these, such as style or run")
    checking.set_defaults(do=_check)
    commands.add_parser("fix", help="mend what can be mended without a person").set_defaults(do=_fix)


def _new(project: Project, given: argparse.Namespace) -> int:
    from live.contribute.new import new, next_commands  # noqa: PLC0415

    for name in new(project, given.topic, given.name, given.host):
        print(f"wrote {name}")
    print(f"\nThey pass as they are. Now make them yours:\n\n{next_commands(given.topic, given.name)}", end="")
    return 0


def _check(project: Project, given: argparse.Namespace) -> int:
    from live.contribute import check  # noqa: PLC0415

    return check.run(project, given.parts)


def _fix(project: Project, _: argparse.Namespace) -> int:
    from live.contribute.fix import fix  # noqa: PLC0415

    changed = fix(project.root)
    for name in changed:
        print(f"mended {name}")
    if not changed:
        print("nothing to mend that can be mended without a person")
    sys.stdout.flush()
    return 0
