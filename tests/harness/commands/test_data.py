"""`data`: what is present, and whether it is damaged."""


def test_status(data_home, harness_process):
    done = harness_process("data", "status")
    assert "nats-bench-public: here" in done.stdout
    assert "nats_bench.csv: missing" in done.stdout
    assert "data import nas-bench-201 NAS-Bench-201-v1_1-096897.pth" in done.stdout


def test_a_damaged_table(data_home, harness_process):
    path = data_home / "nas-bench-201" / "nats-bench-public.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    done = harness_process("data", "verify")
    assert done.returncode == 1
    assert "nats-bench-public: damaged" in done.stdout
    done = harness_process("run", "--methods", "random", "--datasets", "cifar10")
    assert done.returncode == 2
    assert str(path) in done.stderr


def test_no_data_and_no_network(empty_data_home, tmp_path, harness_process):
    out = tmp_path / "runs"
    done = harness_process("run", "--datasets", "cifar10", "--out", out)
    assert done.returncode == 2
    assert "Cannot download http://127.0.0.1:9/" in done.stderr
    assert "put the file into a folder and pass that with --from" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    assert "Table: digits" in harness_process("show", "0").stdout
    done = harness_process("show", "0", "--table", "nats-bench-public")
    assert done.returncode == 2
    assert "Get it with `python -m harness data fetch nas-bench-201`" in done.stderr
