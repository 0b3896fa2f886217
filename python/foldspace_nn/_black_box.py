"""Functions of which nothing is known but their answers: what these mean, as a score for each class."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import _native
from ._arrays import Samples, array, name_of, refuse
from .models import Reading

__all__ = ["asked", "draw"]


def asked(reading: Reading, data: Samples, X: np.ndarray) -> np.ndarray:
    """The model's own answer to samples (n x d), as a row each."""
    assert reading.evaluate is not None
    if len(data.shape) > 1:
        X = X.reshape(len(X), *data.shape)
    # A copy: what comes from the core is not to be written to, and some functions do.
    answer = array(reading.evaluate(np.array(X)))
    if answer.ndim == 0 or len(answer) != len(X):
        shape = "a single value" if answer.ndim == 0 else f"{len(answer)} answers"
        raise refuse(reading.source, f"it gives {shape} for {len(X)} samples", "give a function that takes an array (samples, features) and gives a row for each")
    return answer.reshape(len(X), -1)


def meaning(reading: Reading, data: Samples, output: str) -> Callable[[np.ndarray], np.ndarray]:
    """How answers become a score for each class, decided once by the answers to the data."""
    classes = data.classes
    assert classes is not None
    known = np.asarray(classes)
    k = len(known)
    kind = reading.kind if output == "auto" else output
    answer = asked(reading, data, data.X)
    check_steady(reading, data, answer)
    width = answer.shape[1]
    text = answer.dtype.kind in "OUSb"
    if kind == "label" or text or (kind == "auto" and width == 1 and set(np.unique(answer).tolist()) <= set(known.tolist())):
        places = {label: position for position, label in enumerate(known.tolist())}

        def of_labels(answer: np.ndarray) -> np.ndarray:
            scores = np.zeros((len(answer), k))
            for row, label in enumerate(answer[:, 0].tolist()):
                if label not in places:
                    raise refuse(reading.source, f"it answers {name_of(label)}, which is no class of y", f"the classes are {', '.join(map(name_of, known[:6]))}; give y as the function has them")
                scores[row, places[label]] = 1.0
            return scores

        if width != 1:
            raise refuse(reading.source, f"it gives {width} labels for each sample", "give one")
        return of_labels
    if width == k and k >= 2:
        if kind != "logit":
            return numbers
        return lambda answer: softmax(numbers(answer))
    if width == 1 and k == 2:
        if kind == "probability":
            return lambda answer: np.column_stack([1.0 - numbers(answer), numbers(answer)])
        if kind == "logit":
            return lambda answer: softmax(np.column_stack([np.zeros(len(answer)), numbers(answer)]))
        if kind == "value":
            low, high = (float(label) for label in known) if known.dtype.kind in "biuf" else (0.0, 1.0)
            part = lambda answer: (numbers(answer) - low) / (high - low)  # noqa: E731
            return lambda answer: np.column_stack([1.0 - part(answer), part(answer)])
        raise refuse(
            "output",
            "one number for each sample may be a probability, a logit (border at 0) or the class number itself",
            'say output="probability", "logit" or "value"',
        )
    raise refuse(
        reading.source,
        f"it gives {width} {'number' if width == 1 else 'numbers'} for each sample, and there are {k} classes: {', '.join(map(name_of, known[:6]))}",
        "give samples of every class that the model knows and of no other, or a function with a score for each class",
    )


def check_steady(reading: Reading, data: Samples, answer: np.ndarray) -> None:
    """The same samples have to get the same answers: of chance, or of answers that depend on who else is asked, there is no border."""
    few = min(len(data.X), 200)
    again = asked(reading, data, data.X[: max(few // 2, 1)])
    before = answer[: len(again)]
    if before.dtype.kind in "biuf" and again.dtype.kind in "biuf" and again.shape == before.shape:
        before, again = numbers(before), numbers(again)
        with np.errstate(invalid="ignore"):
            differ = (np.abs(before - again) > (5e-2 if reading.half else 1e-3) * (1.0 + np.abs(before).max())).any(axis=1)
    else:
        differ = np.array([one.tolist() != other.tolist() for one, other in zip(before, again)])
    if differ.sum() > len(again) // 100:
        raise refuse(
            reading.source,
            f"its answers to {differ.sum()} of {len(again)} samples differ from one call to the next",
            "leave chance out of it (dropout that ignores the mode, noise), or give a mean: lambda X: np.mean([f(X) for _ in range(100)], axis=0)",
        )


def numbers(answer: np.ndarray) -> np.ndarray:
    return np.asarray(answer, dtype=np.float64)


def softmax(z: np.ndarray) -> np.ndarray:
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def draw(reading: Reading, data: Samples, output: str, source: str, xlim: Any, ylim: Any) -> _native.Figure:
    """The borders, by few evaluations."""
    scored = meaning(reading, data, output)

    def scores(given: bytes, samples: int, width: int) -> np.ndarray:
        X = np.frombuffer(given).reshape(samples, width)
        found = np.ascontiguousarray(scored(asked(reading, data, X)), dtype=np.float64)
        if not np.isfinite(found).all():
            raise refuse(reading.source, "some of its answers are not finite", "choose xlim and ylim where the model has answers")
        return found

    return _native.draw_black_box(scores, data.native, source, data.features, xlim, ylim)
