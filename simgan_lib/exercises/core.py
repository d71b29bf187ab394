"""What an exercise is: an attempt comes in, a verdict in the learner's words goes out.

An exercise of code is a judge, decorated: a function that calls the attempt and raises `Incorrect`
where it is wrong. Its solution is the library's own source, so the two cannot drift apart.
"""

import collections.abc
import copy
import html
import inspect
import math
import os
import random
import re
import sysconfig
import textwrap
import traceback
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from . import progress

PACKAGE = Path(__file__).parent.parent


class Incorrect(Exception):
    """Why an attempt is wrong, in a sentence or two for the learner."""


class NotAttempted(Exception):
    """The stub is as it was."""


class Exercise:
    """An attempt's judge, its hints and its solution. None of them ever raises.

    With SIMGAN_STRICT=1 in the environment `check` does raise unless the verdict is Correct, for
    tests.

    Args:
        hints: Sentences, each telling more than the one before.
    """

    def __init__(self, hints):
        self.hints = hints

    def check(self, *attempt):
        """Shows the verdict on an attempt: Correct, Incorrect and why, or Not attempted."""
        verdict = self.verdict(*attempt)
        show(Verdict(verdict))
        if verdict.startswith("Correct"):
            progress.record(self)
        if os.environ.get("SIMGAN_STRICT") == "1" and not verdict.startswith("Correct"):
            raise AssertionError(verdict)

    def verdict(self, *attempt):
        """What `check` shows, as a string."""
        state = random.getstate()  # from which Keras draws the seeds that nobody gave
        try:
            if len(attempt) > 1:
                raise Incorrect(f"check takes one thing; received {len(attempt)}.")
            if not attempt or attempt[0] is None or attempt[0] is ...:
                raise NotAttempted
            remark = self.judge(attempt[0])
        except NotAttempted:
            return f"Not attempted: {self.task}, run that cell, then this one."
        except Incorrect as error:
            return f"Incorrect: {error}"
        except Exception as error:  # what came back is stranger than the judge foresaw
            return f"Incorrect: the check could make no sense of it ({_describe(error)})."
        finally:
            random.setstate(state)
        return f"Correct. {remark[:1].upper()}{remark[1:]}" if remark else "Correct."

    def hint(self, number=1):
        """Prints hint `number`, counted from 1."""
        if type(number) is int and 1 <= number <= len(self.hints):
            print(f"Hint {number} of {len(self.hints)}: {self.hints[number - 1]}")
        else:
            print(f"There are hints 1 to {len(self.hints)}; received {number!r}.")


class Verdict:
    """A verdict as people see it: a line of text, and in a notebook a sign and a colour beside it.

    Args:
        text: str that begins with Correct, Incorrect or Not attempted.
    """

    # Colours that stand out from white and from black; the words keep those of the page.
    SIGNS = {"Correct": ("✓", "#2e8b57"), "Incorrect": ("✗", "#d9534f"), "Not": ("○", "#808080")}

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        first, word, rest = re.match(r"((\w+)[\w ]*[.:])(.*)", self.text, re.S).group(1, 2, 3)
        sign, colour = self.SIGNS[word]
        rest = re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(rest))
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 10px">'
            f'<b><span style="color: {colour}">{sign}</span> {first}</b>{rest}</div>'
        )


def show(result):
    """Displays an object in a notebook; elsewhere, prints it."""
    try:
        from IPython.display import display
    except ImportError:  # which the library does without
        print(result)
    else:
        display(result)


class Function(Exercise):
    """An exercise in which the learner writes a function or a method.

    Args:
        solves: The library's function that is the solution.
        judge: Function of the attempt that raises `Incorrect`; it may return a remark for a
            correct one.
        hints: Sentences, each telling more than the one before.
    """

    task = "write the function's body in place of `raise NotImplementedError`"

    def __init__(self, solves, judge, hints):
        super().__init__(hints)
        self.solves = solves
        self._judge = judge

    def judge(self, attempt):
        if not callable(attempt) or isinstance(attempt, keras.Model):
            raise Incorrect(
                "check takes the function itself, its name without brackets; "
                f"received {_short(attempt)}."
            )
        return self._judge(attempt)

    def source(self):
        """The library's source, as it goes into the learner's cell."""
        return textwrap.dedent(inspect.getsource(self.solves))

    def solution(self):
        """Prints the library's source."""
        file = Path(inspect.getsourcefile(inspect.unwrap(self.solves)))
        print(f"# {file.relative_to(PACKAGE.parent).as_posix()}\n{self.source()}", end="")


def function(solves, hints):
    """Makes the decorated judge an exercise: `@function(solves=..., hints=[...])`."""
    return lambda judge: Function(solves, judge, hints)


class Choice(Exercise):
    """A question with answers to choose from, most of them predictions made before running.

    Args:
        answer: Key of the right option.
        options: Dict from a key, such as "a", to what is said of it: why it is right or wrong.
        hints: Sentences, each telling more than the one before.
    """

    def __init__(self, answer, options, hints):
        super().__init__(hints)
        self.answer = answer
        self.options = options
        self.task = f"put one of {', '.join(map(repr, options))} in place of None"

    def judge(self, attempt):
        key = attempt.strip().lower() if isinstance(attempt, str) else attempt
        if not isinstance(key, str) or key not in self.options:
            raise Incorrect(
                f"the answer is one of {', '.join(map(repr, self.options))}; "
                f"received {_short(attempt)}."
            )
        if key != self.answer:
            raise Incorrect(self.options[key])
        return self.options[key]

    def source(self):
        """The answer, as it goes into the learner's cell in place of None."""
        return repr(self.answer)

    def solution(self):
        """Prints the answer and why."""
        print(f"{self.answer!r}: {self.options[self.answer]}")


class Number(Exercise):
    """A question whose answer is a number.

    Args:
        answer: The number.
        tolerance: How far from it is still right.
        why: What is said of the right answer.
        hints: Sentences, each telling more than the one before.
        mistakes: Dict from a wrong number, known to a hundredth of it, to what is said of it.
    """

    task = "put a number in place of None"

    def __init__(self, answer, tolerance, why, hints, mistakes=None):
        super().__init__(hints)
        self.answer = answer
        self.tolerance = tolerance
        self.why = why
        self.mistakes = mistakes or {}

    def judge(self, attempt):
        number = float(numbers(attempt, (), "the answer"))
        if abs(number - self.answer) <= self.tolerance:
            return self.why
        for wrong, what in self.mistakes.items():
            if math.isclose(number, wrong, rel_tol=0.01):
                raise Incorrect(what)
        raise Incorrect(f"it is another number; received {number:g}.")

    def source(self):
        """The answer, as it goes into the learner's cell in place of None."""
        return repr(self.answer)

    def solution(self):
        """Prints the answer and why."""
        print(f"{self.answer:g}: {self.why}")


# What judges are made of


def call(attempt, *args):
    """Calls an attempt with copies of the arguments.

    Returns:
        What it returned.

    Raises:
        NotAttempted: If it raises NotImplementedError, as the stub does.
        Incorrect: If it raises anything else, or changes an argument.
    """
    given = [copy.deepcopy(arg) if isinstance(arg, np.ndarray | list) else arg for arg in args]
    result = run(attempt, *given)
    for position, (before, after) in enumerate(zip(args, given, strict=True), start=1):
        if isinstance(before, np.ndarray | list) and not _equal(before, after):
            raise Incorrect(
                f"it changes its argument number {position} in place; whoever called it still "
                f"needs that {type(before).__name__.removeprefix('nd')}, so work on a new one."
            )
    return result


def run(attempt, *args):
    """Calls an attempt as it is, for one that is meant to change its arguments; see `call`.

    An attempt that is a `tf.function` runs eagerly, so that its errors are the learner's.
    """
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        return attempt(*args)
    except NotImplementedError as error:
        if not error.args:  # NumPy and Keras raise it too, but say why
            raise NotAttempted from error
        raise Incorrect(f"your code raised {_describe(error)}{_line(error)}.") from error
    except (Exception, SystemExit) as error:
        raise Incorrect(f"your code raised {_describe(error)}{_line(error)}.") from error
    finally:
        tf.config.run_functions_eagerly(eagerly)


def numbers(value, shape, what="the result"):
    """Brings what came back to a float64 array, or says why that cannot be.

    Args:
        value: Array, tensor, list or number.
        shape: The shape it must have; None stands for any size of an axis.
        what: What to call it in messages.
    """
    if value is None:
        raise Incorrect(f"{what} is None: does every way through the function end in `return`?")
    if isinstance(value, collections.abc.Iterator):
        value = tuple(value)
    wanted = "a number" if shape == () else "numbers"
    try:
        array = np.asarray(value)
    except Exception as error:
        raise Incorrect(f"{what} should be {wanted}; received {_short(value)}.") from error
    if array.dtype.kind not in "fiu" and array.dtype.name != "bfloat16":
        raise Incorrect(f"{what} should be {wanted}; received {_short(value)}.")
    fits = len(array.shape) == len(shape)
    if not fits or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
        wanted = "a single number" if shape == () else f"of shape {shape}"
        raise Incorrect(f"{what} should be {wanted}; received shape {array.shape}.")
    array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        received = array if shape == () else f"{array[~finite][0]} in {(~finite).sum()} places"
        raise Incorrect(f"{what} should be finite; received {received}.")
    return array


def close(got, right, rtol=1e-3, atol=1e-5):
    """Whether two results agree to the digits that the course asks for."""
    return np.allclose(got, right, rtol=rtol, atol=atol)


def recognise(got, *mistakes):
    """Raises the message of the first mistake whose result `got` is.

    Args:
        got: What came back, float64.
        *mistakes: Pairs: what somebody who made the mistake gets, and the message.
    """
    for wrong, message in mistakes:
        if np.shape(wrong) == np.shape(got) and close(got, wrong):
            raise Incorrect(message)


def expect(got, right, what="the result"):
    """Raises `Incorrect` with both values unless they agree."""
    if not close(got, right):
        got, right = np.asarray(got), np.asarray(right)
        at = np.unravel_index(np.argmax(np.abs(got - right)), got.shape)
        where = f" at index {tuple(map(int, at))}" if at else ""
        raise Incorrect(f"{what} should be {right[at]:.6g}{where}; received {got[at]:.6g}.")


def gradients(attempt, *args):
    """Calls a loss on tensors.

    Returns:
        The loss and its gradient with respect to each argument, None where there is none. A loss
        that can only be computed outside TensorFlow has no gradients.
    """
    tensors = [tf.constant(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
    watched = [tensor for tensor in tensors if tf.is_tensor(tensor)]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        loss = run(attempt, *tensors)
    if not tf.is_tensor(loss):
        return loss, [None] * len(watched)
    found = tape.gradient(loss, watched)
    return loss, [None if g is None else tf.convert_to_tensor(g) for g in found]


def _equal(a, b):
    if isinstance(a, list):
        return a == b
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _describe(error):
    """An exception in one short line."""
    message = re.sub(r"\{\{.*?\}\}|\x1b\[\d*m", "", str(error))  # TensorFlow's names and colours
    message = textwrap.shorten(message, 160).rstrip(".")
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _line(error):
    """The line of the learner's own code at which it was raised, if there is one."""
    libraries = [*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(PACKAGE)]
    frames = traceback.extract_tb(error.__traceback__)
    own = [f.lineno for f in frames if not f.filename.startswith((*libraries, "<__array"))]
    return f" in line {own[-1]} of the cell" if own else ""


def _short(value):
    return f"{type(value).__name__} {textwrap.shorten(repr(value), 60)}"
