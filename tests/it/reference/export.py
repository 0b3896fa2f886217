"""Other programs' side of `foldspace export`: NumPy, PyTorch and TensorBoard open what it writes.

    python export.py FOLDSPACE

Trains configs/iris.toml for 5 epochs with the program at FOLDSPACE, exports everything and checks it. Run with NumPy 2.4,
PyTorch 2.15, safetensors 0.8 and tensorboard 2.21.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from google.protobuf import text_format

ROOT = pathlib.Path(__file__).parents[3]
EPOCHS = 5


class Network(torch.nn.Module):
    """configs/iris.toml, its layers called as there."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleDict({"0": torch.nn.Linear(4, 16), "2": torch.nn.Linear(2, 3)})
        self.embedding = torch.nn.Linear(16, 2)

    def forward(self, x):
        h = torch.tanh(self.embedding(torch.tanh(self.layers["0"](x))))
        return h, torch.softmax(self.layers["2"](h), dim=1)


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "iris"

        def foldspace(*arguments):
            subprocess.run([program, *map(str, arguments), "--quiet"], check=True)

        def export(name, *arguments):
            path = pathlib.Path(folder) / name
            foldspace("export", run, "--out", path, *arguments)
            return path

        start = time.time()
        foldspace("train", ROOT / "configs/iris.toml", "--out", run, "--epochs", EPOCHS)

        # Activations: NumPy, safetensors, CSV and the projector hold the same numbers.
        sites = ["--site", "embedding,layers.2"]
        arrays = np.load(export("a.npz", "--format", "npz", *sites))  # allow_pickle stays False
        assert arrays["embedding"].shape == (120, 2) and arrays["embedding"].dtype == np.float32
        assert arrays["inputs"].shape == (120, 4) and arrays["targets"].shape == (120,)
        assert list(arrays["target_names"]) == ["setosa", "versicolor", "virginica"]
        tensors = load_numpy(export("a.safetensors", "--format", "safetensors", *sites))
        for name in ["embedding", "layers.2", "inputs", "targets"]:
            assert (tensors[name] == arrays[name]).all(), name
        with safe_open(pathlib.Path(folder) / "a.safetensors", "pt") as file:
            metadata = file.metadata()
        assert metadata["format"] == "pt" and json.loads(metadata["target_names"]) == list(arrays["target_names"])
        with open(export("a.csv", "--format", "csv", *sites), newline="") as file:
            rows = list(csv.DictReader(file))
        table = np.array([[row["embedding.1"], row["embedding.2"]] for row in rows], dtype=np.float32)
        assert (table == arrays["embedding"]).all()
        assert [row["label"] for row in rows] == [arrays["target_names"][k] for k in arrays["targets"]]
        directory = export("projector", "--format", "projector", *sites)
        config = text_format.Parse((directory / "projector_config.pbtxt").read_text(), ProjectorConfig())
        assert [embedding.tensor_name for embedding in config.embeddings] == ["embedding", "layers.2"]
        for embedding in config.embeddings:
            tensor = np.loadtxt(directory / embedding.tensor_path, delimiter="\t", dtype=np.float32)
            assert (tensor == arrays[embedding.tensor_name]).all()
            labels = (directory / embedding.metadata_path).read_text().splitlines()
            assert labels == [row["label"] for row in rows]

        # Weights: PyTorch loads them into a module and computes what the hooks recorded.
        network = Network()
        weights = load_file(export("w.safetensors", "--what", "weights", "--format", "safetensors"))
        network.load_state_dict(weights)
        with torch.no_grad():
            embedding, output = network(torch.tensor(arrays["inputs"], dtype=torch.float32))
        assert np.abs(embedding.numpy() - arrays["embedding"]).max() < 1e-5
        assert np.abs(output.numpy() - arrays["layers.2"]).max() < 1e-5
        again = np.load(export("w.npz", "--what", "weights", "--format", "npz"))
        assert sorted(again) == sorted(weights)
        assert all((again[name] == weights[name].numpy()).all() for name in weights)

        # Metrics: TensorBoard reads the numbers of metrics.csv.
        events = EventAccumulator(str(export("tensorboard", "--format", "tensorboard"))).Reload()
        with open(export("m.csv", "--what", "metrics", "--format", "csv"), newline="") as file:
            metrics = list(csv.DictReader(file))
        pairs = {
            "loss/train": "train_loss",
            "loss/test": "test_loss",
            "accuracy/train": "train_accuracy",
            "accuracy/test": "test_accuracy",
            "learning_rate": "learning_rate",
            "grad_norm": "grad_norm",
            "grad_norm/embedding.weight": "grad_norm.embedding.weight",
        }
        tags = events.Tags()["scalars"]
        for tag, column in pairs.items():
            assert tag in tags, tags
            scalars = events.Scalars(tag)
            times = [scalar.wall_time for scalar in scalars]
            assert start - 0.001 <= times[0] and times == sorted(times) and times[-1] <= time.time()
            assert [scalar.step for scalar in scalars] == list(range(1, EPOCHS + 1))
            expected = np.array([row[column] for row in metrics], dtype=np.float32)
            assert (np.array([scalar.value for scalar in scalars], dtype=np.float32) == expected).all(), tag
        print(f"NumPy, PyTorch and TensorBoard open what foldspace exports; {len(tags)} scalars")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve())
