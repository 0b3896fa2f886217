//! What every key of a configuration means. Defaults do not stand here: [`reference`](super::reference) takes them from the
//! tables themselves.

mod data;
mod train;

pub(super) use data::{
    BLOBS, CIRCLES, CLASSIFICATION, CSV, DATA, MOONS, NPZ, QUADRATIC, SPIRAL, TWO_BLOBS, XOR,
};
pub(super) use train::{CLIP, EARLY_STOPPING, OPTIMIZER, SCHEDULE, TRAIN, WARMUP};

/// A key of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What may stand after the `=`.
    pub kind: &'static str,
    /// What counts where the key is left out.
    pub absent: Absent,
    /// What it does.
    pub meaning: &'static str,
}

/// What counts where a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It can't be left out.
    Required,
    /// The default that the table has.
    Default,
    /// There is no value to write for it; this happens.
    Means(&'static str),
}

use Absent::{Default, Means, Required};

const fn key(name: &'static str, kind: &'static str, absent: Absent, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        absent,
        meaning,
    }
}

const CAN_BE_NO_TABLE: Absent = Means("none");

/// Outside all tables.
pub(super) const TOP: &[Key] = &[
    key(
        "seed",
        "whole number",
        Default,
        "seeds NumPy's generator, which makes and splits the data, and PyTorch's, which draws weights and orders samples",
    ),
    key("data", "table", Required, "the data set and its split"),
    key("model", "table", Required, "the network"),
    key("train", "table", Required, "how it is trained"),
    key(
        "capture",
        "table",
        Means("its defaults"),
        "what is kept while it is",
    ),
    key(
        "warnings",
        "table",
        Means("its defaults"),
        "which warnings are given",
    ),
    key(
        "provenance",
        "table",
        CAN_BE_NO_TABLE,
        "written into a run's `config.toml` (versions, backend); without effect in a file that is read",
    ),
];

/// Of `[model]`.
pub(super) const MODEL: &[Key] = &[
    key(
        "layers",
        "list of tables",
        Required,
        "the layers, from the first hidden one to the output; the number of inputs is the data's",
    ),
    key(
        "init",
        "`pytorch`, `glorot_uniform`, `kaiming_normal` or `orthogonal`",
        Default,
        "how initial weights are drawn: as `nn.Linear` does, as Keras does (for tanh and sigmoid), after He et al. (for ReLU), \
         or so that lengths and angles survive",
    ),
    key(
        "seed",
        "whole number",
        Means("the configuration's `seed`"),
        "seeds PyTorch's generator",
    ),
    key(
        "weights",
        "file",
        Means("weights are drawn"),
        "a `.safetensors` or `.pt` file with the initial weights",
    ),
];

/// Of each of `[model] layers`.
pub(super) const LAYER: &[Key] = &[
    key("units", "whole number", Required, "the number of outputs"),
    key(
        "activation",
        "name or table, see below",
        Default,
        "what follows the affine map",
    ),
    key(
        "name",
        "letters, digits and _",
        Means("`layers.` and the position from 0"),
        "what captures, files and figures call it",
    ),
    key("bias", "true or false", Default, "whether a bias is added"),
    key(
        "rank",
        "whole number",
        Means("W is free"),
        "the rank of the weights: W = U V, U (units x rank), V (rank x inputs)",
    ),
    key(
        "batch_norm",
        "true or false",
        Default,
        "whether each unit is standardised before the activation (`BatchNorm1d`)",
    ),
    key(
        "dropout",
        "0 to below 1",
        Default,
        "the share of outputs that is set to zero in training",
    ),
];

/// Of `[capture]`.
pub(super) const CAPTURE: &[Key] = &[
    key(
        "every",
        "whole number",
        Default,
        "epochs from one kept network to the next; the first and the last are kept in any case. Larger: less on disk, \
         fewer epochs to draw",
    ),
    key(
        "sites",
        "list of layers",
        Default,
        "layers whose outputs are kept: `NAME` after the activation, `NAME.pre` before it",
    ),
    key(
        "of",
        "`train`, `test` or `grid`",
        Default,
        "on which points",
    ),
    key(
        "gradients",
        "true or false",
        Default,
        "whether gradients are kept too",
    ),
    key(
        "compress",
        "true or false",
        Default,
        "whether activations and gradients are kept as `.packed` files, up to a third smaller with nothing lost, that only \
         foldspace reads (`foldspace export` makes others of them). By default they are safetensors, which other programs read, \
         and packing takes longer than an epoch of a small network",
    ),
];

/// Of `[warnings]`.
pub(super) const WARNINGS: &[Key] = &[key(
    "width",
    "true or false",
    Default,
    "whether `train` and `inspect` say that no hidden layer is wide enough for a class to surround another",
)];

/// The columns of a run's `metrics.csv`.
pub(super) const METRICS: &[(&str, &str)] = &[
    ("epoch", "counted from 1"),
    (
        "train_loss",
        "the unweighted mean of the epoch's batch losses, each taken before its update: what a training script in PyTorch \
         prints. The network has moved by the end of the epoch, and a last, smaller batch counts as much as the others, so it is \
         not the loss of any one network over all samples; `foldspace evaluate` gives that. With dropout it is that of the thinned \
         network",
    ),
    (
        "train_accuracy",
        "the share of training samples that the network classifies correctly after the epoch; empty for a regression",
    ),
    (
        "test_loss",
        "the loss of the network after the epoch over the held-out samples; empty if there are none",
    ),
    (
        "test_accuracy",
        "the share of held-out samples that it classifies correctly",
    ),
    ("learning_rate", "the learning rate of the epoch"),
    (
        "grad_norm",
        "the length of the whole gradient on the epoch's last batch, before clipping and its update",
    ),
];
