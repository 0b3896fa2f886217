"""Small networks as torch's two exporters, skl2onnx and Keras write them, and what is computed with them: by onnxruntime, in
float32 where the file is, and by the standard's own evaluator, with every number of the file widened to float64.

pip install torch onnx onnxscript onnxruntime scikit-learn skl2onnx keras
python onnx.py        writes onnx/*.onnx and onnx.json beside this file
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
here = Path(__file__).resolve().parent
sys.path = [path for path in sys.path if Path(path or ".").resolve() != here]  # this file is called onnx.py
warnings.filterwarnings("ignore")

import keras
import numpy as np
import onnx
import onnxruntime
import skl2onnx
import sklearn
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

folder = here / "onnx"
folder.mkdir(exist_ok=True)
for old in folder.iterdir():
    old.unlink()
random = np.random.RandomState(7)
points = {width: (random.randn(40, width) * 2).astype(np.float32) for width in (2, 3, 4, 6)}
files = {}


def note(name, width):
    """What onnxruntime says of the points; of several outputs, the last one."""
    session = onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    x = points[width].astype(np.float64 if "double" in given.type else np.float32)
    if len(given.shape) == 3:
        x = x.reshape(len(x), 2, 3)
    outputs = table(session.run(None, {given.name: x})[-1])
    model = widened(onnx.load(folder / name))
    exact = table(ReferenceEvaluator(model).run(None, {given.name: x.astype(np.float64)})[-1])
    files[name] = {"inputs": width, "outputs": outputs.tolist(), "exact": exact.tolist()}


def table(y):
    """A row per sample."""
    if isinstance(y, list):  # ZipMap: a dictionary per sample
        y = np.array([[row[key] for key in sorted(row)] for row in y])
    return np.asarray(y, dtype=np.float64).reshape(len(y), -1)


def widened(model):
    """The same model in float64."""

    def wide(tensor):
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))

    graph = model.graph
    for tensor in graph.initializer:
        wide(tensor)
    for port in [*graph.input, *graph.output]:
        if port.type.tensor_type.elem_type == TensorProto.FLOAT:
            port.type.tensor_type.elem_type = TensorProto.DOUBLE
    for node in graph.node:
        if node.op_type == "ZipMap":  # the evaluator has none
            node.op_type, node.domain = "Identity", ""
            del node.attribute[:]
        for attribute in node.attribute:
            wide(attribute.t)
            if node.op_type == "Cast" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.DOUBLE
    del graph.value_info[:]
    return model


# --- PyTorch -----------------------------------------------------------------------------------------------------------
class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift, self.mix, self.out = nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1)

    def forward(self, x):
        h = torch.tanh(self.lift(x))
        return torch.sigmoid(self.out(h + torch.tanh(self.mix(h))))


class Named(nn.Module):
    """A module of one's own, with functions in place of layers."""

    def __init__(self):
        super().__init__()
        self.hidden, self.embedding, self.out = nn.Linear(2, 6), nn.Linear(6, 2, bias=False), nn.Linear(2, 3)

    def forward(self, x):
        x = nn.functional.silu(self.hidden(x))
        return torch.log_softmax(self.out(self.embedding(x)), dim=1)


class Viewed(nn.Module):
    """Flattens its samples by hand."""

    def __init__(self):
        super().__init__()
        self.first, self.out = nn.Linear(6, 3), nn.Linear(3, 1)

    def forward(self, x):
        x = x.view(x.size(0), -1) / 3.0
        return self.out(torch.sigmoid(self.first(x))).squeeze(1)


def normed():
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(6, 5), nn.Tanh(), nn.BatchNorm1d(5, eps=1e-3), nn.Linear(5, 1), nn.Sigmoid())
    for module in net:
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
    return net


smooth = [nn.SiLU(), nn.GELU(), nn.GELU(approximate="tanh"), nn.Softplus(), nn.Tanh(), nn.Sigmoid(), nn.ELU(0.7),
          nn.SELU(), nn.Softplus(beta=2.0)]
pieces = [nn.LeakyReLU(0.3), nn.ReLU6(), nn.Hardtanh(), nn.Hardtanh(-0.5, 2.0), nn.Hardsigmoid(), nn.Hardswish(), nn.ReLU()]


def stack(activations, last):
    """Linear maps of 3 numbers with an activation after each."""
    layers = []
    for activation in activations:
        layers += [nn.Linear(3, 3), activation]
    net = nn.Sequential(*layers, nn.Linear(3, 3), last)
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -1.2, 1.2)
    return net


torch.manual_seed(3)
networks = {
    "mlp": (nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 1), nn.Sigmoid()), 2),
    "logit": (nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)), 2),
    "smooth": (stack(smooth, nn.Softmax(dim=1)), 3),
    "pieces": (stack(pieces, nn.Softmax(dim=-1)), 3),
    "normed": (normed(), 2),
    "named": (Named(), 2),
    "viewed": (Viewed(), 6),
    "wide": (nn.Sequential(nn.Linear(2, 40), nn.ReLU(), nn.Linear(40, 12), nn.Tanh(), nn.Linear(12, 2)), 2),
    "residual": (Residual(), 2),
    "layer_norm": (nn.Sequential(nn.Linear(2, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 1)), 2),
    "convolution": (nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4, 1)), (1, 4)),
}
for name, (net, width) in networks.items():
    net.eval()
    example = (torch.zeros(2, *width) if name == "convolution" else torch.zeros(2, 2, 3) if name == "viewed" else torch.zeros(2, width),)
    old, new = f"torch_{name}.onnx", f"dynamo_{name}.onnx"
    torch.onnx.export(net, example, folder / old, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
    torch.onnx.export(net, example, folder / new, dynamo=True, verbose=False, input_names=["x"],
                      dynamic_shapes=({0: torch.export.Dim("n")},))
    model = onnx.load(folder / new, load_external_data=False)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]  # where in this machine's files each step comes from
        if hasattr(part, "doc_string"):
            part.doc_string = ""
    (folder / new).write_bytes(model.SerializeToString())
    for data in folder.glob("*.data"):
        if data.stat().st_size == 0:
            data.unlink()  # all weights are so small that they stand in the other file
    if name not in ("residual", "layer_norm", "convolution"):
        note(old, width)
        note(new, width)
torch.onnx.export(networks["viewed"][0], (torch.zeros(2, 2, 3),), folder / "torch_static.onnx", dynamo=False)
double = networks["mlp"][0].double()
torch.onnx.export(double, (torch.zeros(2, 2, dtype=torch.float64),), folder / "torch_double.onnx", dynamo=False,
                  input_names=["x"], dynamic_axes={"x": {0: "n"}})
note("torch_double.onnx", 2)

# --- scikit-learn ------------------------------------------------------------------------------------------------------
x = random.randn(200, 4) * [1.0, 5.0, 0.2, 3.0] + [0.0, 100.0, 1.0, -7.0]
points[4] = x[:40].astype(np.float32)
binary = (x[:, 0] * (x[:, 1] - 100) > 0).astype(int)
three = np.array(["ant", "bee", "cat"])[(x[:, 0] > 0).astype(int) + (x[:, 3] > -7)]
settings = {"hidden_layer_sizes": (6, 2), "max_iter": 300, "random_state": 1}
models = {
    "binary": make_pipeline(StandardScaler(), MLPClassifier(activation="tanh", **settings)).fit(x, binary),
    "three": make_pipeline(MinMaxScaler(), MLPClassifier(activation="relu", **settings)).fit(x, three),
    "logistic": MLPClassifier(activation="logistic", **settings).fit(x, binary * 2 - 1),
    "regression": make_pipeline(StandardScaler(), MLPRegressor(**settings)).fit(x, x[:, 0] + x[:, 3]),
    "linear": make_pipeline(StandardScaler(), LogisticRegression()).fit(x, binary),
    "linear_three": make_pipeline(StandardScaler(), LogisticRegression()).fit(x, three),
}
for name, model in models.items():
    for kind, tensor in (("", skl2onnx.common.data_types.FloatTensorType), ("_double", skl2onnx.common.data_types.DoubleTensorType)):
        if kind and name.startswith("linear"):
            continue
        file = f"sklearn_{name}{kind}.onnx"
        options = {id(model): {"zipmap": False}} if kind and name != "regression" else None
        graph = skl2onnx.convert_sklearn(model, initial_types=[("x", tensor([None, 4]))], options=options)
        onnx.save(graph, folder / file)
        note(file, 4)

# --- Keras -------------------------------------------------------------------------------------------------------------
keras.utils.set_random_seed(4)
L = keras.layers
model = keras.Sequential([
    keras.Input((4,)), L.Normalization(mean=[0.0, 100.0, 1.0, -7.0], variance=[1.0, 25.0, 0.04, 9.0]), L.Dense(6),
    L.BatchNormalization(), L.LeakyReLU(), L.Dropout(0.2), L.Dense(5, activation="gelu"), L.BatchNormalization(),
    L.Dense(4, activation="softplus"), L.Dense(4, activation="hard_sigmoid"), L.Dense(2, activation="elu"),
    L.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.02))
model.fit(x, (x[:, 0] > 0).astype(int) + (x[:, 3] > -7), epochs=15, verbose=0)
model.export(folder / "keras.onnx", format="onnx", verbose=False)
note("keras.onnx", 4)


# --- By hand: what older exporters wrote --------------------------------------------------------------------------------
def save(name, nodes, constants, inputs, outputs, opset):
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)]
    result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)]
    kept = [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, given, result, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = min(model.ir_version, 8)
    onnx.save(model, folder / f"{name}.onnx")


f = np.float32
# Batch norm left unfolded, as TensorFlow's converter writes it; softplus and GELU in their parts.
node = helper.make_node
save("parts", [
    node("Cast", ["x"], ["x0"], to=TensorProto.FLOAT),
    node("MatMul", ["x0", "w1"], ["a"]), node("Add", ["a", "b1"], ["a1"]),
    node("Add", ["var", "eps"], ["v1"]), node("Sqrt", ["v1"], ["v2"]), node("Reciprocal", ["v2"], ["v3"]),
    node("Mul", ["v3", "gamma"], ["g"]), node("Mul", ["mean", "g"], ["mg"]), node("Sub", ["beta", "mg"], ["shift"]),
    node("Mul", ["a1", "g"], ["n1"]), node("Add", ["n1", "shift"], ["n2"]),
    node("Div", ["n2", "root2"], ["e1"]), node("Erf", ["e1"], ["e2"]), node("Add", ["e2", "one"], ["e3"]),
    node("Mul", ["n2", "e3"], ["e4"]), node("Mul", ["e4", "half"], ["h"]),
    node("Transpose", ["w2"], ["w2t"], perm=[1, 0]), node("MatMul", ["h", "w2t"], ["c"]),
    node("Exp", ["c"], ["c1"]), node("Add", ["c1", "one"], ["c2"]), node("Log", ["c2"], ["c3"]),
    node("Greater", ["c", "twenty"], ["big"]), node("Where", ["big", "c", "c3"], ["s"]),
    node("Gemm", ["s", "w3", "b3"], ["z"], alpha=0.5, beta=2.0), node("Softmax", ["z"], ["y"], axis=-1),
], {
    "w1": random.randn(3, 4).astype(f), "b1": random.randn(1, 4).astype(f), "var": random.rand(4).astype(f) + f(0.5),
    "eps": f(1e-3), "gamma": random.rand(4).astype(f) + f(0.5), "beta": random.randn(4).astype(f),
    "mean": random.randn(4).astype(f), "root2": f(np.sqrt(2)), "one": f(1), "half": f(0.5), "twenty": f(20),
    "w2": random.randn(3, 4).astype(f), "w3": random.randn(3, 3).astype(f), "b3": random.randn(3).astype(f),
}, ["n", 3], ["n", 3], 13)
note("parts.onnx", 3)

versions = {module.__name__: module.__version__ for module in (torch, onnx, onnxruntime, sklearn, skl2onnx, keras, np)}
points = {str(width): x.astype(float).tolist() for width, x in points.items()}
(here / "onnx.json").write_text(json.dumps({"versions": versions, "points": points, "files": files}))
