"""What readers ask, typed into the site's own search: the page that answers is among the first three."""

import pytest
import sites

QUESTIONS = {
    "What are RSS and VSZ?": "memory/vsz-rss-pss-uss",
    "Does RSS include shared libraries": "memory/rss-shared-pages",
    "why is sum of RSS bigger than RAM": "memory/rss-shared-pages",
    "real memory of one process": "memory/first-measurement",
    "which process uses the most memory": "memory/find-biggest-process",
    "what does the pmap total mean": "memory/address-space",
    "free was called but RSS does not go down": "memory/rss-after-free",
    "free shows nothing left": "memory/free-vs-available",
    "MemTotal MemFree Cached meaning": "reference/meminfo",
    "malloc succeeds for more than RAM": "overcommit/promise-more-than-ram",
    "minor vs major page faults": "paging/page-faults",
    "does fork copy all memory": "paging/copy-on-write",
    "when does memory become real": "paging/watch-lazy-allocation",
    "what is Committed_AS": "overcommit/what-commit-means",
    "sar kbcommit %commit above 100": "overcommit/read-percent-commit",
    "vm.overcommit_memory 0 1 2": "overcommit/modes",
    "default overcommit heuristic refuses": "overcommit/mode-0-heuristic",
    "Cannot allocate memory but gigabytes are free": "overcommit/fix-enomem",
    "how does the OOM killer choose a victim": "oom/victim-selection",
    "oom_score range": "oom/victim-selection",
    "was my process killed by the OOM killer": "oom/was-it-oom",
    "exit code 137": "oom/was-it-oom",
    "OOM although memory was free cgroup": "oom/global-vs-cgroup",
    "read the dmesg OOM report": "oom/read-the-log",
    "swap used before OOM killer reclaim": "paging/reclaim-and-swap",
    "transparent huge pages RSS": "paging/huge-pages",
    "lock memory mlock prefault": "paging/control-residency",
    "Kubernetes memory overcommit": "kubernetes/two-overcommits",
    "kubelet oom_score_adj QoS Burstable": "kubernetes/qos-oom-score-adj",
    "which pod is evicted first": "kubernetes/node-pressure-eviction",
    "MemAvailable formula": "reference/formulas",
    "errata wrong documentation": "reference/errata",
}


@pytest.fixture(scope="module")
def asked(address, browser):
    """A page with its search open, for all questions."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    page.keyboard.press("/")
    yield page
    context.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_that_answers_is_among_the_first_three(question, asked, address):
    asked.locator(".md-search__input").press("Control+A")
    asked.keyboard.press("Backspace")
    sites.wait_until(asked, "() => !document.querySelector('.md-search-result__item')")
    asked.keyboard.type(question)
    sites.wait_until(
        asked,
        "q => document.querySelector('.md-search-result__item a')?.href.includes('h=') "
        "&& document.querySelector('.md-search__input').value == q",
        question,
    )
    # Results come word by word, and nothing tells that the last have come: they do not change any more.
    found: list[str] = []
    for _ in range(100):
        asked.wait_for_timeout(300)
        before, found = found, results(asked, address)
        if before == found and QUESTIONS[question] in found[:3]:
            break

    assert QUESTIONS[question] in found[:3]


def results(page, address):
    """The pages that a search has found so far, the best first."""
    links = page.eval_on_selector_all(
        ".md-search-result__item > a", "items => items.map(item => item.href.split('?')[0].split('#')[0])"
    )
    return list(dict.fromkeys(link.removeprefix(address).strip("/") for link in links))


def test_every_question_is_of_a_page_that_exists():
    assert [page for page in QUESTIONS.values() if not (sites.ROOT / "docs" / f"{page}.md").is_file()] == []
