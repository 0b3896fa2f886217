//! The combinations of a sweep: the product of the values of every setting.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::{MOST_RUNS, Trial};
use crate::error::{Error, Result};

/// One `--set KEY=V1,V2,...`.
///
/// ```
/// use foldspace::sweep::Setting;
/// let setting: Setting = "train.schedule={ name = 'step', every = 5 },{ name = 'cosine' }".parse()?;
/// assert_eq!(setting.key, "train.schedule");
/// assert_eq!(setting.values, ["{ name = 'step', every = 5 }", "{ name = 'cosine' }"]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The configuration's key, such as `train.optimizer.lr`.
    pub key: String,
    /// What it is set to, as it stands in the text.
    pub values: Vec<String>,
}

impl FromStr for Setting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |problem: String| {
            Error::invalid(
                format!("--set {text}"),
                problem,
                "write it as --set train.optimizer.lr=0.01,0.1",
            )
        };
        let (key, values) = text
            .split_once('=')
            .ok_or_else(|| refuse("there is no = in it".to_owned()))?;
        let key = key.trim();
        if key.is_empty() {
            return Err(refuse("there is no key before the =".to_owned()));
        }
        if key == "seed" {
            return Err(Error::invalid(
                format!("--set {text}"),
                "seeds are not a setting here",
                "give them with --seeds 1,2,3",
            ));
        }
        let values = split_values(values)
            .ok_or_else(|| refuse("a bracket, brace or quote is not closed".to_owned()))?;
        let mut seen = BTreeSet::new();
        for value in &values {
            if value.is_empty() {
                return Err(refuse("a value is empty".to_owned()));
            }
            if !seen.insert(value) {
                return Err(refuse(format!("the value {value} stands in it twice")));
            }
        }
        Ok(Self {
            key: key.to_owned(),
            values,
        })
    }
}

/// Splits at commas outside brackets, braces and quotes; `None` where one of these is not closed.
fn split_values(text: &str) -> Option<Vec<String>> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for c in text.chars() {
        match (quote, c) {
            // In double quotes a backslash takes the next sign's meaning away, as in TOML.
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut()?.push(c);
    }
    let closed = depth == 0 && quote.is_none();
    closed.then(|| values.iter().map(|value| value.trim().to_owned()).collect())
}

/// What a sweep runs: every combination of the settings' values, with every seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    settings: Vec<Setting>,
    seeds: Vec<u64>,
    /// 0 without cross-validation.
    folds: usize,
}

impl Grid {
    /// The grid of these settings and seeds.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a key is set twice, there are no seeds, or there are more than [`MOST_RUNS`] runs.
    pub fn new(settings: Vec<Setting>, seeds: Vec<u64>) -> Result<Self> {
        for (i, setting) in settings.iter().enumerate() {
            if settings[..i].iter().any(|other| other.key == setting.key) {
                return Err(Error::invalid(
                    format!("--set {}", setting.key),
                    "the key is set twice",
                    "give all its values in one --set, with commas between them",
                ));
            }
        }
        if seeds.is_empty() {
            return Err(Error::invalid(
                "--seeds",
                "there are none",
                "give at least one",
            ));
        }
        let grid = Self {
            settings,
            seeds,
            folds: 0,
        };
        let counts = grid.settings.iter().map(|setting| setting.values.len());
        let combinations = counts.fold(1_usize, usize::saturating_mul);
        let runs = combinations.saturating_mul(grid.seeds.len());
        if runs > MOST_RUNS {
            return Err(Error::invalid(
                "sweep",
                format!(
                    "{combinations} combinations with {} seeds each are {runs} runs, more than {MOST_RUNS}",
                    grid.seeds.len()
                ),
                "give fewer values or seeds",
            ));
        }
        Ok(grid)
    }

    /// All settings, in the order in which they were given.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The settings that differ between combinations.
    pub fn swept(&self) -> Vec<&Setting> {
        let several = |setting: &&Setting| setting.values.len() > 1;
        self.settings.iter().filter(several).collect()
    }

    /// The same with each of `folds` folds held out once, for every seed.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there are fewer than 2, `data.fold` is set besides, or there are more than [`MOST_RUNS`] runs.
    pub fn with_folds(mut self, folds: usize) -> Result<Self> {
        let refuse =
            |problem: String, remedy: &str| Err(Error::invalid("--folds", problem, remedy));
        if folds < 2 {
            return refuse(
                format!("{folds} folds leave nothing to train on"),
                "use at least 2, such as 5",
            );
        }
        let own = ["data.fold", "data.folds", "data.test_fraction"];
        if let Some(setting) = self
            .settings
            .iter()
            .find(|setting| own.contains(&setting.key.as_str()))
        {
            return refuse(
                format!("{} is set as well", setting.key),
                "leave one of them out",
            );
        }
        self.folds = folds;
        let runs = self.runs();
        if runs > MOST_RUNS {
            return refuse(
                format!("these are {runs} runs, more than {MOST_RUNS}"),
                "give fewer values, seeds or folds",
            );
        }
        Ok(self)
    }

    /// How many folds are held out in turn, 0 without cross-validation.
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// How many runs there are of every combination: seeds, times folds.
    pub fn replicates(&self) -> usize {
        self.seeds.len() * self.folds.max(1)
    }

    /// The seeds that every combination is run with.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// The number of combinations.
    pub fn combinations(&self) -> usize {
        self.settings.iter().map(|s| s.values.len()).product()
    }

    /// The number of runs.
    pub fn runs(&self) -> usize {
        self.combinations() * self.replicates()
    }

    /// The number of a run, from 0: combination by combination, within each seed by seed, and within that fold by fold. `seed`
    /// is the place among [`seeds`](Self::seeds), `fold` counts from 1 and is 0 without cross-validation.
    pub fn run(&self, combination: usize, seed: usize, fold: usize) -> usize {
        (combination * self.seeds.len() + seed) * self.folds.max(1) + fold.saturating_sub(1)
    }

    /// The combination, the seed's place and the fold of a run's number.
    pub fn place(&self, run: usize) -> (usize, usize, usize) {
        let folds = self.folds.max(1);
        let (fold, pair) = (run % folds, run / folds);
        let fold = if self.folds == 0 { 0 } else { fold + 1 };
        (pair / self.seeds.len(), pair % self.seeds.len(), fold)
    }

    /// Which value each setting has in a combination; the last setting changes fastest.
    fn places(&self, combination: usize) -> Vec<usize> {
        let mut rest = combination;
        let mut places: Vec<usize> = self
            .settings
            .iter()
            .rev()
            .map(|setting| {
                let place = rest % setting.values.len();
                rest /= setting.values.len();
                place
            })
            .collect();
        places.reverse();
        places
    }

    /// A combination as the overrides that `foldspace train` takes with `--set`.
    pub fn overrides(&self, combination: usize) -> Vec<String> {
        let places = self.places(combination);
        let settings = self.settings.iter().zip(places);
        settings
            .map(|(setting, place)| format!("{}={}", setting.key, setting.values[place]))
            .collect()
    }

    /// A combination's values of the settings that differ, in the order of [`swept`](Self::swept).
    pub fn values(&self, combination: usize) -> Vec<&str> {
        let places = self.places(combination);
        let settings = self.settings.iter().zip(places);
        settings
            .filter(|(setting, _)| setting.values.len() > 1)
            .map(|(setting, place)| setting.values[place].as_str())
            .collect()
    }

    /// The numbers of runs by their seeds.
    pub fn numbers(&self) -> Numbers<'_> {
        let seeds = self.seeds.iter().zip(0_usize..);
        Numbers {
            grid: self,
            places: seeds.map(|(&seed, place)| (seed, place)).collect(),
        }
    }

    /// Which of its values each setting that differs has in a combination, in the order of [`swept`](Self::swept).
    pub fn value_places(&self, combination: usize) -> Vec<usize> {
        let places = self.places(combination).into_iter();
        let both = places.zip(&self.settings);
        both.filter(|(_, setting)| setting.values.len() > 1)
            .map(|(place, _)| place)
            .collect()
    }

    /// Short names of the settings that differ: the last words of their keys, as many as it takes to tell them apart.
    pub fn names(&self) -> Vec<String> {
        let swept = self.swept();
        let tail = |key: &str, words: usize| {
            let parts: Vec<&str> = key.split('.').collect();
            parts[parts.len().saturating_sub(words)..].join(".")
        };
        let name = |setting: &&Setting| {
            let longest = setting.key.split('.').count();
            let alone = |&words: &usize| {
                let own = tail(&setting.key, words);
                let same = swept.iter().filter(|s| tail(&s.key, words) == own);
                same.count() == 1
            };
            tail(&setting.key, (1..longest).find(alone).unwrap_or(longest))
        };
        swept.iter().map(name).collect()
    }

    /// A combination in words, such as `lr 0.1, units 8`; empty where nothing differs.
    ///
    /// ```
    /// use foldspace::sweep::Grid;
    /// let settings = ["train.optimizer.lr=0.1,0.2", "train.batch_size=8", "model.layers.0.units=4,8"];
    /// let settings = settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    /// let grid = Grid::new(settings, vec![1, 2, 3])?;
    /// assert_eq!((grid.combinations(), grid.runs()), (4, 12));
    /// assert_eq!(grid.label(1), "lr 0.1, units 8");
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    pub fn label(&self, combination: usize) -> String {
        let values = self.values(combination);
        let named = self.names().into_iter().zip(values);
        let words: Vec<String> = named
            .map(|(name, value)| format!("{name} {}", bare(value)))
            .collect();
        words.join(", ")
    }
}

/// The numbers of runs by their seeds.
#[derive(Debug, Clone)]
pub struct Numbers<'a> {
    grid: &'a Grid,
    places: BTreeMap<u64, usize>,
}

impl Numbers<'_> {
    /// The [number](Grid::run) of a run; `None` where the grid has no such seed.
    pub fn of(&self, trial: &Trial) -> Option<usize> {
        let place = *self.places.get(&trial.seed)?;
        Some(self.grid.run(trial.combination, place, trial.fold))
    }
}

/// A value without the signs of TOML: `'adam'` is adam, `{ name = 'adam', lr = 0.1 }` is adam, lr 0.1.
///
/// ```
/// use foldspace::sweep::bare;
/// assert_eq!(bare("{ name = 'adam', lr = 0.1 }"), "adam, lr 0.1");
/// ```
pub fn bare(value: &str) -> String {
    let plain = value.replace(['{', '}', '"', '\''], " ").replace('=', " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let words = match words.as_slice() {
        ["name", rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    if words.is_empty() {
        return value.to_owned();
    }
    words.join(" ").replace(" ,", ",")
}
