"""Ctrl-C, threads and forked children."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import foldspace_nn as fs

NETWORK = [("hidden", [[1.5, -1.0], [0.5, 2.0]], [0.1, -0.4], "tanh"), ("out", [[2.0, -1.5]], [0.1], "sigmoid")]
X = np.random.RandomState(0).randn(60, 2)
y = (X[:, 0] > 0).astype(int)

LONG = """
import sys, numpy as np, foldspace_nn as fs
X = np.random.RandomState(0).randn(60, 2)
film = fs.flow(fs.Network({network}), X, (X[:, 0] > 0).astype(int))
print("begun", flush=True)
try:
    film.save(sys.argv[1], fps=50, scale=8)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_a_long_animation_and_leaves_nothing_behind(tmp_path):
    script = LONG.replace("{network}", repr(NETWORK))
    process = subprocess.Popen([sys.executable, "-c", script, tmp_path / "f.gif"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "stopped\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_draws_as_its_parent_does(tmp_path):
    """The parent's threads are not in the child."""
    network = fs.Network(NETWORK)
    here = fs.flow(network, X, y).save(tmp_path / "parent.gif", fps=5).read_bytes()
    child = os.fork()
    if child == 0:
        fs.flow(network, X, y).save(tmp_path / "child.gif", fps=5)
        os._exit(0)
    until = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child waits for ever")
        time.sleep(0.05)
    assert (tmp_path / "child.gif").read_bytes() == here


def test_threads_draw_the_same():
    network = fs.Network(NETWORK)
    once = fs.boundary(network, X, y).svg()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: fs.boundary(network, X, y).svg(), range(12))) == {once}
