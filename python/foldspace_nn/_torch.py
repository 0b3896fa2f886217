"""PyTorch modules, walked with torch.fx."""

from __future__ import annotations

import contextlib
import operator
from typing import Any, Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import fx, nn

from ._arrays import first_line, refuse
from .models import Chain, Reading, Unreadable, asking

__all__ = ["read"]

SELU = (1.0507009873554805, 1.6732632423543772)


def read(model: nn.Module) -> Reading:
    model = unwrapped(model)
    check(model)
    parameter = next(iter(model.parameters()), None)
    reading = Reading(type(model).__name__, evaluate=evaluator(model), exact=parameter is not None and parameter.dtype == torch.float64)
    reading.half = parameter is not None and parameter.dtype in (torch.float16, torch.bfloat16)
    try:
        reading.chain, logarithm = walk(model)
        if logarithm:
            own = reading.evaluate
            reading.evaluate = lambda X: np.exp(own(X))
            reading.kind = "probability"
    except Unreadable as error:
        reading.reason = str(error)
    return reading


def check(model: nn.Module) -> None:
    """Weights have to be there, and real numbers."""
    name = type(model).__name__
    for parameter in [*model.parameters(), *model.buffers()]:
        if isinstance(parameter, nn.parameter.UninitializedTensorMixin):
            raise refuse(name, "it has no weights yet", "call it once with samples: model(torch.tensor(X[:1], dtype=torch.float32))")
        if parameter.is_meta:
            raise refuse(name, "it is on the device meta and has no weights", "load them: model.to_empty(device=\"cpu\"), then load_state_dict")
        if parameter.is_complex():
            raise refuse(name, "its weights are complex", "give a function of real scores: lambda X: ...")


def unwrapped(model: nn.Module) -> nn.Module:
    """Without what torch.compile and DataParallel put around it."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            inner = model.module
        if inner is None:
            return model
        model = inner


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Puts every module into evaluation mode, and back as it was."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


def evaluator(model: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    def evaluate(X: np.ndarray) -> np.ndarray:
        parameter = next(iter(model.parameters()), None)
        kind = torch.float32 if parameter is None else parameter.dtype
        device = "cpu" if parameter is None else parameter.device
        points = torch.as_tensor(np.ascontiguousarray(X)).to(device=device, dtype=kind)
        with asking(type(model).__name__), evaluating(model), torch.no_grad():
            answer = model(points)
        if not isinstance(answer, torch.Tensor):
            raise ValueError(f"{type(model).__name__}: it gives a {type(answer).__name__}; wrap it in a function that gives one tensor")
        return answer.detach().cpu().to(torch.float64).numpy()

    return evaluate


def walk(model: nn.Module) -> tuple[Chain, bool]:
    """The chain, and whether the model's outputs are logarithms of the chain's."""
    if isinstance(model, torch.jit.ScriptModule):
        raise Unreadable("been compiled by torch.jit, which hides its layers")
    # In evaluation mode to the end: spectral norm, asked for its weight in training, goes on with its iteration.
    with evaluating(model), torch.no_grad():
        return follow(model)


def follow(model: nn.Module) -> tuple[Chain, bool]:
    try:
        graph = fx.symbolic_trace(model).graph
    except Exception as error:
        raise Unreadable(f"a forward pass that torch.fx can't follow ({first_line(error)})") from error
    modules = dict(model.named_modules())
    chain = Chain()
    walker = Walker(model, chain)
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        used = [node for node in inputs if node.users]
        if len(used) != 1:
            raise Unreadable(f"{len(used)} inputs")
        inputs = used
    now = inputs[0]
    shapes: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op in ("placeholder", "get_attr"):
            continue
        if asks_shape(node, shapes):
            shapes.add(node)
            continue
        if node.op == "output":
            if node.args[0] is not now:
                raise Unreadable("more than one output, or one from the middle")
            break
        if not node.users:
            continue
        carried = [argument for argument in node.all_input_nodes if argument.op != "get_attr" and argument not in shapes]
        if carried != [now]:
            what = "a residual or branching connection" if len(carried) > 1 or carried != [now] else "a branch"
            raise Unreadable(f"{what} at {node.name}")
        if walker.logarithm:
            raise Unreadable("something after its log-softmax")
        if node.op == "call_module":
            walker.module(str(node.target), modules[str(node.target)])
        elif node.op == "call_function":
            walker.function(node, now)
        else:
            walker.method(node)
        now = node
    for name in modules:
        # A container's output is that of the last module in it.
        inside = [place for place in chain.places if place.startswith(f"{name}.")] if name else []
        if inside and name not in chain.places:
            chain.places[name] = max(chain.places[place] for place in inside)
    return chain, walker.logarithm


def asks_shape(node: fx.Node, shapes: set[fx.Node]) -> bool:
    """Whether it asks for a shape, or reckons with nothing but shapes."""
    if node.op == "call_method" and node.target in ("size", "dim"):
        return True
    if node.op == "call_function" and node.target is getattr:
        return node.args[1] in ("shape", "ndim", "device", "dtype")
    return node.op == "call_function" and bool(shapes) and bool(node.all_input_nodes) and set(node.all_input_nodes) <= shapes


def flattens(sizes: Any) -> bool:
    """Whether a view keeps the samples apart: (n, -1), (-1, d), and (-1) of a single number each; what it makes of them is compared later."""
    sizes = list(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else list(sizes)
    return len(sizes) in (1, 2) and (len(sizes) == 2 or sizes[0] == -1 or isinstance(sizes[0], fx.Node))


class Walker:
    """Turns modules, functions and methods into steps."""

    def __init__(self, model: nn.Module, chain: Chain) -> None:
        self.model, self.chain = model, chain
        self.logarithm = False

    def module(self, name: str, module: nn.Module) -> None:
        chain = self.chain
        if isinstance(module, nn.Linear):
            chain.affine(name, module.weight, module.bias)
        elif isinstance(module, (nn.BatchNorm1d, nn.SyncBatchNorm)):
            if module.running_mean is None or module.running_var is None:
                raise Unreadable("a batch norm without running statistics, whose output depends on the other samples")
            chain.batch_norm(module.running_mean, module.running_var, module.eps, module.weight, module.bias)
        elif isinstance(module, (nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Identity)):
            pass
        elif isinstance(module, nn.Flatten):
            if module.start_dim != 1:
                raise Unreadable("a flattening of samples into each other")
        elif isinstance(module, (nn.Softmax, nn.LogSoftmax)):
            self.softmax(module.dim, isinstance(module, nn.LogSoftmax))
        else:
            self.activation(module)
        chain.mark(name)

    def activation(self, module: nn.Module) -> None:
        chain = self.chain
        plain = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.SiLU: "silu", nn.ReLU6: "relu6", nn.Hardswish: "hard_swish", nn.Hardsigmoid: "hard_sigmoid"}
        kind = type(module)
        if kind in plain:
            chain.activate(plain[kind])
        elif kind is nn.LeakyReLU:
            chain.activate(f"leaky_relu:{module.negative_slope!r}")
        elif kind is nn.ELU:
            chain.activate(f"elu:{module.alpha!r}")
        elif kind is nn.SELU:
            self.selu()
        elif kind is nn.CELU:
            self.celu(module.alpha)
        elif kind is nn.GELU:
            chain.activate("gelu" if module.approximate == "none" else "gelu_tanh")
        elif kind is nn.Softplus:
            self.softplus(module.beta)
        elif kind is nn.Hardtanh:
            chain.activate(f"clip:{module.min_val!r}:{module.max_val!r}")
        elif kind is nn.PReLU and module.weight.numel() == 1:
            chain.activate(f"leaky_relu:{float(module.weight.detach())!r}")
        else:
            names = {nn.LayerNorm: "layer norm", nn.Conv1d: "a convolution", nn.Conv2d: "a convolution"}
            raise Unreadable(names.get(kind, f"a layer of kind {kind.__name__}"))

    def softmax(self, dim: int | None, logarithm: bool) -> None:
        if dim not in (1, -1, None):
            raise Unreadable("a softmax over the samples")
        self.chain.activate("softmax")
        self.logarithm = logarithm

    def selu(self) -> None:
        self.chain.activate(f"elu:{SELU[1]!r}")
        self.chain.scale(SELU[0])

    def celu(self, alpha: float) -> None:
        self.chain.scale(1.0 / alpha)
        self.chain.activate("elu")
        self.chain.scale(alpha)

    def softplus(self, beta: float) -> None:
        if beta != 1:
            self.chain.scale(beta)
        self.chain.activate("softplus")
        if beta != 1:
            self.chain.scale(1.0 / beta)

    def value(self, argument: Any) -> Any:
        """A constant: a number, or a tensor that the module holds."""
        if isinstance(argument, fx.Node):
            if argument.op != "get_attr":
                raise Unreadable(f"something computed at {argument.name}")
            held: Any = self.model
            for part in str(argument.target).split("."):
                held = getattr(held, part)
            return held.detach().cpu().double().numpy() if isinstance(held, torch.Tensor) else held
        return argument

    def function(self, node: fx.Node, now: fx.Node) -> None:
        chain, target = self.chain, node.target
        arguments = [argument if argument is now else self.value(argument) for argument in node.args]
        keywords = {key: argument if argument is now else self.value(argument) for key, argument in node.kwargs.items()}

        def get(position: int, key: str, default: Any) -> Any:
            return arguments[position] if len(arguments) > position else keywords.get(key, default)

        plain: dict[Any, str] = {
            torch.relu: "relu", F.relu: "relu", torch.tanh: "tanh", F.tanh: "tanh", torch.sigmoid: "sigmoid", F.sigmoid: "sigmoid",
            torch.special.expit: "sigmoid", F.silu: "silu", F.relu6: "relu6", F.hardswish: "hard_swish", F.hardsigmoid: "hard_sigmoid",
        }  # fmt: skip
        arithmetic = {operator.add: "add", torch.add: "add", operator.sub: "sub", torch.sub: "sub", operator.mul: "mul", torch.mul: "mul", operator.truediv: "div", torch.div: "div"}
        if target in plain:
            chain.activate(plain[target])
        elif target is F.linear:
            chain.affine(node.name, get(1, "weight", None), get(2, "bias", None))
        elif target is F.leaky_relu:
            chain.activate(f"leaky_relu:{float(get(1, 'negative_slope', 0.01))!r}")
        elif target is F.elu:
            chain.activate(f"elu:{float(get(1, 'alpha', 1.0))!r}")
        elif target is F.celu:
            self.celu(float(get(1, "alpha", 1.0)))
        elif target in (F.selu, torch.selu):
            self.selu()
        elif target is F.gelu:
            chain.activate("gelu" if get(1, "approximate", "none") == "none" else "gelu_tanh")
        elif target is F.softplus:
            self.softplus(float(get(1, "beta", 1.0)))
        elif target is F.hardtanh:
            chain.activate(f"clip:{float(get(1, 'min_val', -1.0))!r}:{float(get(2, 'max_val', 1.0))!r}")
        elif target in (torch.clamp, torch.clip):
            self.clamp(get(1, "min", None), get(2, "max", None))
        elif target in (F.softmax, torch.softmax, F.log_softmax, torch.log_softmax):
            self.softmax(get(1, "dim", None), target in (F.log_softmax, torch.log_softmax))
        elif target in (F.dropout, torch.dropout):
            pass  # in evaluation mode, which the trace is made in
        elif target is torch.flatten:
            if get(1, "start_dim", 0) != 1:
                raise Unreadable("a flattening of samples into each other")
        elif target is torch.reshape:
            if not flattens([get(1, "shape", ())]):
                raise Unreadable("a reshape into several dimensions")
        elif target is torch.squeeze:
            if get(1, "dim", None) not in (1, -1):
                raise Unreadable("a squeeze of any dimension; say squeeze(-1)")
        elif target in arithmetic:
            if keywords.get("alpha", 1) != 1 or keywords.get("rounding_mode") is not None:
                raise Unreadable(f"an unusual {arithmetic[target]}")
            first = get(0, "input", None)
            other = get(1, "other", None)
            self.arithmetic(arithmetic[target], other if first is now else first, first is now)
        elif target is operator.neg or target is torch.neg:
            chain.scale(-1.0)
        else:
            raise Unreadable(f"the function {getattr(target, '__name__', target)}")

    def arithmetic(self, kind: str, constant: Any, left: bool) -> None:
        """now + constant, now - constant ..., or the other way round where `left` is false."""
        constant = np.asarray(constant, dtype=np.float64)
        if constant.ndim > 1 and constant.size != constant.shape[-1]:
            raise Unreadable("arithmetic with a matrix")
        constant = constant.reshape(-1) if constant.size > 1 else constant.reshape(())
        if kind == "add":
            self.chain.scale(np.ones_like(constant), None, constant)
        elif kind == "sub":
            self.chain.scale(np.ones_like(constant) if left else -np.ones_like(constant), None, -constant if left else constant)
        elif kind == "mul":
            self.chain.scale(constant)
        elif left:
            self.chain.scale(1.0 / constant)
        else:
            raise Unreadable("a division by what it computes")

    def clamp(self, low: Any, high: Any) -> None:
        if high is None and low == 0:
            self.chain.activate("relu")
        elif low is None or high is None:
            raise Unreadable("a clamp with one bound")
        else:
            self.chain.activate(f"clip:{float(low)!r}:{float(high)!r}")

    def method(self, node: fx.Node) -> None:
        name, arguments, keywords = str(node.target), list(node.args[1:]), node.kwargs
        plain = {"relu": "relu", "relu_": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
        if name in plain:
            self.chain.activate(plain[name])
        elif name in ("softmax", "log_softmax"):
            self.softmax(arguments[0] if arguments else keywords.get("dim"), name == "log_softmax")
        elif name in ("float", "double", "contiguous", "clone"):
            pass
        elif name in ("view", "reshape"):
            if not flattens(arguments or [keywords.get("shape", ())]):
                raise Unreadable(f"a {name} into several dimensions")
        elif name == "flatten" and (arguments[:1] == [1] or keywords.get("start_dim") == 1):
            pass
        elif name == "squeeze" and (arguments[:1] in ([1], [-1]) or keywords.get("dim") in (1, -1)):
            pass
        elif name in ("add", "sub", "mul", "div") and len(arguments) == 1 and not keywords:
            self.arithmetic(name, self.value(arguments[0]), True)
        else:
            raise Unreadable(f"the method {name}")
