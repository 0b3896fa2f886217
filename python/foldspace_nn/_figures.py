"""The figures: what the model is, what the data are, and which picture."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

import numpy as np

from . import _black_box, _native, models
from ._arrays import Samples, _are_values, array, features as table_of, refuse, samples
from .models import BlackBoxWarning, Reading
from .picture import Animation, Picture

__all__ = ["activations", "boundary", "data", "embedding", "flow", "network", "prediction", "regions", "residuals", "separability", "spectrum", "weights"]

OUTPUTS = ("auto", "probability", "logit", "value")
Range = tuple[float, float] | None


class Scene:
    """A model and data that fit each other, checked once for every figure."""

    def __init__(self, model: Any, X: Any, y: Any, output: str = "auto", *, features: Any = None, feature_names: Any = None, class_names: Any = None) -> None:
        if output not in OUTPUTS:
            raise refuse("output", f"{output!r} does not say what an output means", f"choose among {', '.join(OUTPUTS)}")
        self.reading = reading = models.read(model)
        self.output = output
        table, _, _ = table_of(X)
        if reading.names is not None and len(reading.names) != table.shape[1]:
            raise refuse("X", f"there are {table.shape[1]} features, the model was trained on {len(reading.names)}", f"give {', '.join(reading.names[:6])}")
        self.whole = self._chain(table.shape[1])
        # A regression on classes' numbers parts classes where it is said to.
        task = "classes" if reading.task == "values" and output != "auto" else reading.task
        self.data = samples(
            X, y, classes=reading.classes, task=task, outputs=self.whole.outputs if self.whole else self._outputs(table, X), features_=features,
            feature_names=feature_names, known_names=reading.names, class_names=class_names,
        )  # fmt: skip
        self.network = self.whole
        if self.whole is not None and not self._agrees(self.whole):
            self.network = None
        if self.network is None and not reading.expected:
            warnings.warn(f"{reading.source} is taken as a black box: it has {reading.reason}", BlackBoxWarning, stacklevel=3)
        self.settled = self._settle()

    def _chain(self, width: int) -> _native.Network | None:
        if self.reading.chain is None and self.reading.file is None:
            return None
        return self.reading.network(width)

    def _outputs(self, table: np.ndarray, X: Any) -> int | None:
        """How many scores a black box gives, asked at one sample."""
        if self.reading.evaluate is None or self.reading.classes is not None or not np.isfinite(table[:1]).all():
            return None
        shape = array(X).shape[1:] if not hasattr(X, "columns") else table.shape[1:]
        if not len(table):
            return None
        answer = array(self.reading.evaluate(table[:1].reshape(1, *shape)))
        return int(answer.shape[-1]) if answer.ndim == 2 and answer.dtype.kind == "f" else None

    def _agrees(self, network: _native.Network) -> bool:
        """Whether the chain says what the model says, on the data and around them."""
        reading, table = self.reading, self.data.X
        if reading.evaluate is None or not np.isfinite(table).all():
            return True
        points = np.vstack([table[:2000], around(table)])
        own = np.asarray(_black_box.asked(reading, self.data, points), dtype=np.float64)
        chain = models.forward(network, points)
        if chain.shape[1] == 1 and own.shape[1] == 2:
            own = own[:, 1:]
        if chain.shape != own.shape:
            reading.reason = f"{own.shape[1]} outputs, and its layers {chain.shape[1]}"
            reading.expected = False
            return False
        room = (1e-9 if reading.exact else 3e-2 if reading.half else 2e-4) * (1.0 + np.abs(own).max())
        difference = float(np.abs(chain - own).max())
        if difference <= room or not np.isfinite(own).all():
            return True
        reading.reason = f"layers that give other answers than the model itself, by up to {difference:.2g}"
        reading.expected = False
        return False

    def _settle(self) -> _native.Network | None:
        """The network with outputs that say what they mean."""
        if self.network is None or self.data.classes is None:
            return self.network
        kind = self.reading.kind if self.output == "auto" and self.reading.kind in ("logit", "probability") else self.output
        if kind == "probability" and self.output == "auto":
            kind = "auto"
        parted = 2 if self.network.outputs == 1 else self.network.outputs
        if parted != len(self.data.classes):
            listed = ", ".join(self.data.raw_names[:6])
            raise refuse("y", f"the network parts {parted} classes, the data have {len(self.data.classes)}: {listed}", "give samples of every class that it knows and of no other, or class_names of all")
        settled = self.network.read_output(kind, self.data.raw_names)
        return settled

    def chain(self) -> _native.Network:
        """The network that says what it means.

        Raises ValueError for a black box.
        """
        if self.settled is not None:
            return self.settled
        raise refuse(self.reading.source, f"its layers can't be read: it has {self.reading.reason}", "boundary shows it as a black box; this figure needs a chain of affine layers and activations")

    @property
    def source(self) -> str:
        return self.reading.source


def around(table: np.ndarray) -> np.ndarray:
    """Points around the data, three times as far out, the same each time."""
    random = np.random.RandomState(0)
    low, high = table.min(axis=0), table.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-3)
    return middle + 3 * half * random.uniform(-1, 1, size=(64, table.shape[1]))


def _range(limits: Any, place: str) -> Range:
    if limits is None:
        return None
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        raise refuse(place, f"{limits!r} is no range", "give two numbers, the smaller first") from None
    return low, high


def _picture(figure: _native.Figure, theme: str, title: str | None, caption: str | None, size: tuple[int, int] | None) -> Picture:
    if theme not in ("light", "dark"):
        raise refuse("theme", f"there is no theme {theme!r}", "choose light or dark")
    if size is not None:
        sides = list(size) if isinstance(size, (tuple, list, np.ndarray)) else [size]
        if len(sides) != 2 or not all(isinstance(side, (int, np.integer)) and 1 <= side <= 16384 for side in sides):
            raise refuse("size", f"{size!r} is no size", "give width and height in pixels, such as (720, 560)")
        size = int(sides[0]), int(sides[1])
    return Picture(figure.altered(None if title is None else str(title), None if caption is None else str(caption), size), theme)


def boundary(
    model: Any,
    X: Any,
    y: Any,
    *,
    features: Sequence[Any] | str | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Any = None,
    xlim: Any = None,
    ylim: Any = None,
    output: str = "auto",
    theme: str = "light",
    title: str | None = None,
    caption: str | None = None,
    size: tuple[int, int] | None = None,
) -> Picture:
    """The decision boundary with the data.

    `features` names the two columns to look at (the others are held at their means), or the axes of two columns; of more
    than two features the default is the plane of the first two principal components. `output` says what one number
    means: "probability" and "value" part classes 0 and 1 at 1/2, "logit" parts them at 0.
    """
    limits = _range(xlim, "xlim"), _range(ylim, "ylim")
    scene = Scene(model, X, y, output, features=features, feature_names=feature_names, class_names=class_names)
    data = scene.data
    if data.classes is None:
        values = scene.reading.task == "values" and not _are_values(array(y))
        remedy = 'say output="value" to part classes by their numbers' if values else "give classes"
        raise refuse("y", "the targets are numbers, there are no classes to part", f"{remedy}, or draw prediction, residuals or data")
    settled = scene.settled
    if settled is not None and settled.decides():
        figure = _native.draw("boundary", settled, data.native, scene.source, data.features, *limits)
    else:
        reading = scene.reading
        if settled is not None:  # such as a sigmoid for each class: its answers are scores all the same
            network = scene.network
            assert network is not None
            reading = Reading(reading.source, evaluate=lambda table: models.forward(network, table.reshape(len(table), -1)), kind=reading.kind)
        figure = _black_box.draw(reading, data, output, scene.source, *limits)
    return _picture(figure, theme, title, caption, size)


def _with_data(name: str, model: Any, X: Any, y: Any, output: str, look: dict[str, Any], shown: dict[str, Any], limits: tuple[Range, Range] = (None, None)) -> Picture:
    scene = Scene(model, X, y, output, **look)
    figure = _native.draw(name, scene.chain(), scene.data.native, scene.source, scene.data.features, *limits)
    return _picture(figure, shown.pop("theme", "light"), shown.pop("title", None), shown.pop("caption", None), shown.pop("size", None))


def regions(
    model: Any, X: Any, y: Any, *, features: Any = None, feature_names: Any = None, class_names: Any = None, xlim: Any = None, ylim: Any = None,
    theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None,
) -> Picture:  # fmt: skip
    """The cells of a network of ReLU or another activation in straight pieces, each of which it maps affinely."""
    scene = Scene(model, X, y, "value", features=features, feature_names=feature_names, class_names=class_names)
    network = scene.network if scene.network is not None else scene.chain()
    limits = _range(xlim, "xlim"), _range(ylim, "ylim")
    figure = _native.draw("regions", network, scene.data.native, scene.source, scene.data.features, *limits)
    return _picture(figure, theme, title, caption, size)


def prediction(model: Any, X: Any, y: Any, *, feature_names: Any = None, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """A regression's predictions against its targets."""
    return _regression("prediction", model, X, y, feature_names, theme, title, caption, size)


def residuals(model: Any, X: Any, y: Any, *, feature_names: Any = None, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """A regression's errors over its predictions."""
    return _regression("residuals", model, X, y, feature_names, theme, title, caption, size)


def _regression(name: str, model: Any, X: Any, y: Any, feature_names: Any, *shown: Any) -> Picture:
    reading = models.read(model)
    reading.task = "values"
    reading.classes = None
    scene = Scene(reading, X, y, feature_names=feature_names)
    given, network = scene.data, scene.settled
    native = given.native
    if network is None:
        # These figures look at nothing but predictions, which a black box gives as well: they pass through unchanged.
        assert given.values is not None
        predicted = _black_box.numbers(_black_box.asked(reading, given, given.X))
        if predicted.shape != given.values.shape:
            raise refuse(reading.source, f"it gives {predicted.shape[1]} numbers for each sample, and y has {given.values.shape[1]}", "give as many targets as it predicts")
        names = [f"p{k + 1}" for k in range(predicted.shape[1])]
        native = _native.Data.values(np.ascontiguousarray(predicted), names, np.ascontiguousarray(given.values), list(given.target_names))
        network = _native.Network.build([("affine", "prediction", np.eye(predicted.shape[1]), np.zeros(predicted.shape[1]))])
    return _picture(_native.draw(name, network, native, scene.source), *shown)


def data(X: Any, y: Any, *, features: Any = None, feature_names: Any = None, class_names: Any = None, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """The samples alone."""
    given = samples(X, y, features_=features, feature_names=feature_names, class_names=class_names)
    width = given.X.shape[1]
    still = _native.Network.build([("affine", "none", np.ones((1, width)), np.zeros(1))])
    figure = _native.draw("data", still, given.native, "", given.features)
    return _picture(figure, theme, title, caption, size)


def embedding(
    model: Any, X: Any, y: Any, *, layer: str | int | None = None, output: str = "auto", features: Any = None, feature_names: Any = None, class_names: Any = None,
    theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None,
) -> Picture:  # fmt: skip
    """Where a layer puts the data, with the graph paper of the inputs warped along; by default the layer before the last, with
    the line that the last one draws."""
    scene = Scene(model, X, y, output, features=features, feature_names=feature_names, class_names=class_names)
    network = scene.chain()
    if layer is None:
        if scene.data.classes is None:
            raise refuse("y", "the targets are numbers, no line parts them", "name the layer to look at: layer=1")
        if len(network.layers()) < 2:
            raise refuse("embedding", "the network has a single layer", "draw boundary or weights instead")
        figure = _native.draw("embedding", network, scene.data.native, scene.source, scene.data.features)
    else:
        head = _head(scene.reading, network, layer, scene.data.X.shape[1])
        figure = _native.draw_layer(head, network, scene.data.native, scene.source, scene.data.features)
    return _picture(figure, theme, title, caption, size)


def _head(reading: Reading, network: _native.Network, layer: str | int, width: int) -> _native.Network:
    """The network up to a layer: by its framework's name, or by its number among the affine layers, from 1."""
    count = len(network.layers())
    if reading.chain is not None and isinstance(layer, str):
        place = reading.chain.places.get(layer)
        if place is not None:
            return reading.chain.build(place, width)
    names = [name for name, *_ in network.layers()]
    if isinstance(layer, str) and layer in names:
        return network.before(names.index(layer) + 1)
    if isinstance(layer, (int, np.integer)) and not isinstance(layer, bool) and 1 <= layer <= count:
        return network.before(int(layer))
    known = list(reading.chain.places) if reading.chain is not None else names
    raise refuse("layer", f"there is no layer {layer!r}", f"choose among {', '.join(repr(name) for name in known[:20])}, or a number from 1 to {count}")


def activations(model: Any, X: Any, layer: str | int | None = None) -> np.ndarray:
    """What a layer gives for samples (n x units); by default the layer before the last."""
    reading = models.read(model)
    table, _, shape = table_of(X)
    network = reading.network(table.shape[1])
    check = Samples(table, [], shape, None, None, None)  # type: ignore[arg-type]
    scene = object.__new__(Scene)
    scene.reading, scene.data = reading, check
    if not scene._agrees(network):
        raise refuse(reading.source, f"it has {reading.reason}", "record the layer with the framework's own hooks")
    if layer is None:
        layer = max(len(network.layers()) - 1, 1)
    return models.forward(_head(reading, network, layer, table.shape[1]), table)


def separability(activations: Any, y: Any) -> dict[str, Any]:
    """Whether a hyperplane parts the classes, with what proves it.

    Two classes: a dictionary. `separable` True comes with `normal`, `offset` and `margin` of a hyperplane, every side checked in
    exact arithmetic; False with a `point` that is a convex combination of either class, its weights `zero` and `one` as
    (row, weight), and the `gap` that rounding leaves. More classes: `pairs`, such a dictionary for each pair of labels.
    """
    table, _, _ = table_of(activations)
    if _are_values(array(y)):
        raise refuse("y", "the targets are numbers, there are no classes to part", "give a class for each sample, such as y > y.mean()")
    given = samples(table, y, task="classes")
    assert given.classes is not None
    labels = np.unique(np.asarray(array(y)).reshape(len(table), -1)[:, 0]) if array(y).ndim < 2 else given.classes
    index = {label: k for k, label in enumerate(labels.tolist())}
    target = array(y)
    if target.ndim == 2:
        target = target[:, 0] if target.shape[1] == 1 else target.argmax(axis=1)
        index = {label: k for k, label in enumerate(np.unique(target).tolist())}
    numbered = np.array([index[label] for label in target.tolist()])
    found = list(index)
    pairs = {}
    for a in range(len(found)):
        for b in range(a + 1, len(found)):
            rows = np.flatnonzero((numbered == a) | (numbered == b))
            answer = _native.separability(np.ascontiguousarray(table[rows]), (numbered[rows] == b).astype(int).tolist())
            for side in ("zero", "one"):
                if side in answer:
                    answer[side] = [(int(rows[row]), weight) for row, weight in answer[side]]
            for vector in ("normal", "point"):
                if vector in answer:
                    answer[vector] = np.array(answer[vector])
            pairs[found[a], found[b]] = answer
    if len(pairs) == 1:
        return next(iter(pairs.values()))
    return {"separable": all(answer["separable"] for answer in pairs.values()), "pairs": pairs}


def _alone(name: str, model: Any, theme: str, title: str | None, caption: str | None, size: tuple[int, int] | None) -> Picture:
    reading = models.read(model)
    return _picture(_native.draw_network(name, reading.network(), reading.source), theme, title, caption, size)


def weights(model: Any, *, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """Every layer's weights, scalers and batch norm folded in."""
    return _alone("weights", model, theme, title, caption, size)


def spectrum(model: Any, *, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """The singular values of every layer's weights."""
    return _alone("spectrum", model, theme, title, caption, size)


def network(model: Any, *, theme: str = "light", title: str | None = None, caption: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """Units and weights as circles and lines."""
    return _alone("network", model, theme, title, caption, size)


def flow(model: Any, X: Any, y: Any, *, features: Any = None, feature_names: Any = None, class_names: Any = None, output: str = "auto", theme: str = "light", fps: int | None = None) -> Animation:
    """The plane and the data in motion, layer by layer, to where a line parts the classes, and back."""
    scene = Scene(model, X, y, output, features=features, feature_names=feature_names, class_names=class_names)
    return Animation(_native.flow(scene.chain(), scene.data.native, scene.source, scene.data.features), theme, fps, least=5)
