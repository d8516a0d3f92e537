# /// script
# requires-python = ">=3.11"
# dependencies = []
#
# [tool.live]
# facts = ["pods", "order", "by_class", "compared", "classes"]
# ///
"""The kubelet evicts by use over request and by priority, not by class.

The sort of pkg/kubelet/eviction/helpers.go as a function, on six pods and on every pair of many,
beside the order that the page on QoS classes gives: BestEffort, Burstable, Guaranteed.
"""

from dataclasses import dataclass
from itertools import permutations, product

CLASSES = ("BestEffort", "Burstable", "Guaranteed")


@dataclass(frozen=True)
class Pod:
    """Memory in MiB. BestEffort requests nothing; Guaranteed cannot use more than it requests."""

    name: str
    qos: str
    request: int
    used: int
    priority: int = 0


# region order
def memory_rank(pod):
    """rankMemoryPressure: exceedMemoryRequests, then priority, then memory. Smallest goes first."""
    return (not pod.used > pod.request, pod.priority, pod.request - pod.used)


# endregion


def class_rank(pod):
    """As documented under "Pod Quality of Service Classes"."""
    return CLASSES.index(pod.qos)


six = [
    Pod("batch", "BestEffort", 0, 40),
    Pod("scan", "BestEffort", 0, 90, priority=100),
    Pod("cache", "Burstable", 100, 400),
    Pod("web", "Burstable", 300, 250),
    Pod("queue", "Burstable", 200, 260, priority=100),
    Pod("database", "Guaranteed", 500, 480),
]
order = [pod.name for pod in sorted(six, key=memory_rank)]
by_class = [pod.name for pod in sorted(six, key=class_rank)]
pods = {pod.name: {"qos": pod.qos, "over": pod.used - pod.request} for pod in six}

print(f"{'':<10}{'class':<12}{'request':>8}{'used':>6}{'over':>6}{'priority':>10}")
for pod in sorted(six, key=memory_rank):
    over = pod.used - pod.request
    print(f"{pod.name:<10}{pod.qos:<12}{pod.request:>8}{pod.used:>6}{over:>6}{pod.priority:>10}")
print(f"\nby class it would be: {', '.join(by_class)}")

REQUESTS, USES = (0, 50, 100, 200), (10, 60, 110, 190, 260)
# Every pod of some sizes and priorities that can exist, and every two of them.
many = [
    Pod("", qos, request, used, priority)
    for qos, request, used, priority in product(CLASSES, REQUESTS, USES, (0, 100))
    if (qos == "BestEffort") == (request == 0) and (qos != "Guaranteed" or used <= request)
]
pairs = [two for two in permutations(many, 2) if memory_rank(two[0]) < memory_rank(two[1])]
reversed_ = [(first, later) for first, later in pairs if class_rank(first) > class_rank(later)]
classes = sorted({f"{first.qos} before {later.qos}" for first, later in reversed_})
compared = len(pairs)
print(f"\n{len(many)} pods, {compared:,} pairs; against the order of classes:")
for text in classes:
    print(f"{sum(f'{a.qos} before {b.qos}' == text for a, b in reversed_):>8,}  {text}")

assert all(a.used > a.request or b.used <= b.request for a, b in pairs), (
    f"in none of {compared:,} pairs did a pod within its request go before one over it"
)
assert order.index("cache") < order.index("scan"), (
    "a Burstable over its request went before a BestEffort of higher priority"
)
assert order[-2:] == ["database", "web"], (
    "of the two within their requests, Guaranteed went first: it had less of its request left"
)
assert not any(first.qos == "Guaranteed" for first, later in pairs if later.used > later.request), (
    "no Guaranteed pod went while another was over its request"
)
