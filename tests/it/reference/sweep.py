"""Mean, standard deviation, minimum, median and maximum of a few samples, by NumPy: writes sweep.json beside itself."""

import json
from pathlib import Path

import numpy as np

random = np.random.RandomState(0)
samples = [random.lognormal(size=n) for n in (1, 2, 3, 8, 21)] + [np.full(5, 0.995), 1e6 + random.rand(6)]
cases = [
    {
        "numbers": sample.tolist(),
        "mean": np.mean(sample),
        "sd": np.std(sample, ddof=1) if len(sample) > 1 else None,
        "min": np.min(sample),
        "median": np.median(sample),
        "max": np.max(sample),
    }
    for sample in samples
]
path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")
