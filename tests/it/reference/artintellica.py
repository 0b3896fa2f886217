"""What PyTorch prints for post C (items C4, C7, C8, C9, C10), written beside the items that are checked against it.

    python tests/it/reference/artintellica.py

The data are NumPy's and the initial weights and sample orders PyTorch's, from the post's seed 42; C9 and C10, for which
the post gives no data, use seed 53 and two blobs of 50 points at +-1.5 with deviation 0.5.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ScaledTanh(nn.Module):
    def forward(self, x):
        return 2 * torch.tanh(x)


def seed(value):
    torch.manual_seed(value)
    np.random.seed(value)


def quadratic():
    x = np.random.randn(200, 2) * 2
    y = 0.5 * x[:, 0] ** 2 + 1.5 * x[:, 1] + 2.0 + np.random.randn(200) * 0.5
    return torch.FloatTensor(x), torch.FloatTensor(y).reshape(-1, 1)


def blobs():
    x = np.vstack([np.random.randn(50, 2) * 0.5 + 1.5, np.random.randn(50, 2) * 0.5 - 1.5])
    y = np.concatenate([np.zeros(50), np.ones(50)])
    return torch.FloatTensor(x), torch.FloatTensor(y).reshape(-1, 1)


def train(model, x, y, criterion, lr, epochs, batch_size=None):
    """The mean of each epoch's batch losses, taken before each update; first layer's gradient norm on its last batch."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = batch_size and DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    losses, norms = [], []
    for _ in range(epochs):
        batches = []
        for inputs, targets in loader or [(x, y)]:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batches.append(loss.item())
        losses.append(float(np.mean(batches)))
        norms.append(model[0].weight.grad.norm().item())
    return {"losses": losses, "norms": norms, "gradient": model[0].weight.grad.tolist()}


def regression(activation, epochs, batch_size=None):
    seed(42)
    x, y = quadratic()
    model = nn.Sequential(nn.Linear(2, 10), activation, nn.Linear(10, 1))
    return train(model, x, y, nn.MSELoss(), 0.01, epochs, batch_size)


def classification(batch_size=None):
    seed(53)
    x, y = blobs()
    model = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid())
    return train(model, x, y, nn.BCELoss(), 0.1, 200, batch_size)


runs = {
    "C4": regression(nn.ReLU(), 200),
    "C7": regression(ScaledTanh(), 100),
    "C8": regression(nn.ReLU(), 100, 32),
    "C9": classification(),
    "C10": classification(20),
}
numbers = {
    name: {
        "losses": {str(e): run["losses"][e - 1] for e in (50, 100, 150, 200) if e <= len(run["losses"])},
        "gradient_norm": run["norms"][-1],
        "gradient": run["gradient"],
    }
    for name, run in runs.items()
}
numbers["versions"] = {"torch": torch.__version__, "numpy": np.__version__}
target = pathlib.Path(__file__).parents[3] / "src/blog/artintellica/pytorch.json"
target.write_text(json.dumps(numbers, indent=1) + "\n")
