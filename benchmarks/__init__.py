"""Benchmarks: each is a ratio of two things measured by turns in one run.

`python -m benchmarks` runs all of them, `python -m benchmarks NAME` those that are named. Seconds
depend on the machine and on what else it does; the ratios much less so. Still, run them where
nothing else runs: the load is printed first, and 0.5 or less is quiet.
"""

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


# The system counts what a process had in memory before it became another program, so a small one
# starts the command: a benchmark is larger than what it measures.
LAUNCH = """
import os, sys
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
words = [sys.executable, *sys.argv[1:]]
process = os.posix_spawn(sys.executable, words, os.environ, file_actions=silent)
_, status, usage = os.wait4(process, 0)
print(status, usage.ru_maxrss)
"""


def run(*words):
    """Runs Python and returns its peak memory in MB and its seconds."""
    start = time.perf_counter()
    command = [sys.executable, "-S", "-c", LAUNCH, *map(str, words)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    status, memory = map(int, said.split())
    if status:
        raise RuntimeError(f"A process failed; received status {status} from {words}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return memory / unit, time.perf_counter() - start
