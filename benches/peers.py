"""foldspace beside PyTorch, JAX, NumPy and a loop fused by hand, on the same work in the same minutes.

    python3 benches/peers.py [--rounds 5] [--only steps|seeds|post|pictures|scaling|card]

Makes a virtual environment under target/peers with torch, jax, numpy, matplotlib and pillow, builds the release
binaries, and measures

  steps    microseconds per training step: 1000 points on 2-100-2-1 full batch and in batches of 32, 10 000 points on
           2-512-512-2-1; on one core and on two; and per run, where many seeds are trained together
  post     post A as a user feels it: from process start to the trained network and both animations on disk
  pictures the two views of the last epoch as SVG and PNG, and of 150 epochs as a GIF, beside matplotlib
  scaling  time and peak memory of `foldspace train` from 10^3 to 10^6 points and from 10 to 10 000 epochs
  card     the steps on a graphics card, foldspace through wgpu; only where it is asked for, with a JAX and a PyTorch that see
           the card (pip install "jax[cuda13]")

Contenders take turns, round by round, each in a process of its own. A table shows the least time of all rounds, and
the ratio to foldspace as the median of the rounds' own ratios: a shared machine slows whole rounds down, not one contender.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "target/peers"
PACKAGES = ["torch", "jax", "numpy", "matplotlib", "pillow"]
# Name, points, batch, hidden layers, steps per round.
CASES = {
    "full": (1000, 1000, [100, 2], 100),
    "mini": (1000, 32, [100, 2], 640),
    "large": (10_000, 10_000, [512, 512, 2], 4),
}
# The cases in which many seeds are trained together, and how many.
TOGETHER = ["full", "mini"]
SEEDS = [32, 64]


def points(n):
    """The moons, without scikit-learn: what the points are does not change the time."""
    import numpy as np

    random = np.random.RandomState(42)
    t = np.pi * random.rand(n)
    label = np.arange(n) % 2
    x = np.where(label == 0, np.cos(t), 1 - np.cos(t))
    y = np.where(label == 0, np.sin(t), 0.5 - np.sin(t))
    x = np.stack([x, y], 1) + 0.1 * random.randn(n, 2)
    return x.astype("f4"), label.astype("f4")[:, None]


def initial(sizes):
    import numpy as np

    random = np.random.RandomState(0)
    layers = []
    for inputs, units in zip(sizes, sizes[1:]):
        bound = inputs**-0.5
        w = random.uniform(-bound, bound, (inputs, units)).astype("f4")
        layers.append((w, random.uniform(-bound, bound, units).astype("f4")))
    return layers


def timed(name, steps, run, runs=1):
    """Prints the least time per step, and run, of a few repetitions, and what the first call took besides: compiling."""
    start = time.perf_counter()
    run(max(1, steps // 4))
    first = time.perf_counter() - start
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        run(steps)
        best = min(best, (time.perf_counter() - start) / steps)
    print(f"{name} {best * 1e6 / runs:.1f} {first - best * max(1, steps // 4):.2f}", flush=True)


def batches(n, batch):
    starts = range(0, n - n % batch, batch)
    return [slice(start, start + batch) for start in starts]


def torch_steps(compiled):
    import torch

    torch.set_num_threads(int(os.environ["THREADS"]))
    for name, (n, batch, hidden, steps) in CASES.items():
        x, y = map(torch.from_numpy, points(n))
        layers = []
        sizes = [2, *hidden, 1]
        for inputs, units in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(inputs, units), torch.nn.Tanh()]
        layers[-1] = torch.nn.Sigmoid()
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        criterion = torch.nn.BCELoss()
        forward = torch.compile(lambda x, y: criterion(network(x), y)) if compiled else (
            lambda x, y: criterion(network(x), y)
        )
        cuts = batches(n, batch)

        def run(steps):
            for step in range(steps):
                cut = cuts[step % len(cuts)]
                optimizer.zero_grad()
                forward(x[cut], y[cut]).backward()
                optimizer.step()

        timed(name, steps, run)


def torch_functional(seeds):
    """The whole step, update included, as one compiled function of the parameters; many seeds under `vmap`."""
    import torch

    torch.set_num_threads(int(os.environ["THREADS"]))
    device = os.environ.get("TORCH_DEVICE", "cpu")

    def loss(layers, x, y):
        for w, b in layers[:-1]:
            x = torch.tanh(x @ w + b)
        w, b = layers[-1]
        return torch.nn.functional.binary_cross_entropy(torch.sigmoid(x @ w + b), y)

    def step(layers, x, y):
        gradients = torch.func.grad(loss)(layers, x, y)
        return [tuple(p - 0.1 * g for p, g in zip(*pair)) for pair in zip(layers, gradients)]

    for name, (n, batch, hidden, steps) in cases(seeds):
        x, y = (torch.from_numpy(a).to(device) for a in points(n))
        cuts = batches(n, batch)
        layers = [tuple(torch.from_numpy(p).to(device) for p in layer) for layer in initial([2, *hidden, 1])]
        if seeds:
            layers = [tuple(p.expand(seeds, *p.shape).contiguous() for p in layer) for layer in layers]
        one = torch.func.vmap(step, in_dims=(0, None, None)) if seeds else step
        # On a card a step is recorded once and replayed (CUDA graphs).
        one = torch.compile(one, mode="default" if device == "cpu" else "reduce-overhead")
        state = [layers]

        @torch.no_grad()
        def run(steps):
            for number in range(steps):
                cut = cuts[number % len(cuts)]
                state[0] = one(state[0], x[cut], y[cut])
                if device != "cpu":
                    # The next replay overwrites what this one gave.
                    state[0] = [tuple(p.clone() for p in pair) for pair in state[0]]
            if device != "cpu":
                torch.cuda.synchronize()

        timed(name, steps, run, seeds or 1)


def cases(seeds):
    """Those of one run, or of several; with fewer steps, since each is the work of many."""
    if not seeds:
        return CASES.items()
    return [(name, (*CASES[name][:3], max(31, CASES[name][3] // 8))) for name in TOGETHER]


def jax_loss(layers, x, y):
    import jax
    import jax.numpy as jnp

    for w, b in layers[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = layers[-1]
    p = jax.nn.sigmoid(x @ w + b)
    return -jnp.mean(y * jnp.log(p) + (1 - y) * jnp.log(1 - p))


def jax_update(layers, x, y):
    import jax

    value, gradients = jax.value_and_grad(jax_loss)(layers, x, y)
    return jax.tree.map(lambda p, g: p - 0.1 * g, layers, gradients), value


def jax_steps():
    """A compiled step, called from a loop in Python."""
    import jax
    import jax.numpy as jnp

    update = jax.jit(jax_update)
    for name, (n, batch, hidden, steps) in CASES.items():
        x, y = points(n)
        parts = [(jnp.array(x[cut]), jnp.array(y[cut])) for cut in batches(n, batch)]
        state = [jax.tree.map(jnp.array, initial([2, *hidden, 1]))]

        def run(steps):
            layers = state[0]
            for step in range(steps):
                layers, _ = update(layers, *parts[step % len(parts)])
            jax.block_until_ready(layers)

        timed(name, steps, run)


def jax_scan(seeds):
    """The loop over the steps compiled as well (`lax.scan`), over many seeds at once under `vmap`."""
    import jax
    import jax.numpy as jnp

    for name, (n, batch, hidden, steps) in cases(seeds):
        x, y = points(n)
        cuts = batches(n, batch)
        x, y = (jnp.stack([jnp.array(a[cut]) for cut in cuts]) for a in (x, y))
        layers = jax.tree.map(jnp.array, initial([2, *hidden, 1]))
        if seeds:
            layers = jax.tree.map(lambda p: jnp.tile(p, (seeds,) + (1,) * p.ndim), layers)
        # A round is one call, of whole epochs.
        epochs = -(-steps // len(cuts))

        def train(layers):
            def epoch(layers, _):
                return jax.lax.scan(lambda layers, xy: jax_update(layers, *xy), layers, (x, y))

            return jax.lax.scan(epoch, layers, length=epochs)

        one = jax.jit(jax.vmap(train) if seeds else train)
        timed(name, epochs * len(cuts), lambda _: jax.block_until_ready(one(layers)), seeds or 1)


def numpy_steps():
    import numpy as np

    for name, (n, batch, hidden, steps) in CASES.items():
        x, y = points(n)
        layers = [list(layer) for layer in initial([2, *hidden, 1])]
        cuts = batches(n, batch)

        def run(steps):
            for step in range(steps):
                cut = cuts[step % len(cuts)]
                values = [x[cut]]
                for w, b in layers[:-1]:
                    values.append(np.tanh(values[-1] @ w + b))
                w, b = layers[-1]
                p = 1 / (1 + np.exp(-(values[-1] @ w + b)))
                dz = (p - y[cut]) / len(p)
                for (w, b), value in zip(layers[::-1], values[::-1]):
                    dw, db = value.T @ dz, dz.sum(0)
                    if value is not values[0]:
                        dz = (dz @ w.T) * (1 - value * value)
                    w -= np.float32(0.1) * dw
                    b -= np.float32(0.1) * db

        timed(name, steps, run)


def peer_post(out):
    """Post A in Python: train with PyTorch, draw both animations with matplotlib."""
    sys.path.insert(0, str(ROOT / "benches"))
    import torch
    from animations import draw_animation

    torch.manual_seed(42)
    x, y = map(torch.from_numpy, points(1000))
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 100), torch.nn.Tanh(),
        torch.nn.Linear(100, 2), torch.nn.Tanh(),
        torch.nn.Linear(2, 1), torch.nn.Sigmoid(),
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    criterion = torch.nn.BCELoss()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x[:800], y[:800]), 32, shuffle=True)
    frames = []
    names = {"0": "layers.0", "2": "embedding", "4": "layers.2"}
    for _ in range(150):
        for inputs, targets in loader:
            optimizer.zero_grad()
            criterion(network(inputs), targets).backward()
            optimizer.step()
        state = network.state_dict().items()
        frames.append({f"{names[k[0]]}.{k[2:]}": v.numpy().copy() for k, v in state})
    draw_animation(frames, x[:800].numpy().astype("f8"), y[:800, 0].numpy().astype(int), out)


def environment():
    """Goes on inside the virtual environment, made on the first call."""
    python = HOME / "bin/python"
    if not python.exists():
        print("setting up the peers in target/peers", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    if pathlib.Path(sys.prefix).resolve() != HOME.resolve():
        os.execv(python, [python, __file__, *sys.argv[1:]])


def on_cores(command, cores):
    """The command bound to the first cores, its libraries told so."""
    threads = str(cores)
    flags = "" if cores > 1 else "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    env = os.environ | {
        "THREADS": threads, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads, "RAYON_NUM_THREADS": threads, "XLA_FLAGS": flags,
    }
    available = sorted(os.sched_getaffinity(0))[:cores]
    return subprocess.run(
        command, env=env, capture_output=True, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, available),
    )


def built(name):
    """The newest binary of a bench target."""
    found = [p for p in (ROOT / "target/release/deps").glob(f"{name}-*") if p.suffix == "" and os.access(p, os.X_OK)]
    return max(found, key=lambda path: path.stat().st_mtime)


def compare_steps(contenders, cases, cores, rounds, what):
    """A table: the least time of every contender and case, and the median of the rounds' ratios to the first contender."""
    results = {name: {case: [] for case in cases} for name in contenders}
    for _ in range(rounds):
        for name, command in contenders.items():
            done = on_cores(command, cores)
            for line in done.stdout.splitlines():
                case, microseconds = line.split()[:2]
                results[name][case].append(float(microseconds))
            if done.returncode:
                print(f"{name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    first, ours = next(iter(results.items()))
    print(f"\nMicroseconds per step{what}, {cores} core{'s' * (cores > 1)} (times {first}'s):\n")
    print("| | " + " | ".join(cases) + " |")
    print("| --- |" + " --- |" * len(cases))
    for name, by_case in results.items():
        cells = []
        for case, times in by_case.items():
            if not times:
                cells.append("-")
                continue
            ratio = statistics.median(a / b for a, b in zip(times, ours[case]))
            cells.append(f"{min(times):,.1f} ({ratio:.2f})")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def measure_steps(rounds):
    peer = [sys.executable, __file__, "--peer"]
    contenders = {
        "foldspace": [built("steps"), "epoch"],
        "foldspace without AVX-512": [built("steps"), "epoch", "avx2"],
        "foldspace step by step": [built("steps")],
        "foldspace (ndarray)": [built("steps"), "epoch", "ndarray"],
        "by hand, in Rust": [built("floor")],
        "JAX, lax.scan": [*peer, "jax-scan"],
        "JAX jit": [*peer, "jax"],
        "NumPy by hand": [*peer, "numpy"],
        "PyTorch eager": [*peer, "torch"],
        "PyTorch compiled": [*peer, "compiled"],
        "PyTorch compiled, the whole step": [*peer, "functional"],
    }
    for cores in (1, 2):
        compare_steps(contenders, CASES, cores, rounds, "")


def measure_seeds(rounds):
    for seeds in SEEDS:
        contenders = {
            "foldspace": [built("steps"), f"seeds={seeds}", *TOGETHER],
            "JAX, vmap over lax.scan": [sys.executable, __file__, "--peer", f"jax-vmap-{seeds}"],
            "PyTorch compiled, vmap": [sys.executable, __file__, "--peer", f"torch-vmap-{seeds}"],
        }
        for cores in (1, 2):
            compare_steps(contenders, TOGETHER, cores, rounds, f" and run, {seeds} seeds together")


def measure_card(rounds):
    peer = [sys.executable, __file__, "--peer"]
    contenders = {
        "foldspace, wgpu": [built("steps"), "wgpu"],
        "foldspace on the processor": [built("steps"), "epoch"],
        "JAX, lax.scan": [*peer, "jax-scan"],
        "PyTorch compiled, the whole step, CUDA graphs": ["env", "TORCH_DEVICE=cuda", *peer, "functional"],
    }
    compare_steps(contenders, CASES, os.cpu_count(), rounds, " on a card")


def usage_of(command, **options):
    """Wall seconds, CPU seconds and peak memory (MB) of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure_post(rounds):
    program = ROOT / "target/release/foldspace"
    print("\nPost A, from process start to both animations on disk:\n")
    print("| | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |")
    sums = {"foldspace": [], "PyTorch and matplotlib": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder) / "moons"
            parts = [
                usage_of([program, "train", ROOT / "configs/moons.toml", "--out", run, "--quiet"]),
                usage_of([program, "animate", run, "training", "--size", "800x400", "--out", folder, "--quiet"]),
            ]
            wall, cpu, memory = zip(*parts)
            sums["foldspace"].append((sum(wall), sum(cpu), max(memory)))
            peer = [sys.executable, __file__, "--peer", "post", "--out", f"{folder}/peer.gif"]
            sums["PyTorch and matplotlib"].append(usage_of(peer))
    for name, runs in sums.items():
        best = [min(values) for values in zip(*runs)]
        print(f"| {name} | {best[0]:.1f} | {best[1]:.1f} | {best[2]:.0f} |")
    for index, what in enumerate(("wall", "CPU")):
        ratio = statistics.median(b[index] / a[index] for a, b in zip(*sums.values()))
        print(f"\nPyTorch and matplotlib / foldspace, {what}: {ratio:.1f}")


def compare(name, ours, peer, rounds):
    """Rows of a table: two commands in turn, the least of each figure, and the median of the rounds' ratios."""
    runs = [(usage_of(ours), usage_of(peer)) for _ in range(rounds)]
    for who, index in (("foldspace", 0), ("matplotlib", 1)):
        wall, cpu, memory = (min(run[index][part] for run in runs) for part in range(3))
        ratios = [statistics.median(run[index][part] / run[0][part] for run in runs) for part in range(2)]
        print(f"| {name}, {who} | {wall:.2f} ({ratios[0]:.1f}) | {cpu:.2f} ({ratios[1]:.1f}) | {memory:.0f} |", flush=True)


def measure_pictures(rounds):
    program = ROOT / "target/release/foldspace"
    print("\nPictures, whole processes (times foldspace's):\n")
    print("| | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run, points = folder / "moons", folder / "moons.csv"
        subprocess.run([program, "train", ROOT / "configs/moons.toml", "--out", run, "--quiet"], check=True)
        subprocess.run([program, "data", "moons", "-o", points, "--quiet"], check=True)
        peer = [sys.executable, ROOT / "benches/animations.py", "--peer", run, points]
        figure = [program, "figure", run, "embedding", "boundary", "--out", folder, "--quiet"]
        compare("two figures", figure, [*peer, folder / "still.svg"], rounds)
        animate = [program, "animate", run, "training", "--size", "800x400", "--out", folder, "--quiet"]
        compare("150 frames", animate, [*peer, folder / "peer.gif"], max(1, rounds // 2))


SCALING = """seed = 42
[data]
name = "moons"
samples = {samples}
[model]
layers = [
    {{ units = 100, activation = "tanh" }},
    {{ units = 2, activation = "tanh", name = "embedding" }},
    {{ units = 1, activation = "sigmoid" }},
]
[train]
epochs = {epochs}
loss = "bce"
checkpoint_every = 1000000
optimizer = {{ name = "sgd", lr = 0.1 }}
[capture]
sites = ["embedding"]
every = {every}
"""


def measure_scaling():
    program = ROOT / "target/release/foldspace"
    print("\nfoldspace train, full batch, the embedding captured 10 times:\n")
    print("| points | epochs | wall s | CPU s | CPU us per point and epoch | peak MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    cases = [(10**k, 20) for k in (3, 4, 5, 6)] + [(1000, 10**k) for k in (1, 2, 3, 4)]
    for samples, epochs in cases:
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "scaling.toml"
            config.write_text(SCALING.format(samples=samples, epochs=epochs, every=max(1, epochs // 10)))
            wall, cpu, memory = usage_of([program, "train", config, "--out", f"{folder}/run", "--quiet", "--backend", "flex"])
            each = cpu * 1e6 / samples / epochs
            print(f"| {samples:,} | {epochs:,} | {wall:.2f} | {cpu:.2f} | {each:.2f} | {memory:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["steps", "seeds", "post", "pictures", "scaling", "card"])
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    environment()
    peers = {
        "torch": lambda: torch_steps(False), "compiled": lambda: torch_steps(True), "jax": jax_steps,
        "numpy": numpy_steps, "post": lambda: peer_post(arguments.out),
        "jax-scan": lambda: jax_scan(0), "functional": lambda: torch_functional(0),
    }
    for seeds in SEEDS:
        peers[f"jax-vmap-{seeds}"] = lambda seeds=seeds: jax_scan(seeds)
        peers[f"torch-vmap-{seeds}"] = lambda seeds=seeds: torch_functional(seeds)
    if arguments.peer:
        return peers[arguments.peer]()
    subprocess.run(["cargo", "build", "--release", "--bins", "--benches"], cwd=ROOT, check=True)
    if arguments.only in (None, "steps"):
        measure_steps(arguments.rounds)
    if arguments.only in (None, "seeds"):
        measure_seeds(arguments.rounds)
    if arguments.only in (None, "post"):
        measure_post(max(1, arguments.rounds // 2))
    if arguments.only in (None, "pictures"):
        measure_pictures(arguments.rounds)
    if arguments.only in (None, "scaling"):
        measure_scaling()
    if arguments.only == "card":
        measure_card(arguments.rounds)


if __name__ == "__main__":
    main()
