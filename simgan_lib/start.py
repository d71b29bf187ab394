"""Imports TensorFlow without its greetings, and as fast as it can be on a CPU."""

import ctypes
import os
import sys

# Numbers of glibc's malloc.h: from which size on it asks the kernel for a block of its own, how
# much free memory it keeps, and how many heaps it has for how many threads.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8


def quiet_tensorflow():
    """Imports TensorFlow and lets it look for devices, while nothing reaches stderr.

    It greets there before anyone can tell it not to, in a notebook too. Call it before anything
    else imports TensorFlow: processors without AVX-512 get Intel's convolutions only if they ask
    for them. `python -m benchmarks tensorflow_settings` says what that and the memory bring.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    _keep_memory()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()
        tf.get_logger().setLevel("ERROR")  # no advice on retracing among a lesson's outputs
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _keep_memory():
    """Lets freed memory stay with the process, where the C library is glibc.

    Every operation frees its tensors, and glibc hands them back to the kernel, which clears the
    same pages again for the next one: a gigabyte a training step, which costs most in a virtual
    machine.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)
        mallopt(M_MMAP_THRESHOLD, 1 << 25)  # bytes, the most it takes
        mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
        mallopt(M_ARENA_MAX, 1)
