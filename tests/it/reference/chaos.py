"""Where and why some runs of runs.py part from themselves: the numbers in docs/parity.md.

    python chaos.py "momentum, 32, seed 42" "few moons, post A's network, adam"

A run and its twin, one of whose initial weights is one unit in the last place larger: after each epoch how far apart their
weights are (the length of the difference), and how sharp the loss is, by its Hessian's largest eigenvalue. With Adam
that is the Hessian in the coordinates in which Adam is plain descent with momentum, P^-1/2 H P^-1/2 with P = sqrt(v) + eps
(Cohen et al. 2022). Descent with momentum m turns unstable where it exceeds 2 (1 + m) / lr, Adam where it exceeds
2 (1 + b1) / (1 - b1) / lr: here 38 and 3800.
"""

import sys

import torch
from runs import LOSSES, OPTIMIZERS, RUNS, describe, load, network
from torch.utils.data import DataLoader, TensorDataset


def sharpness(loss, optimizer, rounds=30):
    """The eigenvalue of largest size, by power iteration on Hessian-vector products."""
    parameters = optimizer.param_groups[0]["params"]
    scale = [torch.ones_like(p) for p in parameters]
    if isinstance(optimizer, torch.optim.Adam):
        _, b2 = optimizer.param_groups[0]["betas"]
        states = [optimizer.state[p] for p in parameters]
        scale = [((s["exp_avg_sq"] / (1 - b2 ** s["step"])).sqrt() + 1e-8).rsqrt() for s in states]
    slopes = torch.autograd.grad(loss, parameters, create_graph=True)
    generator = torch.Generator().manual_seed(0)
    direction = [torch.randn(p.shape, generator=generator) for p in parameters]
    for _ in range(rounds):
        length = sum((d * d).sum() for d in direction).sqrt()
        direction = [d / length for d in direction]
        along = sum((g * d * s).sum() for g, d, s in zip(slopes, direction, scale))
        image = [h * s for h, s in zip(torch.autograd.grad(along, parameters, retain_graph=True), scale)]
        value = sum((i * d).sum() for i, d in zip(image, direction)).item()
        direction = image
    return value


def walk(config, nudged):
    """After each epoch: the mean loss, all weights, and the sharpness of the whole set's loss."""
    X, y = load(config)
    torch.manual_seed(config["seed"])
    model = network(X.shape[1], config["model"]["layers"])
    if nudged:
        with torch.no_grad():
            weight = model[0].weight.view(-1)
            weight[1] = torch.nextafter(weight[1], torch.tensor(torch.inf))
    settings = config["train"]
    options = dict(settings["optimizer"])
    optimizer = OPTIMIZERS[options.pop("name")](model.parameters(), **options)
    criterion = LOSSES[settings["loss"]]()
    batches = [(X, y)]
    if "batch_size" in settings:
        batches = DataLoader(TensorDataset(X, y), batch_size=settings["batch_size"], shuffle=True)
    epochs = []
    for _ in range(settings["epochs"]):
        losses = []
        for xb, yb in batches:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        weights = torch.cat([p.detach().flatten() for p in model.parameters()])
        sharp = 0 if nudged else sharpness(criterion(model(X), y), optimizer)
        epochs.append((sum(losses) / len(losses), weights, sharp))
    return epochs


for name, config in map(lambda run: describe(*run), RUNS):
    if not any(word in name for word in sys.argv[1:]):
        continue
    print(f"{name}\nepoch    loss  distance  growth  difference of losses  sharpness")
    before = None
    for epoch, ((loss, weights, sharp), (other, twin, _)) in enumerate(zip(walk(config, False), walk(config, True)), 1):
        distance = (weights - twin).norm().item()
        growth = distance / before if before else 0
        print(f"{epoch:5} {loss:7.4f} {distance:9.1e} {growth:7.2f} {abs(other / loss - 1):21.1e} {sharp:10.1f}")
        before = distance
