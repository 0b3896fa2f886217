"""A PyTorch training loop, filmed without changing a line of it.

    pip install foldspace-nn torch scikit-learn
    python pytorch_film.py            writes training.gif and embedding.svg

The network has a layer of two units before its last one. There the last layer can draw no more than a straight line: watch how
training bends the plane until that is enough.
"""

import torch
from sklearn.datasets import make_moons
from torch import nn

import foldspace_nn as fs

X, y = make_moons(300, noise=0.12, random_state=0)
inputs = torch.tensor(X, dtype=torch.float32)
targets = torch.tensor(y, dtype=torch.float32)[:, None]

torch.manual_seed(42)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2), nn.Tanh(), nn.Linear(2, 1))


def train(model: nn.Module) -> None:
    """Any loop will do: nothing in it knows of a film."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    loss_function = nn.BCEWithLogitsLoss()
    for _ in range(200):
        optimizer.zero_grad()
        loss_function(model(inputs), targets).backward()
        optimizer.step()


# The loss is one on logits, so the border is where the output is 0; nothing in the weights says so.
with fs.record(model, X, y, every=10, output="logit") as film:
    train(model)
film.save("training.gif")

fs.embedding(model, X, y, output="logit").save("embedding.svg")

# Is the last hidden layer separable by a line? Decided exactly, with a proof.
answer = fs.separability(fs.activations(model, X), y)
print(f"separable: {answer['separable']}, {len(film)} pictures")
