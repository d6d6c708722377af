"""A cluster of several machines: each with a network, a name and process numbers of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.atlas.small import said, save_list, sums
from tests.atlas.test_executors import ASKED, DIRECTIONS, SETTINGS, SHAPES, until
from tokensphere.atlas.claims import read_claim
from tokensphere.atlas.run import open_atlas, run_atlas

NET = "10.231.77"
MACHINES = ("one", "two", "three")


def do(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Machines:
    """Network namespaces on one bridge."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []

    def make(self) -> bool:
        bridge = do("ip", "link", "add", "tsbr", "type", "bridge") and do(
            "ip", "link", "set", "tsbr", "up"
        )
        return bridge and all(self._add(name, place) for place, name in enumerate(MACHINES, 1))

    def _add(self, name: str, place: int) -> bool:
        space = f"ts-{name}"
        inside = ("ip", "-n", space)
        return all((
            do("ip", "netns", "add", space),
            do("ip", "link", "add", f"ts{place}", "type", "veth", "peer", "name", "eth0",
               "netns", space),
            do("ip", "link", "set", f"ts{place}", "master", "tsbr", "up"),
            do(*inside, "addr", "add", f"{NET}.{place}/24", "dev", "eth0"),
            do(*inside, "link", "set", "eth0", "up"), do(*inside, "link", "set", "lo", "up"),
        ))  # fmt: skip

    def remove(self) -> None:
        for process in self.running:
            process.kill()
            process.communicate()
        for name in MACHINES:
            do("ip", "netns", "del", f"ts-{name}")
        do("ip", "link", "del", "tsbr")

    def start(self, name: str, *module: str) -> subprocess.Popen[str]:
        """A Python module on a machine."""
        alone = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        named = ["sh", "-c", 'hostname "$0"; exec "$@"', f"machine-{name}"]
        process = subprocess.Popen(
            ["ip", "netns", "exec", f"ts-{name}", *alone, *named, sys.executable, "-m", *module],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        self.running.append(process)
        return process


@pytest.fixture
def machines() -> Iterator[Machines]:
    if os.name == "nt" or not all(map(shutil.which, ("ip", "unshare"))) or os.geteuid() != 0:
        pytest.skip("network namespaces need Linux, iproute2 and root")
    found = Machines()
    try:
        if not found.make():
            pytest.skip("the system lets us make no network namespaces")
        yield found
    finally:
        found.remove()


@pytest.mark.network
def test_three_machines_one_of_which_dies_in_the_middle_of_a_unit(
    machines: Machines, tmp_path: Path
) -> None:
    """What it had is taken over when it has given no sign of life for a minute."""
    pytest.importorskip("distributed")
    models = save_list(tmp_path / "models", shapes=SHAPES)
    whole = run_atlas(models, tmp_path / "whole", directions=DIRECTIONS, settings=SETTINGS)
    file, out = tmp_path / "scheduler.json", tmp_path / "out"
    dask, given = "distributed.cli.dask_", ("--scheduler-file", str(file))
    machines.start("one", f"{dask}scheduler", *given, "--host", f"{NET}.1", "--no-dashboard")
    until(file.is_file)
    worker: dict[str, Any] = {}
    for place, name in ((2, "two"), (3, "three")):
        more = ("--host", f"{NET}.{place}", "--nthreads", "1", "--no-dashboard", "--no-nanny")
        worker[name] = machines.start(name, f"{dask}worker", *given, *more)
    arguments = ["atlas", str(models), "--out", str(out), *ASKED, *given, "--json"]
    coordinator = machines.start("one", "tokensphere", *arguments)

    def at_work() -> bool:
        held = [read_claim(path) for path in (out / "claims").glob("[!.]*-1000")]
        return any(one is not None and one.host == "machine-three" for one in held)

    until(at_work)
    began = time.monotonic()
    worker["three"].send_signal(signal.SIGKILL)
    output, error = coordinator.communicate(timeout=240)
    assert coordinator.returncode == 0, error
    assert "Traceback" not in error and output
    atlas = open_atlas(out)
    assert said(atlas) == said(whole) and sums(out) == sums(tmp_path / "whole")
    hosts = {one["host"] for model in atlas.models for one in model.by.values()}
    assert "machine-two" in hosts and time.monotonic() - began > 30
