//! K-fold cross-validation: every sample is held out once, as scikit-learn's `KFold` and `StratifiedKFold` with `shuffle=True`
//! divide them.

use super::split::SplitIndices;
use crate::error::{Error, Result};
use crate::random::RandomState;

/// One of several folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// Which is held out, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Fold {
    /// Refuses folds that don't exist.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there are fewer than 2, or there is none of this number.
    pub fn validate(self) -> Result<()> {
        let refuse = |place: &str, problem: String, remedy: String| {
            Err(Error::invalid(place, problem, remedy))
        };
        if self.of < 2 {
            let problem = format!("{} folds leave nothing to train on", self.of);
            return refuse("data.folds", problem, "use at least 2, such as 5".into());
        }
        if self.number == 0 || self.number > self.of {
            let problem = format!("there is no fold {} of {}", self.number, self.of);
            return refuse("data.fold", problem, format!("use 1 to {}", self.of));
        }
        Ok(())
    }

    /// Which samples are held out and which are trained on, both in their order. With `labels`, every fold has the classes in the
    /// whole's proportions.
    ///
    /// ```
    /// use foldspace::data::Fold;
    ///
    /// let fold = Fold { number: 1, of: 3 };
    /// let split = fold.indices(7, None, 0)?;
    /// assert_eq!((split.test, split.train), (vec![1, 2, 6], vec![0, 3, 4, 5]));
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where there are more folds than samples, or than samples of every class.
    pub fn indices(
        self,
        samples: usize,
        labels: Option<&[usize]>,
        seed: u32,
    ) -> Result<SplitIndices> {
        self.validate()?;
        if self.of > samples {
            return Err(Error::invalid(
                "data.folds",
                format!("{} folds of {samples} samples", self.of),
                "use fewer",
            ));
        }
        let random = &mut RandomState::new(seed);
        let folds = match labels {
            Some(labels) => self.of_classes(labels, random)?,
            None => {
                let order = random.permutation(samples);
                let mut folds = vec![0; samples];
                let mut next = 0;
                for fold in 0..self.of {
                    let size = samples / self.of + usize::from(fold < samples % self.of);
                    for &sample in &order[next..next + size] {
                        folds[sample] = fold;
                    }
                    next += size;
                }
                folds
            }
        };
        let (test, train) = (0..samples).partition(|&sample| folds[sample] + 1 == self.number);
        Ok(SplitIndices { train, test })
    }

    /// The fold of every sample, from 0.
    fn of_classes(self, labels: &[usize], random: &mut RandomState) -> Result<Vec<usize>> {
        // Classes in the order in which they first appear.
        let mut classes: Vec<usize> = Vec::new();
        for &label in labels {
            if !classes.contains(&label) {
                classes.push(label);
            }
        }
        let members = |class: usize| (0..labels.len()).filter(move |&i| labels[i] == class);
        let most = classes.iter().map(|&class| members(class).count()).max();
        if most.is_none_or(|most| self.of > most) {
            return Err(Error::invalid(
                "data.folds",
                format!("{} folds, but no class has that many samples", self.of),
                "use fewer, or set data.stratify = false",
            ));
        }
        // The sorted samples are dealt out to the folds in turn, so that each gets its share of every class.
        let sorted: Vec<usize> = classes
            .iter()
            .enumerate()
            .flat_map(|(k, &class)| members(class).map(move |_| k))
            .collect();
        let mut folds = vec![0; labels.len()];
        for (k, &class) in classes.iter().enumerate() {
            let mut of_class = Vec::new();
            for fold in 0..self.of {
                let turns = sorted.iter().skip(fold).step_by(self.of);
                let count = turns.filter(|&&other| other == k).count();
                of_class.extend(std::iter::repeat_n(fold, count));
            }
            random.shuffle(&mut of_class);
            for (sample, fold) in members(class).zip(of_class) {
                folds[sample] = fold;
            }
        }
        Ok(folds)
    }
}
