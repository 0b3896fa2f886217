"""PyTorch's own answers, where it is installed."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn import functional as F

import foldspace_nn as fs
from foldspace_nn import models

ACTIVATIONS = [
    nn.Identity(), nn.ReLU(), nn.LeakyReLU(), nn.LeakyReLU(0.3), nn.ELU(), nn.ELU(2.0), nn.SELU(), nn.CELU(0.7), nn.GELU(), nn.GELU("tanh"), nn.SiLU(),
    nn.Softplus(), nn.Softplus(2.0), nn.Tanh(), nn.Sigmoid(), nn.Hardtanh(), nn.Hardtanh(-2, 0.5), nn.ReLU6(), nn.Hardsigmoid(), nn.Hardswish(), nn.PReLU(),
]  # fmt: skip


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def agree(model, inputs=2):
    """The chain against the module, both in their own precision."""
    X = np.random.RandomState(1).randn(100, inputs) * 3
    reading = models.read(model)
    assert reading.chain is not None, reading.reason
    chain = models.forward(reading.network(inputs), X)
    training = [module.training for module in model.modules()]
    own = reading.evaluate(X)
    assert [module.training for module in model.modules()] == training
    exact = next(model.parameters()).dtype == torch.float64
    assert np.abs(chain - own.reshape(len(X), -1)).max() < (1e-12 if exact else 1e-6) * (1 + np.abs(own).max())


def settled(model):
    """With batch norm's statistics of some data, in training mode as a loop leaves it."""
    with torch.no_grad():
        for _ in range(3):
            model.train()(torch.randn(64, 2, dtype=next(model.parameters()).dtype) * 2 + 1)
    return model


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_activation(activation, dtype):
    agree(nn.Sequential(nn.Linear(2, 6), activation, nn.Linear(6, 3)).to(dtype))
    activation.to(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_batch_norm_before_and_after_the_activation(dtype):
    for layers in ([nn.BatchNorm1d(6), nn.Tanh()], [nn.Tanh(), nn.BatchNorm1d(6)], [nn.BatchNorm1d(6, affine=False), nn.ReLU(), nn.Dropout(0.5)]):
        agree(settled(nn.Sequential(nn.Linear(2, 6), *layers, nn.Linear(6, 1), nn.Sigmoid()).to(dtype)))
    agree(settled(nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1)).to(dtype)))
    agree(settled(nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.BatchNorm1d(6)).to(dtype)))


class Written(nn.Module):
    """A forward pass of functions, methods and constants."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(2, 5), nn.Linear(5, 4), nn.Linear(4, 1)
        self.drop = nn.Dropout(0.4)
        self.register_buffer("mean", torch.tensor([0.5, -1.0]))

    def forward(self, x):
        x = (x - self.mean) / 2.0
        x = F.leaky_relu(self.a(x), 0.2)
        x = F.dropout(self.drop(x), 0.5, self.training)
        x = torch.tanh(self.b(x)) * 3 + 0.5
        return torch.sigmoid(self.c(1 - x)).squeeze(-1)


def test_a_forward_pass_that_is_written_out():
    agree(Written())
    agree(Written().double())
    compiled = torch.nn.DataParallel(Written())
    assert models.read(compiled).chain is not None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_no_difference(dtype, moons):
    X, y = moons
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid()).to(dtype)
    assert fs.boundary(model, X, y).evaluations is None


def test_log_softmax_is_its_softmax():
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3), nn.LogSoftmax(dim=1))
    agree(model)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x):
        return torch.sigmoid(self.b(x + torch.relu(self.a(x))))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Residual(), "a residual or branching connection"),
        (nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1), nn.Sigmoid()), "layer norm"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softsign(), nn.Linear(3, 1), nn.Sigmoid()), "Softsign"),
    ],
)
def test_what_is_no_chain_is_named(model, words, moons):
    X, y = moons
    y = (model(torch.tensor(X, dtype=torch.float32)).detach().numpy()[:, 0] > 0.5).astype(int)
    y[:2] = 0, 1
    with pytest.warns(fs.BlackBoxWarning, match=words):
        picture = fs.boundary(model, X, y, output="probability")
    for curve in picture.curves:
        assert np.abs(model(torch.tensor(curve, dtype=torch.float32)).detach().numpy() - 0.5).max() < 1e-5
    with pytest.raises(ValueError, match=words):
        fs.weights(model)
    with pytest.raises(ValueError, match="draw boundary before and after"), fs.record(model, X, y):
        pass


def network():
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2), nn.Tanh(), nn.Linear(2, 1))


def train(model, X, y, steps=45):
    """Somebody's own loop."""
    inputs, targets = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    other = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(inputs), targets)
        loss.backward()
        optimizer.step()
        other.step()
        losses.append(loss.item())
    return losses


def test_a_loop_is_filmed_and_goes_as_it_would_have_gone(moons, tmp_path):
    X, y = moons
    alone = network()
    before = {name: value.clone() for name, value in alone.state_dict().items()}
    losses = train(alone, X, y)
    model = network()
    model.load_state_dict(before)
    with fs.record(model, X, y, every=10, output="logit") as film:
        assert train(model, X, y) == losses
    assert [count for count, _ in film._frames] == [0, 10, 20, 30, 40, 45]
    first, last = film._frames[0][1], film._frames[-1][1]
    assert np.array_equal(first.steps[0][2], before["0.weight"].numpy())
    assert np.array_equal(last.steps[0][2], model[0].weight.detach().numpy())
    train(model, X, y, 20)  # nobody listens any more
    assert len(film) == 6 and np.array_equal(last.steps[0][2], film._frames[-1][1].steps[0][2])
    assert film.save(tmp_path / "training.gif").read_bytes().startswith(b"GIF89a")
    assert film.save(tmp_path / "training.apng", frames=3).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match='output="logit"'), fs.record(model, X, y):
        pass


def test_long_trainings_keep_a_bounded_number(moons):
    X, y = moons
    film = fs.Film(nn.Sequential(network(), nn.Sigmoid()), X, y)
    for count in range(1500):
        film.tick(count)
    counts = [count for count, _ in film._frames]
    assert len(film) <= 601 and counts[0] == 0 and counts == sorted(counts)


def test_tensors_and_layers(moons):
    X, y = moons
    model = nn.Sequential(network(), nn.Sigmoid())
    inputs, targets = torch.tensor(X, dtype=torch.float32, requires_grad=True), torch.tensor(y)
    picture = fs.boundary(model, inputs, targets)
    assert picture.evaluations is None
    hooked = {}
    model[0][2].register_forward_hook(lambda module, given, out: hooked.update(out=out))
    model(inputs)
    own = hooked["out"].detach().numpy()
    assert np.abs(fs.activations(model, inputs, "0.2") - own).max() < 1e-6
    fs.embedding(model, inputs, targets, layer="0.1")


def test_fewer_classes_than_outputs(moons):
    X, y = moons
    model = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 4))
    assert fs.boundary(model, X, 2 * y).evaluations is None
    with pytest.raises(ValueError, match="parts 4 classes, the data have 2"):
        fs.boundary(model, X, np.where(y, "a", "b"))
    names = fs.boundary(model, X, 2 * y, class_names=["a", "b", "c", "d"])
    assert names.svg() != fs.boundary(model, X, 2 * y).svg()


def test_the_fixture_is_drawn_alike_by_torch_onnx_and_arrays():
    from test_network import FIXTURES, MOONS

    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid())
    model.load_state_dict({name: torch.tensor(FIXTURES[f"moons/{name}"]) for name in model.state_dict()})
    X, y = FIXTURES["moons/X"], FIXTURES["moons/y"]
    assert fs.boundary(model, X, y, caption="").svg() == fs.boundary(MOONS, X, y, caption="").svg()


class Viewed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 5), nn.Linear(5, 1)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.b(self.a(x).relu().reshape(x.shape[0], -1)).view(-1)


def test_views_that_keep_samples_apart():
    agree(Viewed())


def test_looking_changes_nothing(moons):
    """Spectral norm goes on with its iteration whenever it is asked for its weight in training."""
    X, y = moons
    model = nn.Sequential(torch.nn.utils.parametrizations.spectral_norm(nn.Linear(2, 8)), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fs.boundary(model, X, y)
    assert model.training and all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_tensors_of_any_kind(moons):
    X, y = moons
    model = nn.Linear(2, 2)
    plain = fs.boundary(model, torch.tensor(X).half().float(), y).svg()
    assert fs.boundary(model, torch.tensor(X).half(), y).svg() == plain
    assert fs.boundary(model, torch.tensor(X).half().float().to_sparse(), y).svg() == plain
    with pytest.raises(ValueError, match="holds nothing"):
        fs.boundary(model, torch.tensor(X).to("meta"), y)


def test_what_cannot_be_asked_says_so_in_a_sentence(moons):
    X, y = moons
    for model, words in [
        (nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(2)), "no weights yet"),
        (nn.Linear(2, 2).to("meta"), "device meta"),
        (nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 2)), "can't be asked"),
        (nn.Bilinear(2, 2, 2), "can't be asked"),
    ]:
        with pytest.raises(ValueError, match=words):
            fs.boundary(model, X, y)


@pytest.mark.filterwarnings("ignore::foldspace_nn.BlackBoxWarning")
def test_dropout_that_ignores_the_mode_is_refused(moons):
    X, y = moons

    class Careless(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.b(F.dropout(torch.relu(self.a(x)), 0.5))

    with pytest.raises(ValueError, match="differ from one call to the next"):
        fs.boundary(Careless(), X, y)


def test_a_training_that_diverges_is_filmed_until_then(moons, tmp_path):
    X, y = moons
    model = nn.Sequential(network(), nn.Sigmoid())
    film = fs.Film(model, X, y)
    film.snap()
    film.snap()
    with torch.no_grad():
        model[0][0].weight[:] = float("nan")
    film.snap()
    with pytest.warns(UserWarning, match="from epoch 2 on"):
        film.save(tmp_path / "f.gif")
    with pytest.raises(ValueError, match="has diverged"):
        fs.boundary(model, X, y)


def test_updates_by_hand_are_noticed(moons):
    X, y = moons
    model = nn.Sequential(network(), nn.Sigmoid())
    with pytest.warns(UserWarning, match="call film.snap"), fs.record(model, X, y) as film, torch.no_grad():
        model[0][0].weight += 1.0
    assert len(film) == 2
    with pytest.raises(ValueError, match="prediction or residuals"), fs.record(model, X, X[:, 0]):
        pass
