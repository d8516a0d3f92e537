# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# host = ["lab", "lab-newer"]
# needs = ["dmesg", "sh"]
# facts = ["said", "limit", "cases"]
# lab = { memory = "256M", log = ['CONSTRAINT_NONE.*global_oom,task_memcg=/machine/app'] }
# timeout = 120
# ///
"""Every SIGKILL looks the same to a shell; three places tell if the OOM killer sent it.

Four times a shell runs a program that gets killed: by hand, at the limit of its control group, at
that of the group above, and because the machine is full. Then it looks at what was left behind.
"""

import re
import subprocess
import sys
from pathlib import Path

root, limit = Path("/sys/fs/cgroup"), 48 * 2**20
by_hand = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
greedy = "taken = []\nwhile True: taken.append(b'1' * 2**20)"


def numbers(file):
    return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", file.read_text())}


def kernel_log():
    """The two lines that a report of the OOM killer ends with."""
    text = subprocess.run(["dmesg"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"oom-kill:.*|\w[\w ]+: Killed process.*", text)


# region case
def case(name, program, **limits):
    """Has a shell run a program in the group /name/app, and returns what was left behind."""
    groups = {"above": root / name, "app": root / name / "app"}
    groups["app"].mkdir(parents=True)
    (groups["above"] / "cgroup.subtree_control").write_text("+memory")
    for which, size in limits.items():
        (groups[which] / "memory.max").write_text(str(size))
    kills, known = numbers(Path("/proc/vmstat"))["oom_kill"], len(kernel_log())
    script = f'(echo 0 > {groups["app"]}/cgroup.procs; exec {sys.executable} -c "$1"); echo $?'
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    shell = subprocess.run(["sh", "-c", script, "sh", program], **both, text=True, check=True)
    return {
        "shell": " ".join(shell.stdout.split()),
        "vmstat": numbers(Path("/proc/vmstat"))["oom_kill"] - kills,
        "app": numbers(groups["app"] / "memory.events.local"),
        "above": numbers(groups["above"] / "memory.events.local"),
        "log": kernel_log()[known:],
    }


cases = {
    "by_hand": case("by_hand", by_hand),
    "own_limit": case("own_limit", greedy, app=limit),
    "limit_above": case("limit_above", greedy, above=limit),
    "machine": case("machine", greedy),
}
# endregion

print(f"{'':14}{'':14}{'vmstat':<10}{'memory.events.local of its group':<34}of the group above")
print(f"{'':14}{'the shell':<14}{'oom_kill':<10}{'oom':>5}{'oom_kill':>10}{'':19}oom  oom_kill")
for name, its in cases.items():
    (oom, kill), (above, killed) = (
        [its[group][event] for event in ("oom", "oom_kill")] for group in ("app", "above")
    )
    print(f"{name:14}{its['shell']:14}{its['vmstat']:>+8}{oom:7}{kill:10}{above:22}{killed:10}")
print("\nin the kernel's log:")
for name, its in cases.items():
    print(f"{name}:", *(its["log"] or ["nothing"]), sep="\n  ")

alone, own, above, machine = cases.values()
said = ", ".join({its["shell"] for its in cases.values()})
assert said == "Killed 137", f"all four times the shell said: {said}"
assert alone["vmstat"] == 0 and not alone["log"], "by hand: no counter moved, nothing was logged"
for name, its in list(cases.items())[1:]:
    assert its["vmstat"] == its["app"]["oom_kill"] == 1, f"{name}: oom_kill counted one"
assert own["app"]["oom"] > 0, "own_limit: oom was counted in the group of the program"
assert above["app"]["oom"] == 0 and above["above"]["oom"] > 0, "limit_above: in the one above"
assert machine["app"]["oom"] == machine["above"]["oom"] == 0, "machine: in neither"
where = {name: its["log"][0] for name, its in cases.items() if its["log"]}
assert "oom_memcg=/own_limit/app," in where["own_limit"], "the log names the group with the limit"
assert "oom_memcg=/limit_above," in where["limit_above"], "also when it is not the program's own"
assert "global_oom" in where["machine"], "and says global_oom when there was none"
