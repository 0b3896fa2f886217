//! The keys of `[train]` and of its tables.

use super::Absent::{Default, Means, Required};
use super::{CAN_BE_NO_TABLE, Key, key};

/// Of `[train]`.
pub(in crate::config) const TRAIN: &[Key] = &[
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
pub(in crate::config) const OPTIMIZER: &[Key] = &[
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
pub(in crate::config) const SCHEDULE: &[Key] = &[
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
pub(in crate::config) const WARMUP: &[Key] = &[
    key("epochs", "whole number", Required, "how many"),
    key(
        "start_factor",
        "above 0, up to 1",
        Default,
        "where the straight line to the first rate begins, as a share of it",
    ),
];

/// Of `[train.clip]`.
pub(in crate::config) const CLIP: &[Key] = &[
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
pub(in crate::config) const EARLY_STOPPING: &[Key] = &[
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
