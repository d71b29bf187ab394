"""What the simulators of eyes and of hands have in common: whose images, and drawn on all cores."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

CHUNK = 32  # images drawn together: few enough for the cache
PERSONS, IMAGES_EACH = 50, 20  # fresh persons come in blocks of 50 with 20 images each
IDS_PER_SET = 1_000_000  # ids set aside for each seed and domain
DOMAINS = ("synthetic", "camera")


def check(count, domain, seed):
    """Raises ValueError unless so many images of a domain can be drawn from the seed."""
    if not _whole(count, 1, IDS_PER_SET * IMAGES_EACH):
        raise ValueError(f"count must be a whole number from 1 to 20 million; received {count!r}")
    if domain not in DOMAINS:
        raise ValueError(f"domain must be 'synthetic' or 'camera'; received {domain!r}")
    if not _whole(seed, 0, 2**32 - 1):
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1; received {seed!r}")


def _whole(number, low, high):
    return isinstance(number, (int, np.integer)) and low <= number <= high


def person_of(index, domain, seed, persons=None):
    """Whose image each is.

    Args:
        index: int array (N,), the numbers of the images.
        domain: One of `DOMAINS`.
        seed: int. No two seeds or domains have a person in common.
        persons: Ids to take in turn, or None for fresh ones.

    Returns:
        int64 array (N,).

    Raises:
        ValueError: If `persons` are no ids.
    """
    if persons is None:
        first = (2 * seed + DOMAINS.index(domain)) * IDS_PER_SET
        return first + index // (PERSONS * IMAGES_EACH) * PERSONS + index % PERSONS
    ids = np.asarray(persons)
    if ids.ndim != 1 or not ids.size or ids.dtype.kind not in "iu" or ids.min() < 0:
        raise ValueError(f"persons must be a list of whole ids >= 0; received {persons!r}")
    return ids[index % len(ids)].astype(np.int64)


def draw_chunks(draw, starts, what, progress):
    """Draws images a chunk at a time, on all cores.

    Args:
        draw: Function from the number of a chunk's first image to arrays of that chunk.
        starts: Those numbers.
        what: What is drawn, for the progress bar.
        progress: Show one.

    Returns:
        The arrays of all chunks, one behind the other.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy's loops run beside one another
        bar = tqdm(pool.map(draw, starts), what, len(starts), disable=not progress, delay=2)
        try:
            return [np.concatenate(part) for part in zip(*bar, strict=True)]
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or an interrupt would wait for every image
            raise


def draw_table(rng, table):
    """Draw every entry of a table of ranges for a chunk. -> dict of (B,)"""
    low, high = np.array(list(table.values()), float).T
    return dict(zip(table, (low + (high - low) * rng.random((CHUNK, len(table)))).T, strict=True))
