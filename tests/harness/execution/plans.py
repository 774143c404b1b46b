"""Plans of searches that take no time, on the made-up table of `data_home`."""

from typing import Any

from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.planning.stages import SearchPlan


def small_plan(seeds: Any, methods: str = "random") -> SearchPlan:
    """Plan searches on CIFAR-10 under `common`."""
    request = make_request(
        methods, spaces="nas-bench-201", datasets="cifar10", seeds=seeds, protocol="common",
        settings={}, table=None, device="auto",
    )  # fmt: skip
    return make_plan(request)
