"""Models of any library, read as chains of affine maps, scalings and activations, or taken as black boxes."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import numpy as np

from . import _native
from ._arrays import array, features, first_line, refuse

__all__ = ["BlackBoxWarning", "Chain", "Network", "Reading", "Unreadable", "read"]


class BlackBoxWarning(UserWarning):
    """A network could not be read, so that only its answers are known."""


class Unreadable(Exception):
    """Why a model is no chain of layers, in words that go on after `it has`: `a residual connection`."""


class Chain:
    """The steps of a network, in the order in which it does them. Arrays are copied: training changes them in place."""

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []
        self.places: dict[str, int] = {}

    def affine(self, name: str, weight: Any, bias: Any = None) -> None:
        """W x + b, with W (units x inputs)."""
        weight = np.array(array(weight))
        if weight.ndim != 2:
            raise refuse(f"layer {name}", f"its weights have {weight.ndim} dimensions", "give a matrix (units, inputs)")
        bias = np.zeros(len(weight)) if bias is None else np.array(array(bias)).reshape(-1)
        self.steps.append(("affine", name, weight, bias))

    def scale(self, factor: Any, centre: Any = None, offset: Any = None, units: int | None = None) -> None:
        """offset + factor (x - centre), unit by unit; numbers stand for a vector of `units` of them."""
        parts = [np.asarray(array(0.0 if part is None else part), dtype=np.float64) for part in (centre, factor, offset)]
        width = max([part.size for part in parts if part.ndim] + [units or 1])
        if width == 1 and units is None and not any(part.ndim for part in parts):
            units = self.width()
            if units is None:
                raise Unreadable("a scaling before anything says how many numbers there are")
            width = units
        self.steps.append(("scale", *(np.array(np.broadcast_to(part.reshape(-1), (width,))) for part in parts)))

    def activate(self, activation: str) -> None:
        """An activation as the command line spells it: `tanh`, `leaky_relu:0.3`."""
        self.steps.append(("activate", activation))

    def batch_norm(self, mean: Any, variance: Any, epsilon: float, gamma: Any = None, beta: Any = None) -> None:
        """Batch norm as evaluation sees it."""
        variance = np.asarray(array(variance), dtype=np.float64)
        gamma = np.ones_like(variance) if gamma is None else np.asarray(array(gamma), dtype=np.float64)
        self.scale(gamma / np.sqrt(variance + epsilon), mean, beta)

    def width(self) -> int | None:
        """How many numbers there are now, if that is known."""
        for step in reversed(self.steps):
            if step[0] in ("affine", "scale"):
                return len(step[2])
        return None

    def inputs(self) -> int | None:
        """How many numbers go in, if that is known."""
        for step in self.steps:
            if step[0] in ("affine", "scale"):
                return int(step[2].shape[-1])
        return None

    def mark(self, name: str) -> None:
        """The output of the layer `name` is what there is now."""
        self.places[name] = len(self.steps)

    def finite(self) -> bool:
        """Whether every number is one."""
        return all(np.isfinite(part).all() for step in self.steps for part in step if isinstance(part, np.ndarray))

    def build(self, steps: int | None = None, inputs: int | None = None) -> _native.Network:
        """The network of the first `steps` steps."""
        given = [("expect", inputs)] if inputs else []
        for step in self.steps[:steps]:
            numbers = (np.ascontiguousarray(part, dtype=np.float64) if isinstance(part, np.ndarray) else part for part in step)
            given.append(tuple(numbers))
        return _native.Network.build(given)


@dataclass
class Reading:
    """A model as this package sees it."""

    source: str
    """What captions call it."""
    chain: Chain | None = None
    file: _native.Network | None = None
    """A network that was read from a file."""
    reason: str = ""
    """Why there is no chain."""
    evaluate: Callable[[np.ndarray], Any] | None = None
    """The model's own answer to samples (n x d)."""
    exact: bool = False
    """Whether the model computes in float64."""
    half: bool = False
    """Whether it computes in 16 bits."""
    kind: str = "auto"
    """What the answers are: probability, logit, value, label, or auto where nothing says."""
    classes: np.ndarray | None = None
    """The labels that the model knows, in its order."""
    task: str | None = None
    """classes or values, where the model says it."""
    names: list[str] | None = None
    """The features that it was trained on."""
    expected: bool = False
    """A model of a kind that nobody expects to be read as layers: there is nothing to warn of."""

    def network(self, inputs: int | None = None) -> _native.Network:
        """The chain as a network that takes `inputs` features.

        Raises ValueError where the model is no chain, or takes another number of them.
        """
        takes = self.file.inputs if self.file is not None else self.chain.inputs() if self.chain is not None else None
        if inputs is not None and takes is not None and takes != inputs:
            raise refuse("X", f"there are {inputs} features, the network takes {takes}", "give the features that it was trained on, in their order, and no others")
        if self.file is not None:
            return self.file
        if self.chain is None:
            raise refuse(
                self.source,
                f"its layers can't be read: it has {self.reason}",
                "boundary shows it as a black box; the other figures need a chain of affine layers and activations",
            )
        return self.chain.build(inputs=inputs)


class Network:
    """A network of plain arrays: `Network([("hidden", W1, b1, "tanh"), ("out", W2, b2, "sigmoid")])`, W (units x inputs)."""

    def __init__(self, layers: Sequence[tuple[str, Any, Any, str]]) -> None:
        chain = Chain()
        for position, layer in enumerate(layers):
            if isinstance(layer, (str, bytes)) or len(layer) != 4:
                raise refuse(f"layer {position}", "it is no (name, W, b, activation)", 'give four things, such as ("hidden", W, b, "tanh")')
            name, weight, bias, activation = layer
            weight = np.asarray(array(weight))
            width = chain.width()
            if width is not None and weight.ndim == 2 and weight.shape[1] != width:
                remedy = "transpose it: W is (units, inputs), as in PyTorch" if weight.shape[0] == width else "check the order of the layers"
                raise refuse(f"layer {name}", f"its weights are {weight.shape[0]} x {weight.shape[1]} and {width} numbers come in", remedy)
            chain.affine(str(name), weight, bias)
            chain.activate("identity" if activation is None else str(activation))
            chain.mark(str(name))
        self._chain = chain
        self._native = chain.build()

    @property
    def layers(self) -> list[tuple[str, np.ndarray, np.ndarray, str]]:
        """Name, weights (units x inputs), biases and activation of every layer."""
        return layers(self._native)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], activations: Sequence[str] = ()) -> Network:
        """From ONNX; or from weights in `.safetensors`, `.pt` or `.pth`, with what follows each layer: `["tanh", "tanh", "sigmoid"]`."""
        network = _native.read_network(os.fspath(path), [activations] if isinstance(activations, str) else list(activations))
        return cls(layers(network))

    def forward(self, X: Any) -> np.ndarray:
        """The output for samples (n x inputs)."""
        return forward(self._native, features(X)[0])

    __call__ = forward

    def __repr__(self) -> str:
        shapes = " -> ".join(str(units) for units in [self._native.inputs, *(len(bias) for _, _, bias, _ in self.layers)])
        return f"<foldspace network: {shapes}>"


def layers(network: _native.Network) -> list[tuple[str, np.ndarray, np.ndarray, str]]:
    """The layers of a network as arrays."""
    return [
        (name, np.frombuffer(weight).reshape(units, inputs).copy(), np.frombuffer(bias).copy(), activation)
        for name, units, inputs, weight, bias, activation in network.layers()
    ]


def forward(network: _native.Network, X: np.ndarray) -> np.ndarray:
    """The output for samples (n x inputs)."""
    return np.frombuffer(network.forward(np.ascontiguousarray(X, dtype=np.float64))).reshape(len(X), network.outputs).copy()


def ancestry(model: Any) -> list[str]:
    """The packages and names of a model's class and its ancestors: which library it is of, without importing any."""
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in type(model).__mro__]


@contextlib.contextmanager
def asking(source: str) -> Iterator[None]:
    """What a framework says of samples that its model can't take, in a sentence."""
    try:
        yield
    except Exception as error:
        raise refuse(source, f"it can't be asked ({first_line(error)})", "give samples as it was trained on, or a function of samples that calls it: lambda X: model(...)") from error


@contextlib.contextmanager
def calling(source: str, X: np.ndarray) -> Iterator[None]:
    """Somebody's own function raises what it will; a note says with what it was called."""
    try:
        yield
    except Exception as error:
        error.add_note(f"foldspace_nn asked {source} about {len(X)} samples at once, an array of shape {X.shape}. Where it has no answers, choose xlim and ylim.")
        raise


def read(model: Any) -> Reading:
    """Finds out what a model is.

    Raises ValueError where it is nothing that can be drawn.
    """
    reading = _read(model)
    if reading.chain is not None and not any(step[0] == "affine" for step in reading.chain.steps):
        reading.chain, reading.reason = None, "no layer with weights"
    return reading


def _read(model: Any) -> Reading:
    if isinstance(model, Reading):
        return model
    if isinstance(model, Network):
        return Reading("A network of arrays", chain=model._chain, evaluate=model.forward, exact=True)
    if isinstance(model, (str, os.PathLike)):
        path = Path(model)
        return Reading(f"Read from {path.name}".replace("$", ""), file=_native.read_network(str(path)))
    kinds = ancestry(model)
    if any(kind.startswith("torch.nn.") for kind in kinds):
        from . import _torch

        return _torch.read(model)
    if any(kind.startswith("keras.") for kind in kinds):
        from . import _keras

        return _keras.read(model)
    if any(kind.startswith("equinox.") for kind in kinds):
        from . import _equinox

        return _equinox.read(model)
    if isinstance(model, type):
        raise refuse(model.__name__, "this is a class, not a model", f"make one: {model.__name__}(...), and train it")
    from . import _sklearn

    if _sklearn.is_estimator(model):
        return _sklearn.read(model)
    if callable(model):
        return _sklearn.read_function(model)
    if getattr(model, "refit", True) is False:
        raise refuse(type(model).__name__, "it was fitted with refit=False and keeps no model", "fit it with refit=True, or give one of its models")
    raise refuse(
        type(model).__name__,
        "this is no model that can be asked",
        "give a PyTorch, Keras or Equinox module, an estimator, a path to an ONNX file, a Network, or a function of samples",
    )


def matching(function: Callable[[np.ndarray], Any]) -> str:
    """The activation that a function of one number is, found by its values.

    Raises Unreadable where it is none that is known.
    """
    z = np.linspace(-9.0, 9.0, 73, dtype=np.float32)
    try:
        values = np.asarray(array(function(z)), dtype=np.float64).reshape(-1)
    except Exception as error:
        raise Unreadable(f"an activation that can't be asked ({type(error).__name__})") from error
    if values.shape != z.shape:
        raise Unreadable("an activation of several numbers at once")
    x = z.astype(np.float64)
    slope = values[4] / x[4]
    alpha = -values[0] / -np.expm1(x[0])
    candidates = ["identity", "relu", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu", "softplus", "elu", "relu6", "hard_tanh", "hard_sigmoid", "hard_swish"]
    if np.isfinite(slope) and 0.0 < abs(slope) < 1.0:
        candidates.append(f"leaky_relu:{slope:.9g}")
    if np.isfinite(alpha) and alpha > 0:
        candidates.append(f"elu:{alpha:.9g}")
    for name in candidates:
        probe = _native.Network.build([("affine", "probe", np.ones((1, 1)), np.zeros(1)), ("activate", name)])
        if np.abs(forward(probe, x[:, None])[:, 0] - values).max() < 2e-5:
            return name
    raise Unreadable("an activation that is none of foldspace's")
