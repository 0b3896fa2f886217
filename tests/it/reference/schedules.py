"""Learning rates of PyTorch's schedulers, one step per epoch, over 40 epochs. Writes schedules.json."""

import json
import pathlib

import torch
from torch.optim import lr_scheduler as schedulers

EPOCHS = 40


def rates(make, lr=0.1):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    found = []
    for _ in range(EPOCHS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warm(make, epochs, start_factor=1 / 3):
    def both(optimizer):
        line = schedulers.LinearLR(optimizer, start_factor=start_factor, total_iters=epochs)
        return schedulers.SequentialLR(optimizer, [line, make(optimizer)], milestones=[epochs])

    return both


constant = lambda optimizer: schedulers.ConstantLR(optimizer, factor=1.0)
step = lambda optimizer: schedulers.StepLR(optimizer, step_size=7)
half = lambda optimizer: schedulers.StepLR(optimizer, step_size=3, gamma=0.5)
exponential = lambda optimizer: schedulers.ExponentialLR(optimizer, gamma=0.93)
cosine = lambda epochs, low=0.0: lambda optimizer: schedulers.CosineAnnealingLR(optimizer, epochs, low)

# As the [train] table would say it, and what PyTorch makes of it.
cases = [
    ("", constant),
    ("schedule = { name = 'step', step_size = 7 }", step),
    ("schedule = { name = 'step', step_size = 3, gamma = 0.5 }", half),
    ("schedule = { name = 'exponential', gamma = 0.93 }", exponential),
    ("schedule = { name = 'cosine' }", cosine(EPOCHS)),
    ("schedule = { name = 'cosine', t_max = 15, eta_min = 0.01 }", cosine(15, 0.01)),
    ("warmup = { epochs = 5 }", warm(constant, 5)),
    ("warmup = { epochs = 1, start_factor = 0.1 }\nschedule = { name = 'step', step_size = 7 }", warm(step, 1, 0.1)),
    ("warmup = { epochs = 4, start_factor = 0.01 }\nschedule = { name = 'exponential', gamma = 0.93 }",
     warm(exponential, 4, 0.01)),
    ("warmup = { epochs = 10 }\nschedule = { name = 'cosine', eta_min = 0.001 }", warm(cosine(30, 0.001), 10)),
]
out = {
    "torch": torch.__version__,
    "cases": [{"table": table, "rates": rates(make)} for table, make in cases],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
