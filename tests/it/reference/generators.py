"""Numbers of NumPy's RandomState and PyTorch's CPU generator for tests/it/random.rs: writes generators.json."""

import json
import pathlib

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)


def numpy_draws(seed):
    """Interleaves the kinds of draws, so that the state between them is checked as well."""
    np.random.seed(seed)
    return {
        "seed": seed,
        "rand": np.random.rand(3).tolist(),
        "randn": np.random.randn(5).tolist(),
        "normal": [np.random.normal(3.0, 0.25) for _ in range(2)],
        "uniform": [np.random.uniform(-10.0, 10.0) for _ in range(2)],
        "small": [int(np.random.randint(-3, 10)) for _ in range(6)],
        "one": int(np.random.randint(7, 8)),
        "word": int(np.random.randint(0, 2**32)),
        "large": [int(np.random.randint(-(2**40), 2**50)) for _ in range(2)],
        "full": int(np.random.randint(-(2**63), 2**63 - 1)),
        "permutation": np.random.permutation(20).tolist(),
        "choice": np.random.choice(9, 6).tolist(),
        "choice_once": np.random.choice(9, 6, replace=False).tolist(),
        "randn_after": np.random.randn(2).tolist(),
        "after_many": (np.random.rand(2000), np.random.rand())[1],
    }


def torch_draws(seed):
    torch.manual_seed(seed)
    return {
        "seed": seed,
        "rand": torch.rand(3).tolist(),
        "rand_f64": torch.rand(3, dtype=torch.float64).tolist(),
        "uniform": torch.empty(9).uniform_(-(2**-0.5), 2**-0.5).tolist(),
        "randn_scalar": torch.randn(5).tolist(),
        "randn_chunks": torch.randn(37).tolist(),
        "randn_cached": torch.randn(2).tolist(),
        "normal_chunks": torch.empty(16).normal_(2.0, 0.5).tolist(),
        "randn_f64_scalar": torch.randn(3, dtype=torch.float64).tolist(),
        "randn_f64_chunks": torch.randn(20, dtype=torch.float64).tolist(),
        "random": torch.empty((), dtype=torch.int64).random_().item(),
        "randperm": torch.randperm(20).tolist(),
        "rand_after": torch.rand(1).item(),
    }


def dataloader_epochs(seed, samples, batch_size):
    torch.manual_seed(seed)
    torch.nn.Linear(2, 3)
    loader = DataLoader(TensorDataset(torch.arange(samples)), batch_size=batch_size, shuffle=True)
    epochs = [[int(i) for (batch,) in loader for i in batch] for _ in range(3)]
    return {
        "seed": seed,
        "samples": samples,
        "linear_draws": 2 * 3 + 3,
        "epochs": epochs,
        "rand_after": torch.rand(1).item(),
    }


def uniform_digest(seed, count):
    """A digest over many numbers, because whether an addition is fused shows in half of them only."""
    torch.manual_seed(seed)
    numbers = torch.empty(count).uniform_(-(7**-0.5), 7**-0.5).numpy()
    return {"seed": seed, "count": count, "words_xor": int(np.bitwise_xor.reduce(numbers.view(np.uint32))),
            "words_sum": int(numbers.view(np.uint32).astype(np.uint64).sum())}


seeds = [0, 1, 7, 42, 1234, 2**31, 2**32 - 1]
reference = {
    "versions": {"numpy": np.__version__, "torch": torch.__version__.split("+")[0]},
    "numpy": [numpy_draws(seed) for seed in seeds],
    "torch": [torch_draws(seed) for seed in [*seeds, 2**32 + 5, 2**62 + 9]],
    "uniform": [uniform_digest(seed, 5000) for seed in seeds],
    "dataloader": [
        dataloader_epochs(seed, samples, batch)
        for seed in (0, 3, 42)
        for samples, batch in ((1, 1), (33, 8), (64, 64))
    ],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(reference, separators=(",", ":")) + "\n")
