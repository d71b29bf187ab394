"""Imports TensorFlow without its greetings."""

import os


def quiet_tensorflow():
    """Imports TensorFlow and lets it look for devices, while nothing reaches stderr.

    It greets there before anyone can tell it not to, in a notebook too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
