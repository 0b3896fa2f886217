"""Whole training runs of PyTorch for tests/it/parity_runs.rs: writes runs.json.

A run is a configuration as foldspace reads it, and `train` is the script that a student would write for it: one seed for
NumPy's data and split, PyTorch's weights and the DataLoader's order. The loss of an epoch is the mean of its batches'.

Every run is made six times: as it is, with one initial weight moved by one unit in the last place (four different ones),
and in float64. Where these part by more than 1e-4, the run is chaotic: what PyTorch prints there is an accident of
rounding, and `parts` says from which epoch on (null: not within the run).
"""

import json
import pathlib

import numpy as np
import sklearn
import torch
from sklearn.datasets import make_blobs, make_circles, make_classification, make_moons
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
EVERY = 5  # of a run that is not chaotic, every fifth loss and the last are kept
TOLERANCE = 1e-4


def make_spiral(samples, noise, turns, classes, random_state):
    """This project's own definition, shuffled and jittered as scikit-learn does it."""
    random = np.random.RandomState(random_state)
    X, y = [], []
    for c, part in enumerate(np.array_split(np.arange(samples), classes)):
        t = np.linspace(0, 1, len(part))
        angle, radius = 2 * np.pi * (turns * t + c / classes), 0.5 + classes * turns * t
        X.append(np.c_[radius * np.cos(angle), radius * np.sin(angle)])
        y += [c] * len(part)
    order = random.permutation(samples)
    X, y = np.vstack(X)[order], np.array(y)[order]
    return X + random.normal(scale=noise, size=X.shape), y


def make_two_blobs(samples, random_state):
    """Post C's exercise 5."""
    np.random.seed(random_state)
    half = samples // 2
    X = np.vstack([np.random.randn(half, 2) * 0.5 + 1.5, np.random.randn(half, 2) * 0.5 - 1.5])
    return X, np.repeat([0, 1], half)


def make_quadratic(samples, random_state):
    """Post C's regression."""
    np.random.seed(random_state)
    X = np.random.randn(samples, 2) * 2
    return X, 0.5 * X[:, 0] ** 2 + 1.5 * X[:, 1] + 2.0 + np.random.randn(samples) * 0.5


# Sets and their parameters, where scikit-learn's name for one is another.
SETS = {
    "moons": (make_moons, {"samples": "n_samples"}),
    "circles": (make_circles, {"samples": "n_samples"}),
    "blobs": (make_blobs, {"samples": "n_samples", "deviation": "cluster_std"}),
    "classification": (
        make_classification,
        {"samples": "n_samples", "features": "n_features", "informative": "n_informative", "classes": "n_classes"},
    ),
    "spiral": (make_spiral, {}),
    "two_blobs": (make_two_blobs, {}),
    "quadratic": (make_quadratic, {}),
}
ACTIVATIONS = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
LOSSES = {"bce": nn.BCELoss, "mse": nn.MSELoss, "huber": nn.HuberLoss, "cross_entropy": nn.CrossEntropyLoss}
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}


def load(config):
    table, seed = dict(config["data"]), config["seed"]
    make, names = SETS[table.pop("name")]
    fraction = table.pop("test_fraction")
    X, y = make(**{names.get(key, key): value for key, value in table.items()}, random_state=seed)
    if fraction:
        X, _, y, _ = train_test_split(X, y, test_size=fraction, random_state=seed)
    if config["train"]["loss"] == "cross_entropy":
        return torch.FloatTensor(X), torch.LongTensor(y)
    return torch.FloatTensor(X), torch.FloatTensor(y).reshape(-1, 1)


def network(inputs, layers):
    modules = []
    for layer in layers:
        modules += [nn.Linear(inputs, layer["units"]), ACTIVATIONS[layer["activation"]]()]
        inputs = layer["units"]
    return nn.Sequential(*modules)


def train(config, nudged=None, dtype=torch.float32):
    """The losses along a run; `nudged`, the weight to move by one unit in the last place, and `dtype` are for twins."""
    X, y = load(config)
    torch.manual_seed(config["seed"])
    model = network(X.shape[1], config["model"]["layers"])
    if nudged is not None:
        with torch.no_grad():
            weight = model[0].weight.view(-1)
            weight[nudged] = torch.nextafter(weight[nudged], torch.tensor(torch.inf))
    model, X = model.to(dtype), X.to(dtype)
    y = y.to(dtype) if y.is_floating_point() else y

    settings = config["train"]
    options = dict(settings["optimizer"])
    optimizer = OPTIMIZERS[options.pop("name")](model.parameters(), **options)
    criterion = LOSSES[settings["loss"]]()
    batches = [(X, y)]
    if "batch_size" in settings:
        batches = DataLoader(TensorDataset(X, y), batch_size=settings["batch_size"], shuffle=True)
    losses = []
    for _ in range(settings["epochs"]):
        batch_losses = []
        for xb, yb in batches:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
        losses.append(sum(batch_losses) / len(batch_losses))
    return losses


DATA = {
    "moons": {"name": "moons", "samples": 1000, "noise": 0.1, "test_fraction": 0.2},
    "few moons": {"name": "moons", "samples": 300, "noise": 0.2, "test_fraction": 0.2},
    "circles": {"name": "circles", "samples": 250, "noise": 0.05, "factor": 0.5, "test_fraction": 0.2},
    "blobs": {"name": "blobs", "samples": 300, "centers": 3, "deviation": 1.0, "test_fraction": 0.2},
    "classification": {
        "name": "classification",
        "samples": 300,
        "features": 6,
        "informative": 4,
        "classes": 3,
        "test_fraction": 0.2,
    },
    "spiral": {"name": "spiral", "samples": 400, "noise": 0.1, "turns": 0.75, "classes": 2, "test_fraction": 0.2},
    "three arms": {"name": "spiral", "samples": 301, "noise": 0.1, "turns": 0.5, "classes": 3, "test_fraction": 0.25},
    "two blobs": {"name": "two_blobs", "samples": 100, "test_fraction": 0.0},
    "quadratic": {"name": "quadratic", "samples": 200, "test_fraction": 0.0},
}
NETWORKS = {
    "post A's network": [(100, "tanh"), (2, "tanh"), (1, "sigmoid")],
    "post D's network": [(128, "relu"), (2, "relu"), (1, "sigmoid")],
    "post C's network": [(5, "relu"), (1, "sigmoid")],
    "16 relu": [(16, "relu"), (1, "sigmoid")],
    "16 tanh": [(16, "tanh"), (1, "sigmoid")],
    "32-16-8 tanh": [(32, "tanh"), (16, "tanh"), (8, "tanh"), (1, "sigmoid")],
    "24 elu, 12 softplus": [(24, "elu"), (12, "softplus"), (1, "sigmoid")],
    "24-12 leaky relu": [(24, "leaky_relu"), (12, "leaky_relu"), (1, "sigmoid")],
    "16 relu, 3 scores": [(16, "relu"), (3, "identity")],
    "24 silu, 12 gelu, 3 scores": [(24, "silu"), (12, "gelu"), (3, "identity")],
    "16 tanh, 1 value": [(16, "tanh"), (1, "identity")],
}
OPTIMIZER = {
    "sgd": {"name": "sgd", "lr": 0.1},
    "sgd, slow": {"name": "sgd", "lr": 0.05},
    "momentum": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
    "momentum, slow": {"name": "sgd", "lr": 0.01, "momentum": 0.9},
    "nesterov": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    "weight decay": {"name": "sgd", "lr": 0.1, "momentum": 0.5, "weight_decay": 0.001},
    "adam": {"name": "adam", "lr": 0.01},
    "adam, slow": {"name": "adam", "lr": 0.001},
    "adamw": {"name": "adamw", "lr": 0.005},
    "rmsprop": {"name": "rmsprop", "lr": 0.001},
}
# Data, network, optimiser, batch size (None: full batch), loss, epochs, seed. The first are post A's: with seed 42 and sgd
# in batches of 32, configs/moons.toml.
RUNS = [
    ("moons", "post A's network", optimizer, batch_size, "bce", 150, seed)
    for seed in [42, 0, 2024]
    for optimizer in ["sgd", "momentum", "adam"]
    for batch_size in [None, 32]
] + [
    ("few moons", "post A's network", "sgd", None, "bce", 500, 42),
    ("few moons", "post A's network", "adam", None, "bce", 500, 42),
    ("few moons", "16 relu", "adamw", 16, "bce", 100, 1),
    ("few moons", "32-16-8 tanh", "adam, slow", 32, "bce", 100, 5),
    ("few moons", "24 elu, 12 softplus", "rmsprop", 32, "bce", 100, 6),
    ("circles", "16 relu", "sgd", 32, "bce", 100, 2),
    ("circles", "16 relu", "adam", None, "bce", 200, 3),
    ("circles", "32-16-8 tanh", "nesterov", 50, "bce", 100, 4),
    ("circles", "post A's network", "weight decay", 32, "bce", 100, 8),
    ("circles", "24 elu, 12 softplus", "adamw", 64, "bce", 100, 9),
    ("circles", "16 tanh", "momentum", 32, "mse", 100, 9),
    ("blobs", "16 relu, 3 scores", "sgd, slow", 32, "cross_entropy", 100, 10),
    ("blobs", "16 relu, 3 scores", "adam", 32, "cross_entropy", 100, 11),
    ("blobs", "24 silu, 12 gelu, 3 scores", "rmsprop", None, "cross_entropy", 100, 12),
    ("blobs", "24 silu, 12 gelu, 3 scores", "momentum, slow", 16, "cross_entropy", 100, 13),
    ("classification", "16 relu, 3 scores", "sgd", 32, "cross_entropy", 100, 22),
    ("classification", "24 silu, 12 gelu, 3 scores", "adam, slow", 32, "cross_entropy", 100, 23),
    ("spiral", "32-16-8 tanh", "adam", 32, "bce", 100, 14),
    ("spiral", "32-16-8 tanh", "adam", None, "bce", 200, 14),
    ("spiral", "post A's network", "adam, slow", 32, "bce", 100, 15),
    ("spiral", "post D's network", "adam", 32, "bce", 60, 34),
    ("spiral", "24-12 leaky relu", "nesterov", 40, "bce", 80, 16),
    ("three arms", "24 silu, 12 gelu, 3 scores", "adamw", 32, "cross_entropy", 100, 17),
    ("three arms", "16 relu, 3 scores", "weight decay", 32, "cross_entropy", 100, 18),
    ("three arms", "24 silu, 12 gelu, 3 scores", "nesterov", None, "cross_entropy", 200, 19),
    ("two blobs", "post C's network", "sgd", None, "bce", 200, 53),
    ("two blobs", "post C's network", "sgd", 20, "bce", 200, 53),
    ("quadratic", "16 tanh, 1 value", "adam", 32, "huber", 100, 20),
    ("quadratic", "16 tanh, 1 value", "momentum, slow", 32, "mse", 100, 21),
]


def describe(data, layers, optimizer, batch_size, loss, epochs, seed):
    """Name and configuration of a run."""
    settings = {"epochs": epochs, "loss": loss, "optimizer": OPTIMIZER[optimizer]}
    if batch_size:
        settings["batch_size"] = batch_size
    return f"{data}, {layers}, {optimizer}, {batch_size or 'full batch'}, seed {seed}", {
        "seed": seed,
        "data": DATA[data],
        "model": {"layers": [{"units": units, "activation": activation} for units, activation in NETWORKS[layers]]},
        "train": settings,
    }


def parting(losses, other):
    """The first epoch after which two runs differ by more than the tolerance, counted from 1."""
    far = np.abs(np.array(other) / np.array(losses) - 1) > TOLERANCE
    return int(far.argmax()) + 1 if far.any() else None


def reference(config):
    losses = train(config)
    parts = {
        "nudged": [parting(losses, train(config, nudged=weight)) for weight in range(4)],
        "float64": parting(losses, train(config, dtype=torch.float64)),
    }
    entry = {"config": config}
    if any(parts["nudged"]) or parts["float64"]:
        entry["parts"] = parts
    else:
        losses = losses[::EVERY] + losses[-1:]
    return entry | {"losses": [float(f"{loss:.9g}") for loss in losses]}


if __name__ == "__main__":
    runs = {}
    for name, config in map(lambda run: describe(*run), RUNS):
        runs[name] = reference(config)
        print(name, runs[name].get("parts", ""), flush=True)
    versions = {"torch": torch.__version__, "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(run, separators=(',', ':'))}" for name, run in runs.items())
    head = json.dumps({"versions": versions, "every": EVERY})[:-1]
    pathlib.Path(__file__).with_suffix(".json").write_text(f'{head}, "runs": {{\n{lines}\n}}}}\n')
