//! What every key of a configuration means. Defaults do not stand here: [`reference`](super::reference) takes them from the
//! tables themselves.

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

/// Of `[data]`, whatever the set.
pub(super) const DATA: &[Key] = &[
    key(
        "name",
        "name of a set",
        Means("`path` is given"),
        "a synthetic set: moons, circles, blobs, two_blobs, classification, spiral, xor, quadratic",
    ),
    key(
        "path",
        "file",
        Means("`name` is given"),
        "a CSV file, or NumPy's `.npz` or `.npy`, relative to the configuration",
    ),
    key(
        "seed",
        "0 to 4294967295",
        Means("the configuration's `seed`"),
        "seeds the samples and, once more, the split",
    ),
    key(
        "test_fraction",
        "0 to below 1",
        Default,
        "the share of samples that is held out",
    ),
    key(
        "folds",
        "whole number",
        Means("`test_fraction` counts"),
        "into how many parts the samples are divided, as scikit-learn's `KFold` with `shuffle=True` (stratified for classes) divides \
         them",
    ),
    key(
        "fold",
        "1 to `folds`",
        Means("`test_fraction` counts"),
        "which of them is held out; `foldspace sweep --folds 5` trains all",
    ),
    key(
        "stratify",
        "true or false",
        Means("true for files, false for synthetic sets"),
        "whether the held-out part has the classes in the proportions of the whole",
    ),
    key(
        "standardise",
        "true or false",
        Default,
        "whether features get mean 0 and deviation 1, measured over the training part",
    ),
    key(
        "standardise_targets",
        "true or false",
        Default,
        "whether a regression's targets do, for training; predictions, and the loss `mse` of one target, stay in the \
         target's unit",
    ),
];

const TASK: Key = key(
    "task",
    "`auto`, `classification` or `regression`",
    Default,
    "what the targets are. `auto`: what the loss takes; of whole numbers `mse` and `huber` make a regression, `bce` and \
     `cross_entropy` classes",
);

/// Of `[data]` with the `path` of a table.
pub(super) const CSV: &[Key] = &[
    key("target", "column", Default, "the column to be predicted"),
    TASK,
    key(
        "missing",
        "`error`, `drop` or `mean`",
        Default,
        "what happens to missing values: refuse the file, leave the sample out, or take the mean of the training part",
    ),
    key(
        "features",
        "columns",
        Means("all but the target and row numbers"),
        "the columns that the network sees, in this order",
    ),
    key(
        "drop",
        "columns",
        Means("row numbers alone"),
        "columns that are not features; `[]` keeps row numbers too",
    ),
    key(
        "encode",
        "columns",
        Means("none"),
        "columns of text of which every distinct value becomes a feature of zeros and ones",
    ),
    key(
        "header",
        "true or false",
        Means("what the first line looks like"),
        "whether the first line names the columns",
    ),
    key(
        "separator",
        "`\",\"` `\";\"` `\"tab\"` `\"|\"` `\"space\"`",
        Means("what the file looks like"),
        "what stands between cells",
    ),
    key(
        "decimal",
        "`\".\"` or `\",\"`",
        Means("what the file looks like"),
        "what begins a fraction",
    ),
    key(
        "encoding",
        "name, such as `\"windows-1251\"`",
        Means("what the file looks like"),
        "the encoding, by its name on the web",
    ),
];

/// Of `[data]` with the `path` of NumPy's arrays.
pub(super) const NPZ: &[Key] = &[
    key(
        "features",
        "array",
        Default,
        "the array of the features (n x d, or n x more axes, which are made flat); `X` stands for the names that people use",
    ),
    key(
        "target",
        "array, or a `.npy` file",
        Default,
        "the array of the targets (n, or n x k); `y` stands for the names that people use",
    ),
    TASK,
    key(
        "missing",
        "`error`, `drop` or `mean`",
        Default,
        "what happens to features that are NaN",
    ),
];

const SAMPLES: Key = key(
    "samples",
    "whole number",
    Default,
    "how many points, all classes together",
);
const NOISE: Key = key(
    "noise",
    "0 or more",
    Default,
    "the standard deviation of the noise",
);

/// Of `moons`.
pub(super) const MOONS: &[Key] = &[SAMPLES, NOISE];
/// Of `circles`.
pub(super) const CIRCLES: &[Key] = &[
    SAMPLES,
    NOISE,
    key(
        "factor",
        "0 to 1",
        Default,
        "the inner circle's radius; the outer one's is 1",
    ),
];
/// Of `blobs`.
pub(super) const BLOBS: &[Key] = &[
    SAMPLES,
    key(
        "centers",
        "whole number, or a list of points",
        Default,
        "the clouds' centres, or how many to draw from the square from -10 to 10",
    ),
    key(
        "deviation",
        "0 or more",
        Default,
        "every cloud's standard deviation",
    ),
];
/// Of `two_blobs`.
pub(super) const TWO_BLOBS: &[Key] = &[
    key(
        "samples",
        "even number",
        Default,
        "how many points, both clouds together",
    ),
    key(
        "center",
        "number",
        Default,
        "both coordinates of the first centre; the second is its opposite",
    ),
    key(
        "deviation",
        "0 or more",
        Default,
        "both clouds' standard deviation",
    ),
];
/// Of `classification`, scikit-learn's `make_classification`.
pub(super) const CLASSIFICATION: &[Key] = &[
    SAMPLES,
    key(
        "features",
        "whole number",
        Default,
        "how many features; what is of no other kind is noise",
    ),
    key(
        "informative",
        "whole number",
        Default,
        "features in which the clusters lie apart",
    ),
    key(
        "redundant",
        "whole number",
        Default,
        "random linear combinations of the informative ones",
    ),
    key(
        "repeated",
        "whole number",
        Default,
        "copies of informative and redundant ones",
    ),
    key("classes", "whole number", Default, "how many classes"),
    key(
        "clusters_per_class",
        "whole number",
        Default,
        "how many clusters each class has",
    ),
    key(
        "weights",
        "list of shares",
        Default,
        "each class's share, or all but the last one's; empty: equal ones",
    ),
    key(
        "flip_y",
        "0 to 1",
        Default,
        "the share of samples that get a random class",
    ),
    key(
        "class_sep",
        "number",
        Default,
        "half the side of the hypercube at whose corners the clusters stand",
    ),
    key(
        "hypercube",
        "true or false",
        Default,
        "whether it is a cube, or a box drawn for each",
    ),
    key(
        "shift",
        "number, list or `\"drawn\"`",
        Default,
        "what is added to each feature",
    ),
    key(
        "scale",
        "number, list or `\"drawn\"`",
        Default,
        "what each feature is multiplied by after that",
    ),
    key(
        "shuffle",
        "true or false",
        Default,
        "whether samples and features are shuffled",
    ),
];
/// Of `spiral`.
pub(super) const SPIRAL: &[Key] = &[
    SAMPLES,
    NOISE,
    key(
        "turns",
        "0 to 100",
        Default,
        "how often each arm winds around the centre",
    ),
    key(
        "classes",
        "whole number",
        Default,
        "the number of arms, one per class",
    ),
];
/// Of `xor`.
pub(super) const XOR: &[Key] = &[SAMPLES, NOISE];
/// Of `quadratic`.
pub(super) const QUADRATIC: &[Key] = &[SAMPLES, NOISE];

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

/// Of `[train]`.
pub(super) const TRAIN: &[Key] = &[
    key(
        "epochs",
        "whole number",
        Required,
        "how often every sample is visited",
    ),
    key(
        "loss",
        "`mse`, `huber`, `bce` or `cross_entropy`",
        Required,
        "what is minimised. `bce`: two classes, one sigmoid unit; `cross_entropy`: a unit per class, softmax or identity; \
         `mse` and `huber`: numbers",
    ),
    key(
        "optimizer",
        "table",
        Required,
        "how gradients move the parameters",
    ),
    key(
        "batch_size",
        "whole number",
        Means("all samples at once, in their order"),
        "samples per step, drawn in random order",
    ),
    key(
        "checkpoint_every",
        "whole number",
        Default,
        "epochs from one checkpoint to the next; the last epoch leaves one in any case",
    ),
    key(
        "keep_last",
        "whole number",
        Default,
        "how many checkpoints are kept, besides the best",
    ),
    key(
        "schedule",
        "table, or a name",
        Default,
        "the learning rate over the epochs",
    ),
    key(
        "warmup",
        "table",
        CAN_BE_NO_TABLE,
        "epochs in which the learning rate grows to its first value",
    ),
    key("clip", "table", CAN_BE_NO_TABLE, "a bound on the gradients"),
    key(
        "early_stopping",
        "table",
        CAN_BE_NO_TABLE,
        "when to stop before all epochs are done",
    ),
];

/// Of `[train.optimizer]`.
pub(super) const OPTIMIZER: &[Key] = &[
    key(
        "name",
        "`sgd`, `adam`, `adamw` or `rmsprop`",
        Required,
        "the rule, with PyTorch's definition and defaults",
    ),
    key(
        "lr",
        "above 0",
        Required,
        "the learning rate: about 0.1 for sgd, 0.001 to 0.02 for the others",
    ),
    key(
        "momentum",
        "0 to below 1",
        Default,
        "how much of the last step is kept",
    ),
    key(
        "nesterov",
        "true or false",
        Default,
        "whether to look ahead along the momentum",
    ),
    key(
        "weight_decay",
        "0 or more",
        Default,
        "the L2 penalty added to the gradient; with adamw the decay itself",
    ),
    key(
        "betas",
        "two rates",
        Default,
        "the decay rates of the two averages",
    ),
    key(
        "alpha",
        "0 to below 1",
        Default,
        "the decay rate of the average",
    ),
    key(
        "eps",
        "0 or more",
        Default,
        "what keeps the division finite",
    ),
];

/// Of `[train.schedule]`; e epochs are done, η is the optimiser's `lr`.
pub(super) const SCHEDULE: &[Key] = &[
    key(
        "name",
        "`constant`, `step`, `exponential` or `cosine`",
        Required,
        "η; η γ^⌊e / step_size⌋; η γ^e; η_min + (η - η_min) (1 + cos(π e / t_max)) / 2",
    ),
    key(
        "step_size",
        "whole number",
        Required,
        "`step`: epochs from one step to the next",
    ),
    key(
        "gamma",
        "above 0",
        Means("`step`: 0.1; `exponential` needs it"),
        "`step` and `exponential`: the factor γ",
    ),
    key(
        "t_max",
        "whole number",
        Means("all epochs after the warm-up"),
        "`cosine`: epochs on the way down",
    ),
    key("eta_min", "0 or more", Default, "`cosine`: the lowest rate"),
    key(
        "hold",
        "true or false",
        Means("false"),
        "`cosine`: whether the rate stays low beyond t_max, where PyTorch's goes up again",
    ),
];

/// Of `[train.warmup]`.
pub(super) const WARMUP: &[Key] = &[
    key("epochs", "whole number", Required, "how many"),
    key(
        "start_factor",
        "above 0, up to 1",
        Default,
        "where the straight line to the first rate begins, as a share of it",
    ),
];

/// Of `[train.clip]`.
pub(super) const CLIP: &[Key] = &[
    key(
        "norm",
        "above 0",
        Means("`value` is given"),
        "the longest that the whole gradient may be",
    ),
    key(
        "value",
        "above 0",
        Means("`norm` is given"),
        "the largest that any entry may be",
    ),
];

/// Of `[train.early_stopping]`.
pub(super) const EARLY_STOPPING: &[Key] = &[
    key(
        "patience",
        "whole number",
        Required,
        "epochs to wait for an improvement",
    ),
    key(
        "min_delta",
        "0 or more",
        Default,
        "an improvement is a loss below the best by more than this",
    ),
    key(
        "monitor",
        "`test_loss` or `train_loss`",
        Default,
        "which loss",
    ),
    key(
        "restore_best",
        "true or false",
        Default,
        "whether the run's last weights are those of the best epoch",
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
