"""``tokensphere explore`` as a user starts and ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.running import Command

EXPLORE = Command("explore")


@contextmanager
def started(*arguments: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The process, once it has printed its address."""
    command = [sys.executable, "-m", "tokensphere", "explore", "--no-browser", "--json", "--port", "0"]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield json.loads(line), process
    finally:
        process.kill()
        process.communicate()


def info(address: str) -> dict[str, Any]:
    """Through the address as it was printed: the secret becomes a cookie."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    for _ in range(100):
        try:
            opener.open(address, timeout=10).read()
            break
        except OSError:
            time.sleep(0.05)
    base = address.partition("?")[0]
    with opener.open(f"{base}api/info", timeout=10) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def test_it_serves_the_model_until_ctrl_c(tmp_path: Path) -> None:
    np.save(tmp_path / "probes.npy", np.random.default_rng(0).normal(size=(5, 576)))
    with started("--directions", str(tmp_path / "probes.npy")) as (said, process):
        found = info(said["address"])
        assert found["n"] == 49152 and found["given"]["directions"] == 5
        assert str(tmp_path) not in json.dumps(found)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert process.returncode == 0 and err == "" and out == ""


def test_ctrl_c_ends_it_while_somebody_is_connected() -> None:
    with started() as (said, process):
        info(said["address"])
        idle = socket.create_connection(("127.0.0.1", said["port"]), timeout=5)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.communicate(timeout=10)
        assert process.returncode == 0 and time.monotonic() - began < 5
        idle.close()


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        EXPLORE.fails("name another with --port", "--port", taken.getsockname()[1], "--no-browser")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "99999"), "not in the range"),
        (("--host", "no such host", "--no-browser"), "leave out --host"),
        (("--directions", "nothing.npy", "--no-browser", "--port", "0"), "nothing.npy"),
        (("no-such-model", "--no-browser", "--port", "0"), "no-such-model"),
        (("--survey", "nothing.parquet", "--no-browser", "--port", "0"), "nothing.parquet"),
        (("--test", "nothing.parquet", "--no-browser", "--port", "0"), "nothing.parquet"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: tuple[str, ...], says: str) -> None:
    EXPLORE.fails(says, *arguments)


@pytest.mark.skipif(os.name != "posix", reason="addresses of Linux")
def test_another_address_than_the_loopback_comes_with_a_warning() -> None:
    with started("--host", "0.0.0.0") as (said, process):
        assert info(said["address"].replace("0.0.0.0", "127.0.0.1"))["n"] == 49152
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
        assert "can be reached from other machines" in err and err.count("\n") == 1
