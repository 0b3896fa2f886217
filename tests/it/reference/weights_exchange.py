"""Weights between PyTorch and foldspace, both ways.

    python weights_exchange.py                # writes weights/*.pt, weights/*.safetensors and weights.json, which
                                              # tests/it/weights_exchange.rs reads
    python weights_exchange.py FOLDSPACE      # trains with that program, loads what it saved into nn.Sequential, and compares
                                              # the outputs with the activations that it recorded
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections import OrderedDict

import safetensors.torch
import torch
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "weights"


def network():
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())


def normed():
    return nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))


class Command:
    """What a pickle from a stranger may hold: a call."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-executed",)


def moons(samples, seed):
    X, y = make_moons(samples, noise=0.1, random_state=seed)
    return torch.FloatTensor(X), torch.FloatTensor(y).reshape(-1, 1)


def train(model, X, y, epochs):
    """Ten lines of training, in mini-batches of 16; the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(X, y), batch_size=16, shuffle=True)
    losses = []
    for _ in range(epochs):
        batch_losses = []
        for xb, yb in loader:
            loss = nn.BCELoss()(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
        losses.append(sum(batch_losses) / len(batch_losses))
    return losses


def write():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(0)
    model = network()
    points = torch.randn(20, 2)
    out = {"versions": {"torch": torch.__version__, "safetensors": safetensors.__version__}, "points": points.tolist()}
    out["outputs"] = model(points).flatten().tolist()
    torch.save(model.state_dict(), FOLDER / "net.pt")
    safetensors.torch.save_file(model.state_dict(), FOLDER / "net.safetensors")
    torch.save({name: value.double() for name, value in model.state_dict().items()}, FOLDER / "double.pt")

    norm = normed()
    norm(torch.randn(64, 2) * 3 + 1)  # moves the running statistics
    with torch.no_grad():
        norm[1].weight.uniform_(0.5, 2)
        norm[1].bias.uniform_(-1, 1)
    out["normed_outputs"] = norm.eval()(points).flatten().tolist()
    torch.save(norm.state_dict(), FOLDER / "normed.pt")
    safetensors.torch.save_file(norm.state_dict(), FOLDER / "normed.safetensors")

    # Views of one storage: an offset, a transpose, the same numbers twice.
    whole = torch.arange(12.0)
    views = {"1.weight": whole.reshape(3, 4).t(), "2.weight": whole[4:8].reshape(2, 2), "10.weight": whole[2:3].expand(1, 2)}
    out["views"] = {name: value.tolist() for name, value in views.items()}
    torch.save(views, FOLDER / "views.pt")

    # A script that sets its seed, builds a network and loads weights into it; then the DataLoader goes on.
    torch.manual_seed(5)
    other = network()
    other.load_state_dict(torch.load(FOLDER / "net.pt"))
    out["losses"] = train(other, *moons(60, 5), 5)

    # What is to be refused.
    torch.save(model, FOLDER / "whole.pt")
    torch.save({"model": model.state_dict(), "epoch": 3}, FOLDER / "checkpoint.pt")
    torch.save({"0.weight": torch.zeros(2, 2).half()}, FOLDER / "half.pt")
    torch.save(OrderedDict([("0.weight", torch.zeros(2, 2)), ("extra", Command())]), FOLDER / "command.pt")
    torch.save(model.state_dict(), FOLDER / "old.pt", _use_new_zipfile_serialization=False)
    HERE.joinpath("weights.json").write_text(json.dumps(out) + "\n")


CONFIG = """
seed = 42
[data]
name = "moons"
samples = 200
[model]
layers = [
    {{ units = 16, activation = "tanh"{extra} }},
    {{ units = 2, activation = "tanh", name = "embedding" }},
    {{ units = 1, activation = "sigmoid", name = "output" }},
]
[train]
epochs = 20
batch_size = 32
loss = "bce"
optimizer = {{ name = "adam", lr = 0.01 }}
[capture]
sites = ["embedding", "output"]
"""


def check(program):
    X, y = make_moons(200, noise=0.1, random_state=42)
    X, _, _, _ = train_test_split(X, y, test_size=0.2, random_state=42)
    X = torch.FloatTensor(X)
    norm = [nn.BatchNorm1d(16)]
    low_rank = [nn.Linear(2, 1, bias=False), nn.Linear(1, 16)]
    cases = {
        "plain": ("", [nn.Linear(2, 16)]),
        "batch norm": (", batch_norm = true", [nn.Linear(2, 16), *norm]),
        "low rank": (", rank = 1", low_rank),
    }
    for name, (extra, first) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "net.toml").write_text(CONFIG.format(extra=extra))
            subprocess.run([program, "--quiet", "train", folder / "net.toml", "--out", folder / "run"], check=True)
            saved = safetensors.torch.load_file(folder / "run/weights/epoch-000020.safetensors")
            recorded = safetensors.torch.load_file(folder / "run/activations/epoch-000020.safetensors")
        rest = [nn.Tanh(), nn.Linear(16, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid()]
        model = nn.Sequential(*first, *rest).eval()
        # PyTorch's modules in order, and this program's names for them.
        owners = [str(i) for i, module in enumerate(model) if list(module.parameters())]
        names = {"plain": ["layers.0"], "batch norm": ["layers.0", "layers.0.norm"], "low rank": ["layers.0.narrow", "layers.0"]}
        ours = [*names[name], "embedding", "output"]
        state = {f"{owner}.{part}": saved.pop(f"{our}.{part}") for owner, our in zip(owners, ours)
                 for part in ("weight", "bias", "running_mean", "running_var") if f"{our}.{part}" in saved}
        assert not saved, f"left over: {list(saved)}"
        missing, unexpected = model.load_state_dict(state, strict=False)
        assert not unexpected and all(key.endswith("num_batches_tracked") for key in missing), (missing, unexpected)
        with torch.no_grad():
            worst = (model(X) - recorded["output"]).abs().max().item()
            embedding = (model[:-2](X) - recorded["embedding"]).abs().max().item()
        print(f"{name}: outputs differ by at most {worst:.1e}, the embedding by {embedding:.1e}")
        assert max(worst, embedding) < 2e-6


if __name__ == "__main__":
    if sys.argv[1:]:
        check(os.path.abspath(sys.argv[1]))
    else:
        write()
