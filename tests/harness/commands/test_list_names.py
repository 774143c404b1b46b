"""`list`: the names that the other commands accept."""

import json


def test_list(harness_process):
    def rows(kind):
        return json.loads(harness_process("list", kind, "--json").stdout)

    methods = {row["name"]: row for row in rows("methods")}
    assert "baseline" in methods["random"]["description"]
    assert methods["random-search"]["protocols"] == "common, paper, nats-bench, quick"
    names = [row["name"] for row in rows("protocols")]
    assert names == ["common", "paper", "nats-bench", "quick"]
    assert harness_process("list", "spaces").stdout.startswith("nas-bench-201  ")
    lines = harness_process("list", "datasets").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == ["cifar10", "cifar100", "imagenet16-120", "digits"]
