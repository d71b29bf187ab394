"""Benchmarks: each is a ratio of two things measured by turns in one run.

`python -m benchmarks` runs all of them, `python -m benchmarks NAME` those that are named. Seconds
depend on the machine and on what else it does; the ratios much less so. Still, run them where
nothing else runs: the load is printed first, and 0.5 or less is quiet.
"""

import os
import subprocess
import sys
import time
from statistics import median


def by_turns(*actions, rounds):
    """Runs the actions A B A B... and returns the median seconds of each, after one warm-up."""
    seconds = [[] for _ in actions]
    for _ in range(1 + rounds):
        for action, times in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
    return [median(times[1:]) for times in seconds]


def run(*words):
    """Runs Python and returns its peak memory in MB and its seconds."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"A process failed; received status {status} from {words}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return usage.ru_maxrss / unit, time.perf_counter() - start
