"""Whatever people hold their samples in, as float64 arrays with names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from . import _native

__all__ = ["Samples", "array", "features", "first_line", "name_of", "refuse", "samples"]


def refuse(place: str, problem: str, remedy: str) -> ValueError:
    """What is wrong, where, and what to do."""
    return ValueError(f"{place}: {problem}; {remedy}")


def array(values: Any) -> np.ndarray:
    """NumPy's view of an array of any library."""
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        values = _tensor(values)
    elif hasattr(values, "toarray"):  # SciPy's sparse matrices
        values = values.toarray()
    elif "keras" in type(values).__module__ and hasattr(values, "numpy"):
        values = values.numpy()
    if np.ma.isMaskedArray(values):
        if np.ma.is_masked(values):
            raise refuse("array", "some values are masked", "fill them or leave those samples out")
        values = values.data
    try:
        values = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise refuse(f"a {type(values).__name__}", f"it can't be made an array ({first_line(error)})", "give arrays: X (samples, features) and y, a label for each sample") from error
    if values.dtype.kind == "V" and values.dtype.names is None and values.dtype.name != "void":
        # bfloat16 and its like, which NumPy itself does not know.
        values = values.astype(np.float64)
    return values


def _tensor(values: Any) -> Any:
    """A tensor of PyTorch's, wherever it lies and whatever it holds."""
    values = values.detach()
    if getattr(values, "is_meta", False):
        raise refuse("a tensor", "it is on the device meta and holds nothing", "give one with numbers in it")
    if getattr(values, "is_quantized", False):
        values = values.dequantize()
    if "strided" not in str(getattr(values, "layout", "strided")):
        values = values.to_dense()
    values = values.cpu()
    if any(kind in str(values.dtype) for kind in ("bfloat16", "float8", "float4")):
        values = values.float()
    return values.numpy()


def first_line(error: BaseException) -> str:
    """What an exception of somebody else's says, in a line."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if text.startswith("Exception encountered when calling") and len(lines) > 1:  # Keras
        text = lines[1]
    return text[:160].rstrip(".")


def is_frame(values: Any) -> bool:
    """A DataFrame of pandas, polars or their like."""
    return hasattr(values, "columns") and hasattr(values, "to_numpy")


def features(X: Any) -> tuple[np.ndarray, list[str] | None, tuple[int, ...]]:
    """Samples as (n x d) float64 in C order, the columns' names where they have some, and the shape of one sample."""
    names = None
    if is_frame(X):
        names = [str(column) for column in X.columns]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise refuse("X", f"two columns are called {twice}", "rename one")
        columns = []
        for name, column in zip(names, X.columns):
            columns.append(_numbers(array(_nullable(X[column])), f"X, column {name}"))
        if not columns:
            raise refuse("X", "the table has no columns", "give it at least one")
        table = np.column_stack(columns)
    else:
        table = _numbers(array(X), "X")
    if table.ndim == 0:
        raise refuse("X", "it is a single number", "give an array with a row per sample")
    if table.ndim == 1:
        raise refuse("X", "it has one dimension", "give a row per sample: X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one sample")
    shape = table.shape[1:]
    if len(shape) > 1:  # images
        table = table.reshape(len(table), int(np.prod(shape)))
    return np.ascontiguousarray(table, dtype=np.float64), names, shape


def _nullable(column: Any) -> Any:
    """pandas' nullable numbers, with NaN for what is missing."""
    kind = str(getattr(column, "dtype", ""))
    if kind[:1] in "IUFb" and hasattr(column, "isna") and column.isna().any():
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy() if hasattr(column, "to_numpy") else column


def _numbers(values: np.ndarray, place: str) -> np.ndarray:
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    if values.dtype.kind == "c":
        raise refuse(place, "the numbers are complex", "give their real and imaginary parts as two features")
    if values.dtype.kind in "Mm":
        raise refuse(place, "these are dates or times", "give them as numbers, such as days since the first one")
    if values.dtype.kind == "O":
        try:
            return values.astype(np.float64)
        except (TypeError, ValueError):
            pass
    raise refuse(place, "it holds other things than numbers", "encode them as numbers first, as the model was trained on, or leave them out")


def name_of(label: Any) -> str:
    """What a class is called: 0.0 is `0`."""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


@dataclass
class Samples:
    """Samples with their targets, checked."""

    X: np.ndarray
    """(n x d)"""
    names: list[str]
    shape: tuple[int, ...]
    classes: np.ndarray | None
    """The labels that there are, in order; none of a regression."""
    native: _native.Data
    features: tuple[str, str] | None
    """The two features whose plane is to be shown."""
    values: np.ndarray | None = None
    """The targets of a regression (n x k)."""
    target_names: tuple[str, ...] = ()

    @property
    def raw_names(self) -> list[str]:
        """The classes as they stand in the data, whatever the picture calls them."""
        return [] if self.classes is None else [name_of(label) for label in self.classes]


def samples(
    X: Any,
    y: Any,
    *,
    classes: np.ndarray | None = None,
    task: str | None = None,
    outputs: int | None = None,
    features_: Sequence[Any] | str | None = None,
    feature_names: Sequence[str] | None = None,
    known_names: Sequence[str] | None = None,
    class_names: Any = None,
) -> Samples:
    """Checks `X` and `y`. `classes` are those that the model knows, `outputs` how many numbers it gives."""
    table, columns, shape = features(X)
    if not len(table):
        raise refuse("X", "there are no samples", "give at least 2")
    _check_order(columns, known_names)
    names, plane = _names(table.shape[1], columns, features_, feature_names, known_names)
    target_name = str(getattr(y, "name", None) or "y")
    if is_frame(y):
        target_name = str(list(y.columns)[0])
        y = y[y.columns[0]] if len(y.columns) == 1 else y.to_numpy()
    target = array(_nullable(y) if hasattr(y, "dtype") and hasattr(y, "isna") else y)
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    if target.ndim == 0 or len(target) != len(table):
        count = "it is a single value" if target.ndim == 0 else f"there are {len(target)} targets"
        raise refuse("y", f"{count} for {len(table)} samples", "give one for each sample")
    if task == "values" or (task is None and _are_values(target)):
        numbers = _numbers(target, "y").reshape(len(table), -1)
        given = [target_name] if numbers.shape[1] == 1 else [f"y{k + 1}" for k in range(numbers.shape[1])]
        native = _native.Data.values(table, names, np.ascontiguousarray(numbers), given)
        return Samples(table, names, shape, None, native, plane, numbers, tuple(given))
    if target.ndim == 2:
        target = _one_hot(target)
    labels, found = _labels(target, classes, outputs, class_names)
    shown = _class_names(found, class_names)
    native = _native.Data.classes(table, names, labels.tolist(), shown)
    return Samples(table, names, shape, found, native, plane)


def _check_order(columns: list[str] | None, known: Sequence[str] | None) -> None:
    """The columns of a table have to be those that the model was trained on, in its order: by position they would be mistaken for others."""
    if columns is None or known is None or list(known) == columns:
        return
    listed = ", ".join(map(repr, known[:6])) + (", ..." if len(known) > 6 else "")
    if set(columns) == set(known):
        raise refuse("X", "its columns are in another order than the model was trained with", f"give X[[{listed}]]")
    strangers = [name for name in columns if name not in known]
    raise refuse("X", f"the model was not trained on a column {strangers[0]}" if strangers else "columns are missing", f"give those that it was trained on: {listed}, or X.to_numpy() if they are the same by other names")


def _are_values(target: np.ndarray) -> bool:
    """Whether targets are numbers to predict rather than classes."""
    if target.dtype.kind != "f" or target.ndim > 2:
        return False
    finite = target[np.isfinite(target)]
    return bool((finite != np.round(finite)).any())


def _one_hot(target: np.ndarray) -> np.ndarray:
    if target.ndim == 2 and target.dtype.kind in "biuf":
        numbers = target.astype(np.float64)
        if ((numbers == 0) | (numbers == 1)).all() and (numbers.sum(axis=1) == 1).all():
            return numbers.argmax(axis=1)
    raise refuse("y", f"it has shape {target.shape} and is not one-hot", "give one label for each sample")


def _labels(target: np.ndarray, classes: np.ndarray | None, outputs: int | None, class_names: Any) -> tuple[np.ndarray, np.ndarray]:
    """The index of each sample's class, and the classes."""
    if target.dtype.kind == "f" and not np.isfinite(target).all():
        raise refuse("y", f"sample {int(np.flatnonzero(~np.isfinite(target))[0])} has no label", "leave such samples out")
    if target.dtype.kind == "O":
        missing = [i for i, label in enumerate(target) if label is None or label != label or str(label) == "<NA>"]
        if missing:
            raise refuse("y", f"sample {missing[0]} has no label", "leave such samples out")
    try:
        found = np.unique(target)
    except TypeError:
        raise refuse("y", "labels of different kinds are mixed", "make them all text or all numbers: y.astype(str)") from None
    if classes is not None:
        known = {label: k for k, label in enumerate(np.asarray(classes).tolist())}
        strangers = [label for label in found.tolist() if label not in known]
        if strangers:
            listed = ", ".join(map(name_of, list(known)[:6]))
            raise refuse("y", f"the model does not know the class {name_of(strangers[0])}", f"give labels as it was trained with: {listed}")
        return np.array([known[label] for label in target.tolist()], dtype=np.int64), np.asarray(classes)
    # A network's outputs are numbered from 0, as class indices are; samples may lack some of them.
    whole = target.dtype.kind in "iu" or (target.dtype.kind == "f" and bool((target == np.round(target)).all()))
    named = len(class_names) if class_names is not None and not isinstance(class_names, dict) else 0
    most = max(outputs or 0, named)
    if whole and len(found) < most and found.min() >= 0 and found.max() < most:
        return target.astype(np.int64), np.arange(most)
    return np.searchsorted(found, target), found


def _class_names(classes: np.ndarray, given: Any) -> list[str]:
    names = [name_of(label) for label in classes]
    if given is None:
        return names
    if isinstance(given, dict):
        renamed = {name_of(label): str(name) for label, name in given.items()}
        return [renamed.get(name, name) for name in names]
    given = [str(name) for name in given]
    if len(given) != len(names):
        listed = ", ".join(names[:6])
        raise refuse("class_names", f"there are {len(given)} names for {len(names)} classes", f"name each once, in this order: {listed}")
    return given


def _names(
    d: int,
    columns: list[str] | None,
    wanted: Sequence[Any] | str | None,
    feature_names: Sequence[str] | None,
    known: Sequence[str] | None,
) -> tuple[list[str], tuple[str, str] | None]:
    """The columns' names, and the two that span the plane if they are chosen."""
    if feature_names is not None:
        columns = [str(name) for name in feature_names]
        if len(columns) != d:
            raise refuse("feature_names", f"there are {len(columns)} names for {d} features", "name each once")
    elif columns is None and known is not None and len(known) == d:
        columns = [str(name) for name in known]
    if wanted is None:
        return columns or [f"x{k + 1}" for k in range(d)], None
    wanted = [wanted] if isinstance(wanted, (str, int, np.integer)) else list(wanted)
    texts = [str(name) for name in wanted]
    by_number = all(isinstance(name, (int, np.integer)) and not isinstance(name, bool) for name in wanted)
    if not by_number and len(texts) == d and (columns is None or (d <= 2 and not set(texts) <= set(columns))):
        return texts, None
    names = columns or [f"x{k + 1}" for k in range(d)]
    if len(wanted) != 2:
        raise refuse("features", f"{len(wanted)} are named of {d}", "name the two that span the picture's plane")
    if by_number:
        if not all(-d <= k < d for k in wanted):
            raise refuse("features", f"there are no features {wanted[0]} and {wanted[1]}", f"number them from 0 to {d - 1}")
        texts = [names[k] for k in wanted]
    elif not set(texts) <= set(names):
        stranger = next(name for name in texts if name not in names)
        raise refuse("features", f"there is no feature {stranger}", f"choose two of {', '.join(names[:30])}, or their numbers; feature_names names the columns")
    return names, (texts[0], texts[1])
