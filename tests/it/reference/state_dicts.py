"""State dicts as people have them, written by PyTorch, and what its networks compute.

    python state_dicts.py      # writes state_dicts/* and state_dicts.json, which tests/it/state_dicts.rs reads

Needs torch, numpy and safetensors.
"""

import argparse
import collections
import copy
import json
import os
import pathlib
import warnings

import numpy
import safetensors.torch
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

warnings.simplefilter("ignore")
torch.set_num_threads(1)
HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "state_dicts"
torch.manual_seed(0)
POINTS = torch.randn(12, 2)
CASES = []


def plain():
    """2 -> 8 tanh -> 3 relu -> 1 sigmoid: the network `plain` of the test."""
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())


class Named(nn.Module):
    """The same with names whose alphabet is not their order."""

    def __init__(self):
        super().__init__()
        self.lift, self.embedding, self.answer = nn.Linear(2, 8), nn.Linear(8, 3), nn.Linear(3, 1)

    def forward(self, x):
        return torch.sigmoid(self.answer(torch.relu(self.embedding(torch.tanh(self.lift(x))))))


class EncoderHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3), nn.ReLU())
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        return torch.sigmoid(self.head(self.encoder(x)))


class Unordered(nn.Module):
    """Made in another order than used, so that only the shapes say which is which."""

    def __init__(self):
        super().__init__()
        self.head, self.body, self.stem = nn.Linear(3, 1), nn.Linear(8, 3), nn.Linear(2, 8)

    def forward(self, x):
        return torch.sigmoid(self.head(torch.relu(self.body(torch.tanh(self.stem(x))))))


class Lists(nn.Module):
    """2 -> 4 with batch norm, relu -> 4 with batch norm, relu -> 1: the test's `normed`, the norms in a list of their own."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(4), nn.BatchNorm1d(4)])

    def forward(self, x):
        for layer, norm in zip(self.layers, self.norms):
            x = torch.relu(norm(layer(x)))
        return self.layers[2](x)


class Fc(nn.Module):
    """The same with names of their own."""

    def __init__(self):
        super().__init__()
        self.fc1, self.bn1, self.fc2, self.bn2 = nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.fc3 = nn.Linear(4, 1)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        return self.fc3(torch.relu(self.bn2(self.fc2(x))))


def normed(order="before", affine=True, bias=True):
    """2 -> 4 relu -> 4 relu -> 1 with batch norm before or behind each activation."""

    def block(inputs):
        linear, norm = nn.Linear(inputs, 4, bias=bias), nn.BatchNorm1d(4, affine=affine)
        return [linear, norm, nn.ReLU()] if order == "before" else [linear, nn.ReLU(), norm]

    return nn.Sequential(*block(2), *block(4), nn.Linear(4, 1))


def moved(model):
    """The model with running statistics and scales of some training."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d) and module.affine:
                module.weight.uniform_(0.5, 2)
                module.bias.uniform_(-1, 1)
    for _ in range(5):
        model.train()(torch.randn(64, 2) * 3 + 1)
    return model.eval()


def case(name, network, model, save):
    """Writes a file and notes what the model computes."""
    model = model.eval()
    with torch.no_grad():
        outputs = model(POINTS).flatten().tolist()
    save(FOLDER / name)
    CASES.append({"file": name, "network": network, "outputs": outputs})


def pt(thing, **options):
    return lambda path: torch.save(thing, path, **options)


def st(thing):
    return lambda path: safetensors.torch.save_file({key: value.contiguous() for key, value in thing.items()}, path)


def prefixed(prefix, state):
    return collections.OrderedDict((prefix + key, value) for key, value in state.items())


class Command:
    """What a pickle from a stranger may hold: a call."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-executed",)


def write():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()

    # Numbers.
    for name, kind in (("half", torch.float16), ("bfloat16", torch.bfloat16), ("double", torch.float64)):
        model = plain().to(kind)
        whole = copy.deepcopy(model).float()
        case(f"{name}.pt", "plain", whole, pt(model.state_dict()))
        case(f"{name}.safetensors", "plain", whole, st(model.state_dict()))
    model = plain()
    state = model.state_dict()
    state["0.weight"] = state["0.weight"].t().contiguous().t()
    case("transposed.pt", "plain", model, pt(state))

    # Names.
    for number, prefix in enumerate(["module.", "_orig_mod.", "model.", "net.", "module._orig_mod.model.net."]):
        model = plain()
        case(f"prefix{number}.pt", "plain", model, pt(prefixed(prefix, model.state_dict())))
    for name, model in (("named", Named()), ("encoder_head", EncoderHead()), ("unordered", Unordered())):
        case(f"{name}.pt", "plain", model, pt(model.state_dict()))
        case(f"{name}.safetensors", "plain", model, st(prefixed("module.", model.state_dict())))
    model = EncoderHead()
    compiled = collections.OrderedDict((key.replace("encoder.", "encoder._orig_mod."), value) for key, value in model.state_dict().items())
    case("compiled_part.pt", "plain", model, pt(compiled))
    case("two_modules.pt", "plain", model, pt({"encoder": model.encoder.state_dict(), "head": model.head.state_dict(), "epoch": 3}))
    model = plain()
    average = torch.optim.swa_utils.AveragedModel(model)
    case("averaged.pt", "plain", model, pt(average.state_dict()))

    # Checkpoints, with what stands beside the network after a step of Adam.
    model = plain()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    nn.BCELoss()(model(POINTS), torch.ones(12, 1)).backward()
    optimizer.step()
    schedule.step()
    beside = {"epoch": 7, "loss": torch.tensor(0.25), "best": 0.5, "rng_state": torch.get_rng_state(), "amp": None,
              "args": argparse.Namespace(lr=0.01, out=pathlib.PurePosixPath("runs/a"), names=["a", "b"], big=2**70),
              "accuracy": numpy.float64(0.75), "curve": numpy.arange(3.0), "sizes": torch.Size([2, 8]), "tags": {"x", "y"},
              "version": "2.0"}
    state, steps, rates = model.state_dict(), optimizer.state_dict(), schedule.state_dict()
    case("lightning.ckpt", "plain", model, pt({"epoch": 3, "global_step": 40, "pytorch-lightning_version": "2.5.0",
         "state_dict": prefixed("model.", state), "loops": {"fit_loop": {"state_dict": {}, "epoch": {"total": 3}}}, "callbacks": {},
         "optimizer_states": [steps], "lr_schedulers": [rates], "hyper_parameters": {"lr": 0.01, "args": beside["args"]}}))
    case("checkpoint.tar", "plain", model, pt({**beside, "optimizer_state_dict": steps, "model_state_dict": state}))
    case("checkpoint.PTH", "plain", model, pt({"optimizer": steps, "scheduler": rates, "model": state, "ema": plain().state_dict()}))
    case("checkpoint.PT", "plain", model, pt({"net": {"state_dict": state}, "acc": 91.2, "epoch": 12}, pickle_protocol=4))
    case("other_key.bin", "plain", model, pt({"classifier_weights": state, "optim": steps, "step": torch.tensor(3)}))
    case("parameters.bin", "plain", model, pt(dict(model.named_parameters())))
    case("parameters_in_checkpoint.pt", "plain", model, pt({"params": dict(model.named_parameters()), "steps": 5}, pickle_protocol=5))

    # Formats.
    for protocol in (3, 4, 5):
        model = plain()
        case(f"protocol{protocol}.pt", "plain", model, pt(model.state_dict(), pickle_protocol=protocol))
    for protocol in (2, 4):
        model = plain()
        case(f"old{protocol}.pt", "plain", model, pt(model.state_dict(), pickle_protocol=protocol, _use_new_zipfile_serialization=False))
    case("old_half_checkpoint.pt", "plain", copy.deepcopy(model).half().float(),
         pt({"model": copy.deepcopy(model).half().state_dict(), "n": torch.arange(5)}, _use_new_zipfile_serialization=False))
    model = plain()
    case("safetensors_inside.model", "plain", model, st(model.state_dict()))
    case("zip_inside.weights", "plain", model, pt(model.state_dict()))

    # Weights that are computed from others.
    def each(apply):
        model = plain()
        for module in model:
            if isinstance(module, nn.Linear):
                apply(module)
        return model

    for name, apply in (
        ("weight_norm_old", nn.utils.weight_norm),
        ("weight_norm_new", parametrizations.weight_norm),
        ("weight_norm_columns", lambda module: parametrizations.weight_norm(module, dim=1)),
        ("weight_norm_whole", lambda module: nn.utils.weight_norm(module, dim=None)),
        ("spectral_norm_old", nn.utils.spectral_norm),
        ("spectral_norm_new", parametrizations.spectral_norm),
        ("pruned", lambda module: prune.l1_unstructured(module, "weight", amount=0.4)),
    ):
        model = each(apply)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1.3).add_(0.01)
        model(torch.randn(5, 2))
        case(f"{name}.pt", "plain", model, pt(model.eval().state_dict()))

    # Batch norm.
    model = moved(normed())
    case("norm_before.pt", "normed", model, pt(model.state_dict()))
    case("norm_before.safetensors", "normed", model, st(model.state_dict()))
    case("norm_before_folded.pt", "relu", model, pt(model.state_dict()))
    model = moved(normed(affine=False))
    case("norm_plain.pt", "normed", model, pt(model.state_dict()))
    for name, model in (("lists", Lists()), ("fc", Fc())):
        model = moved(model)
        case(f"norm_{name}.pt", "normed", model, pt(model.state_dict()))
        case(f"norm_{name}.safetensors", "normed", model, st(model.state_dict()))
    model = moved(normed("after"))
    case("norm_after_folded.pt", "relu", model, pt(model.state_dict()))
    case("norm_after_folded.safetensors", "relu", model, st(model.state_dict()))
    model = moved(normed("after", bias=False))
    case("norm_after_unbiased.pt", "relu_after_unbiased", model, pt(model.state_dict()))
    model = moved(nn.Sequential(nn.BatchNorm1d(2), *normed("after")[:3], nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)))
    case("norm_of_inputs.pt", "relu", model, pt(model.state_dict()))

    # Numbers that count down.
    model = plain()
    down = {"0": "up3", "2": "up2", "4": "up1"}
    state = collections.OrderedDict((down[key[0]] + key[1:], value) for key, value in model.state_dict().items())
    case("counting_down.pt", "plain", model, pt(state))
    HERE.joinpath("state_dicts.json").write_text(
        json.dumps({"torch": torch.__version__, "points": POINTS.tolist(), "cases": CASES}, indent=0) + "\n")

    # What has to be refused, by name.
    state = plain().state_dict()
    refused = {
        "module.pt": plain(),
        "module_in_checkpoint.pt": {"model": plain(), "epoch": 3},
        "command.pt": collections.OrderedDict([("0.weight", torch.zeros(2, 2)), ("extra", Command())]),
        "command_in_checkpoint.pt": {"model": state, "extra": Command()},
        "gan.pt": {"generator": plain().state_dict(), "discriminator": plain().state_dict()},
        "optimizer.pt": torch.optim.Adam(plain().parameters()).state_dict(),
        "list.pt": list(plain().parameters()),
        "tensor.pt": torch.zeros(3, 2),
        "empty.pt": {},
        "numbers.pt": {"epoch": 3, "loss": 0.5},
        "complex.pt": {"0.weight": torch.zeros(2, 2, dtype=torch.complex64)},
        "float8.pt": {"0.weight": torch.zeros(2, 2, dtype=torch.float8_e4m3fn)},
        "convolution.pt": nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(8, 3), nn.Linear(3, 1)).state_dict(),
        "lstm.pt": nn.LSTM(2, 8).state_dict(),
        "layer_norm.pt": nn.Sequential(nn.Linear(2, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 3), nn.ReLU(), nn.Linear(3, 1)).state_dict(),
        "norm_after.pt": moved(normed("after")).state_dict(),
        "norm_between.pt": nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 4), nn.BatchNorm1d(4),
                                         nn.ReLU(), nn.Linear(4, 1)).state_dict(),
        "orthogonal.pt": nn.Sequential(parametrizations.orthogonal(nn.Linear(2, 8))).state_dict(),
    }
    for name, thing in refused.items():
        torch.save(thing, FOLDER / f"refused_{name}")
    squares = {"first": nn.Linear(2, 4), "a": nn.Linear(4, 4), "b": nn.Linear(4, 4), "last": nn.Linear(4, 1)}
    state = {f"{name}.{part}": value.detach() for name, linear in squares.items() for part, value in linear.named_parameters()}
    safetensors.torch.save_file(state, FOLDER / "refused_two_orders.safetensors")


write()
