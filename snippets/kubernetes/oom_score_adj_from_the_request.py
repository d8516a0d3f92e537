# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
#
# [tool.live]
# facts = ["checked", "lowest", "highest", "differs_from", "table"]
# ///
"""The kubelet makes oom_score_adj from the class and the memory request alone.

The formula of pkg/kubelet/qos/policy.go as a function, checked for nodes of five sizes and every
request in steps of a tenth of a thousandth, beside the formula that the documentation prints.
"""

import matplotlib.pyplot as plt

GiB = 2**30


# region formula
def kubelet_adj(qos, request, capacity):
    """As in policy.go: of one container, without sidecars and requests of the whole pod."""
    if qos == "Guaranteed":  # and containers of pods with priority system-node-critical
        return -997
    if qos == "BestEffort":
        return 1000
    adj = 1000 - 1000 * request // capacity
    return 1000 - 997 if adj < 1000 - 997 else 999 if adj == 1000 else adj


# endregion


def part(capacity, tenths):
    """So many tenths of a thousandth of a node, in whole bytes."""
    return -(-capacity * tenths // 10_000)


def documented_adj(request, capacity):
    """As on the page "Node-pressure Eviction" of the Kubernetes documentation."""
    return min(max(2, 1000 - 1000 * request // capacity), 999)


nodes = [2 * GiB, 7 * GiB, 16 * GiB, 64 * GiB, 1024 * GiB]
checked, adjs, rises, differing = 0, set(), 0, []
for capacity in nodes:
    before = 1000
    for tenths in range(10_001):
        request = part(capacity, tenths)
        adj = kubelet_adj("Burstable", request, capacity)
        rises += adj > before
        if adj != documented_adj(request, capacity):
            differing.append(tenths / 10_000)
        adjs.add(adj)
        before, checked = adj, checked + 1
lowest, highest, differs_from = min(adjs), max(adjs), min(differing)
tenth = {kubelet_adj("Burstable", part(node, 1000), node) for node in nodes}

table = {}
print("request / capacity    adj   documented       (node of 16 GiB)")
for tenths in (0, 5, 10, 1000, 2500, 5000, 9000, 9970, 9980, 10_000):
    request = part(16 * GiB, tenths)
    adj, said = kubelet_adj("Burstable", request, 16 * GiB), documented_adj(request, 16 * GiB)
    table[f"{tenths / 10_000:.2%}"] = adj
    print(f"{tenths / 10_000:>18.2%} {adj:>6} {said:>12}{'   differs' if said != adj else ''}")
print(f"Guaranteed         {kubelet_adj('Guaranteed', 0, GiB):>6}")
print(f"BestEffort         {kubelet_adj('BestEffort', 0, GiB):>6}")
print(f"\n{checked:,} requests: adj from {lowest} to {highest}, {len(adjs)} different values")

figure, axes = plt.subplots(figsize=(5.6, 3), layout="constrained")
line = [kubelet_adj("Burstable", part(GiB, 10 * thousandth), GiB) for thousandth in range(1001)]
axes.plot([thousandth / 10 for thousandth in range(1001)], line, color="#e0892b")
axes.annotate("Burstable", (50, 500), (6, 4), textcoords="offset points")
for qos, colour, up in (("BestEffort", "#d1495b", -14), ("Guaranteed", "#2a78b5", 6)):
    adj = kubelet_adj(qos, 0, GiB)
    axes.axhline(adj, color=colour)
    axes.annotate(f"{qos} {adj}", (98, adj), (0, up), textcoords="offset points", ha="right")
axes.axhline(0, color="#7f8c8d", linewidth=0.8, linestyle=":")
axes.annotate("other processes 0", (2, 0), (0, 4), textcoords="offset points", color="#7f8c8d")
axes.set(xlabel="memory request in % of the node's capacity", ylabel="oom_score_adj")
figure.set_label(
    "oom_score_adj: BestEffort 1000, Guaranteed -997, Burstable a falling line from 999 without a "
    "request to 3 when all of the node is requested; other processes have 0."
)

assert adjs == set(range(3, 1000)), f"Burstable gave each value from {lowest} to {highest}"
assert rises == 0, "a larger request never gave a larger adj"
assert tenth == {900}, "a request of 10 % gave 900 on each node"
assert differs_from > 0.997, f"the documented formula differs only from {differs_from:.2%} on"
plt.show()
