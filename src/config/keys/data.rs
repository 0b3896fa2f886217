//! The keys of `[data]`: of every set, of files, and of each synthetic set.

use super::Absent::{Default, Means};
use super::{Key, key};

/// Of `[data]`, whatever the set.
pub(in crate::config) const DATA: &[Key] = &[
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
pub(in crate::config) const CSV: &[Key] = &[
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
pub(in crate::config) const NPZ: &[Key] = &[
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
pub(in crate::config) const MOONS: &[Key] = &[SAMPLES, NOISE];
/// Of `circles`.
pub(in crate::config) const CIRCLES: &[Key] = &[
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
pub(in crate::config) const BLOBS: &[Key] = &[
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
pub(in crate::config) const TWO_BLOBS: &[Key] = &[
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
pub(in crate::config) const CLASSIFICATION: &[Key] = &[
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
pub(in crate::config) const SPIRAL: &[Key] = &[
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
pub(in crate::config) const XOR: &[Key] = &[SAMPLES, NOISE];
/// Of `quadratic`.
pub(in crate::config) const QUADRATIC: &[Key] = &[SAMPLES, NOISE];
