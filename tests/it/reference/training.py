"""Losses that PyTorch prints, for the set-ups of post C and for every optimiser. Writes training.json.

Data and seeds are those of the posts' scripts: np.random.seed and torch.manual_seed with the same number, NumPy's
generator makes the data, PyTorch's the weights and the DataLoader's order.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)


class ScaledTanh(nn.Module):
    def forward(self, x):
        return 2 * torch.tanh(x)


def quadratic(samples):
    X = np.random.randn(samples, 2) * 2
    y = 0.5 * X[:, 0] ** 2 + 1.5 * X[:, 1] + 2.0 + np.random.randn(samples) * 0.5
    return torch.FloatTensor(X), torch.FloatTensor(y).reshape(-1, 1)


def disc(samples):
    X = np.random.randn(samples, 2)
    y = (X[:, 0] ** 2 + X[:, 1] ** 2 > 1.5).astype(float)
    return torch.FloatTensor(X), torch.FloatTensor(y).reshape(-1, 1)


def sectors(samples):
    X = np.random.randn(samples, 2)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0).astype(int)
    return torch.FloatTensor(X), torch.LongTensor(y)


def train(model, X, y, criterion, optimizer, epochs, batch_size=None):
    losses = []
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True) if batch_size else None
    for _ in range(epochs):
        batch_losses = []
        for xb, yb in loader if loader else [(X, y)]:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
        losses.append(sum(batch_losses) / len(batch_losses))
    norms = [p.grad.norm().item() for p in model.parameters()]
    weights = [p.detach().flatten().tolist() for p in model.parameters()]
    return {"losses": losses, "last_gradient_norms": norms, "weights": weights}


def case(seed, data, samples, layers, criterion, make_optimizer, epochs, batch_size=None):
    np.random.seed(seed)
    torch.manual_seed(seed)
    X, y = data(samples)
    model = nn.Sequential(*layers())
    return train(model, X, y, criterion, make_optimizer(model.parameters()), epochs, batch_size)


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **options)


relu_net = lambda: [nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 1)]
tanh_net = lambda: [nn.Linear(2, 10), ScaledTanh(), nn.Linear(10, 1)]
sigmoid_net = lambda: [nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid()]
small_net = lambda: [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)]

cases = {}
for seed in [42, 0, 1, 7, 2024]:
    cases[f"c4_{seed}"] = case(seed, quadratic, 200, relu_net, nn.MSELoss(), sgd(lr=0.01), 200)
    cases[f"c7_{seed}"] = case(seed, quadratic, 200, tanh_net, nn.MSELoss(), sgd(lr=0.01), 100)
    cases[f"c8_{seed}"] = case(seed, quadratic, 200, relu_net, nn.MSELoss(), sgd(lr=0.01), 100, 32)
    cases[f"c9_{seed}"] = case(seed, disc, 100, sigmoid_net, nn.BCELoss(), sgd(lr=0.1), 200)

optimizers = {
    "momentum": sgd(lr=0.02, momentum=0.9),
    "nesterov": sgd(lr=0.01, momentum=0.9, nesterov=True),
    "decay": sgd(lr=0.02, momentum=0.5, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam_decay": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01, betas=(0.8, 0.99)),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.002),
    "rmsprop_momentum": lambda p: torch.optim.RMSprop(p, lr=0.001, momentum=0.9),
}
for name, optimizer in optimizers.items():
    cases[name] = case(42, quadratic, 100, small_net, nn.MSELoss(), optimizer, 100)
cases["huber"] = case(42, quadratic, 100, small_net, nn.HuberLoss(), sgd(lr=0.1), 100)
classes_net = lambda: [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)]
cases["cross_entropy"] = case(42, sectors, 150, classes_net, nn.CrossEntropyLoss(), sgd(lr=0.5), 100, 64)

# BCELoss and its gradient through the sigmoid, where probabilities are 0 and 1 in float32 too.
scores = torch.tensor([[-200.0], [-60.0], [-20.0], [-1.0], [0.0], [0.5], [15.0], [18.0], [120.0]], requires_grad=True)
extreme = []
for label in [0.0, 1.0]:
    scores.grad = None
    each = nn.BCELoss(reduction="none")(torch.sigmoid(scores), torch.full_like(scores, label))
    each.sum().backward()
    extreme.append({"losses": each.flatten().tolist(), "gradients": scores.grad.flatten().tolist()})

out = {
    "versions": {"torch": torch.__version__, "numpy": np.__version__},
    "cases": cases,
    "bce": {"scores": scores.flatten().tolist(), "labels_0_and_1": extreme},
}


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value


for name, result in cases.items():  # every tenth loss will do
    result["losses"] = result["losses"][::10] + [result["losses"][-1]]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(rounded(out)) + "\n")
