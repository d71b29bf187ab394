"""The simulators against plain NumPy arithmetic on as many pixels: aim, 2,000 images a second.

The arithmetic is 200 operations a pixel on batches that fit the cache, on all cores, so that its
rate says how fast a machine is and the ratio what a simulator makes of it.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks import by_turns
from simgan_lib.simulators import hands, pocket
from simgan_lib.simulators.drawing import DOMAINS

COUNT = 2_048


def arithmetic(height, width):
    """200 operations a pixel on 32 images."""
    x = np.zeros((32, height, width), np.float32)
    for _ in range(100):
        x *= np.float32(0.5)
        x += np.float32(1)


def reference(*size):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda _: arithmetic(*size), range(COUNT // 32)))


def main():
    for name, module, size in (("eyes", pocket, (35, 55)), ("hands", hands, (64, 64))):
        draws = [lambda m=module, d=domain: m.simulate(COUNT, d) for domain in DOMAINS]
        plain, *seconds = by_turns(lambda size=size: reference(*size), *draws, rounds=7)
        for domain, taken in zip(DOMAINS, seconds, strict=True):
            print(
                f"simulator, {domain} {name}: {COUNT / taken:,.0f} a second (aim 2,000), sums "
                f"{COUNT / plain:,.0f}: one costs {taken / plain:.1f} times as much"
            )


if __name__ == "__main__":
    main()
