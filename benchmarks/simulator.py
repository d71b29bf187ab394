"""The simulator against plain NumPy arithmetic on as many pixels: aim, 2,000 eyes a second.

The arithmetic is 200 operations a pixel on batches that fit the cache, on all cores, so that its
rate says how fast a machine is and the ratio what the simulator makes of it.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks import by_turns
from simgan_lib.drawing import DOMAINS
from simgan_lib.pocket import simulate

COUNT = 2_048


def arithmetic(_):
    """200 operations a pixel on 32 images."""
    x = np.zeros((32, 35, 55), np.float32)
    for _ in range(100):
        x *= np.float32(0.5)
        x += np.float32(1)


def reference():
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(arithmetic, range(COUNT // 32)))


def main():
    draws = [lambda domain=domain: simulate(COUNT, domain) for domain in DOMAINS]
    plain, *seconds = by_turns(reference, *draws, rounds=7)
    for domain, taken in zip(DOMAINS, seconds, strict=True):
        print(
            f"simulator, {domain}: {COUNT / taken:,.0f} eyes a second (aim 2,000), arithmetic "
            f"{COUNT / plain:,.0f} images a second: an eye costs {taken / plain:.1f} times as much"
        )


if __name__ == "__main__":
    main()
