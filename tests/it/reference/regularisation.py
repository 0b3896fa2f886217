"""Clipped gradients, batch norm, dropout and low-rank layers in PyTorch, over whole runs. Writes regularisation.json.

Losses in training are those of each epoch's batches in training mode; the losses in evaluation are those of all
samples after the epoch in evaluation mode.
"""

import json
import pathlib

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
SAMPLES, EPOCHS, SEED = 100, 30, 42

torch.manual_seed(1)
X = torch.randn(SAMPLES, 2) * 2
y = (0.5 * X[:, 0] ** 2 + 1.5 * X[:, 1] + 2.0 + 0.5 * torch.randn(SAMPLES)).reshape(-1, 1)


def run(layers, make_optimizer, batch_size=None, clip=lambda parameters: None):
    torch.manual_seed(SEED)
    model = nn.Sequential(*layers())
    optimizer = make_optimizer(model.parameters())
    criterion = nn.MSELoss()
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True) if batch_size else [(X, y)]
    training, evaluation = [], []
    for _ in range(EPOCHS):
        model.train()
        losses = []
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            clip(list(model.parameters()))
            optimizer.step()
            losses.append(loss.item())
        training.append(sum(losses) / len(losses))
        model.eval()
        with torch.no_grad():
            evaluation.append(criterion(model(X), y).item())
    state = [value.flatten().tolist() for value in model.state_dict().values() if value.is_floating_point()]
    return {"training": training, "evaluation": evaluation, "state": state}


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **options)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.02)


small = lambda: [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)]
norm = lambda: [nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1)]
bare = lambda: [nn.Linear(2, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1), nn.BatchNorm1d(1)]
drop = lambda: [nn.Linear(2, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 1)]
low = lambda: [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2, bias=False), nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1)]
# Without biases before the norms: their gradients are rounding errors, which Adam makes into whole steps.
everything = lambda: [
    nn.Linear(2, 12, bias=False), nn.BatchNorm1d(12), nn.Tanh(), nn.Dropout(0.1),
    nn.Linear(12, 3, bias=False), nn.Linear(3, 6, bias=False), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.25),
    nn.Linear(6, 1),
]

out = {
    "torch": torch.__version__,
    "inputs": X.tolist(),
    "targets": y.flatten().tolist(),
    "cases": {
        "clip_norm": run(small, sgd(lr=0.1, momentum=0.9), 32, lambda p: nn.utils.clip_grad_norm_(p, 0.5)),
        "clip_value": run(small, sgd(lr=0.1), 32, lambda p: nn.utils.clip_grad_value_(p, 0.1)),
        "batch_norm": run(norm, sgd(lr=0.02, momentum=0.5), 32),
        "batch_norm_full": run(bare, sgd(lr=0.02, weight_decay=0.01)),
        "dropout": run(drop, sgd(lr=0.02), 32),
        "low_rank": run(low, adam, 32),
        "everything": run(everything, adam, 32),
    },
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
