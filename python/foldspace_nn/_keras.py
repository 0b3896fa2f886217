"""Keras 3 models, walked back from their output."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import array, refuse
from .models import Chain, Reading, Unreadable, ancestry, asking, matching

__all__ = ["read"]

NOTHING = {"InputLayer", "Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "Flatten", "Identity"}
NAMES = {"linear": "identity", "swish": "silu", "hard_silu": "hard_swish"}
REFUSED = {"LayerNormalization": "layer norm", "GroupNormalization": "group norm"}


def read(model: Any) -> Reading:
    if not hasattr(model, "built") or (not model.built and not getattr(model, "inputs", None)):
        raise refuse(type(model).__name__, "it has no weights yet", "train it, or call it once with samples: model(X[:1])")
    name = type(model).__name__
    precision = str(getattr(model, "compute_dtype", "float32"))
    kinds = {str(getattr(layer, "compute_dtype", precision)) for layer in [model, *getattr(model, "_flatten_layers", lambda: [])()]}
    reading = Reading(name, exact=kinds == {"float64"} or precision == "float64", half=any(kind.endswith("float16") for kind in kinds), kind=meaning(model))

    def evaluate(X: np.ndarray) -> np.ndarray:
        import keras

        with asking(name):
            answer = model(keras.ops.convert_to_tensor(X.astype(precision if precision != "bfloat16" else "float32")), training=False)
        if isinstance(answer, (list, tuple, dict)):
            raise refuse(name, "it has several outputs", "give a function that gives one: lambda X: model(X)[0]")
        return array(keras.ops.convert_to_numpy(answer)).astype(np.float64)

    reading.evaluate = evaluate
    try:
        reading.chain, logarithm = walk(model)
        if logarithm:
            reading.evaluate = lambda X: np.exp(evaluate(X))
            reading.kind = "probability"
    except Unreadable as error:
        reading.reason = str(error)
    return reading


def meaning(model: Any) -> str:
    """What compile says of the output: a loss on logits tells that they are."""
    loss = getattr(model, "loss", None)
    if loss is None or isinstance(loss, (list, dict)):
        return "auto"
    settings = getattr(loss, "_fn_kwargs", {})
    return "logit" if settings.get("from_logits", False) else "auto"


def layers_of(model: Any) -> list[Any]:
    """The layers in the order in which they act."""
    kinds = ancestry(model)
    if any(kind.endswith(".Sequential") for kind in kinds):
        return list(model.layers)
    if not getattr(model, "outputs", None):
        raise Unreadable("a call method of its own, which can't be read")
    if len(model.outputs) != 1 or len(model.inputs) != 1:
        raise Unreadable("several inputs or outputs")
    found = []
    tensor = model.outputs[0]
    start = model.inputs[0]
    while tensor is not start:
        history = getattr(tensor, "_keras_history", None)
        if history is None:
            raise Unreadable("a layer without a history")
        layer = history.operation
        parents = layer._inbound_nodes[history.node_index].input_tensors
        if len(parents) == 0:
            break
        if len(parents) != 1:
            raise Unreadable(f"a residual or branching connection at {layer.name}")
        found.append(layer)
        tensor = parents[0]
    return found[::-1]


def walk(model: Any) -> tuple[Chain, bool]:
    chain = Chain()
    logarithm = go(chain, model)
    return chain, logarithm


def go(chain: Chain, model: Any) -> bool:
    logarithm = False
    for layer in layers_of(model):
        if logarithm:
            raise Unreadable("something after its log-softmax")
        logarithm = one(chain, layer)
        chain.mark(layer.name)
    return logarithm


def one(chain: Chain, layer: Any) -> bool:
    """The steps of a layer; whether its outputs are logarithms of the chain's."""
    kind = type(layer).__name__
    if kind in NOTHING:
        return False
    if any(entry.endswith((".Sequential", ".Functional")) for entry in ancestry(layer)):
        return go(chain, layer)
    if kind == "Dense":
        if layer.kernel is None:
            raise Unreadable("no weights yet")
        kernel = numbers(layer.kernel)
        chain.affine(layer.name, kernel.T, numbers(layer.bias) if layer.use_bias else None)
        return activate(chain, layer.activation)
    if kind == "Activation":
        return activate(chain, layer.activation)
    if kind == "ReLU":
        relu(chain, layer)
    elif kind == "LeakyReLU":
        chain.activate(f"leaky_relu:{float(layer.negative_slope)!r}")
    elif kind == "ELU":
        chain.activate(f"elu:{float(layer.alpha)!r}")
    elif kind == "Softmax":
        if layer.axis not in (-1, 1):
            raise Unreadable("a softmax over the samples")
        chain.activate("softmax")
    elif kind == "BatchNormalization":
        if layer.axis not in (-1, 1):
            raise Unreadable("a batch norm over the samples")
        gamma = numbers(layer.gamma) if layer.scale else None
        beta = numbers(layer.beta) if layer.center else None
        chain.batch_norm(numbers(layer.moving_mean), numbers(layer.moving_variance), float(layer.epsilon), gamma, beta)
    elif kind == "Normalization":
        mean, variance = numbers(layer.mean).reshape(-1), numbers(layer.variance).reshape(-1)
        deviation = np.maximum(np.sqrt(variance.astype(np.float64)), 1e-7)
        if layer.invert:
            chain.scale(deviation, None, mean)
        else:
            chain.scale(1.0 / deviation, mean)
    elif kind == "Rescaling":
        scale, offset = np.asarray(layer.scale, dtype=np.float64), np.asarray(layer.offset, dtype=np.float64)
        chain.scale(scale, None, offset)
    else:
        raise Unreadable(REFUSED.get(kind, f"a layer of kind {kind}"))
    return False


def relu(chain: Chain, layer: Any) -> None:
    slope, most, threshold = float(layer.negative_slope or 0.0), layer.max_value, float(layer.threshold or 0.0)
    if threshold != 0.0 or (most is not None and slope != 0.0):
        raise Unreadable("a ReLU with a threshold")
    if most is not None:
        chain.activate(f"clip:0.0:{float(most)!r}")
    else:
        chain.activate(f"leaky_relu:{slope!r}" if slope else "relu")


def activate(chain: Chain, function: Any) -> bool:
    """An activation given as a function; whether it is a log-softmax."""
    name = getattr(function, "__name__", type(function).__name__)
    if name == "selu":
        chain.activate("elu:1.6732632423543772")
        chain.scale(1.0507009873554805)
        return False
    if name in ("softmax", "log_softmax"):
        chain.activate("softmax")
        return name == "log_softmax"
    if name in ("linear", "Identity"):
        return False
    if "Layer" in "".join(ancestry(function)) or any(kind.startswith("keras.src.layers") for kind in ancestry(function)):
        return one(chain, function)

    def ask(z: np.ndarray) -> np.ndarray:
        import keras

        return keras.ops.convert_to_numpy(function(keras.ops.convert_to_tensor(z)))

    chain.activate(matching(ask))
    return False


def numbers(variable: Any) -> np.ndarray:
    import keras

    values = np.asarray(keras.ops.convert_to_numpy(variable))
    return values if values.dtype in (np.float32, np.float64) else array(values.astype(np.float32))
