//! NumPy's and PyTorch's numbers, against those that `reference/generators.py` wrote.

use foldspace::random::{Generator, RandomState, dataloader_order};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Reference {
    numpy: Vec<NumpyDraws>,
    torch: Vec<TorchDraws>,
    uniform: Vec<UniformDigest>,
    dataloader: Vec<DataLoaderEpochs>,
}

#[derive(Deserialize)]
struct NumpyDraws {
    seed: u32,
    rand: Vec<f64>,
    randn: Vec<f64>,
    normal: Vec<f64>,
    uniform: Vec<f64>,
    small: Vec<i64>,
    one: i64,
    word: i64,
    large: Vec<i64>,
    full: i64,
    permutation: Vec<usize>,
    choice: Vec<usize>,
    choice_once: Vec<usize>,
    randn_after: Vec<f64>,
    after_many: f64,
}

#[derive(Deserialize)]
struct TorchDraws {
    seed: u64,
    rand: Vec<f32>,
    rand_f64: Vec<f64>,
    uniform: Vec<f32>,
    randn_scalar: Vec<f32>,
    randn_chunks: Vec<f32>,
    randn_cached: Vec<f32>,
    normal_chunks: Vec<f32>,
    randn_f64_scalar: Vec<f64>,
    randn_f64_chunks: Vec<f64>,
    random: u64,
    randperm: Vec<usize>,
    rand_after: f32,
}

#[derive(Deserialize)]
struct UniformDigest {
    seed: u64,
    count: usize,
    words_xor: u32,
    words_sum: u64,
}

#[derive(Deserialize)]
struct DataLoaderEpochs {
    seed: u64,
    samples: usize,
    linear_draws: usize,
    epochs: Vec<Vec<usize>>,
    rand_after: f32,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/generators.json")).unwrap()
}

fn draw<T>(count: usize, draw_one: impl FnMut() -> T) -> Vec<T> {
    std::iter::repeat_with(draw_one).take(count).collect()
}

/// Equal up to the last bits, where a logarithm or a sine is involved.
fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (our, their) in ours.iter().zip(theirs) {
        assert!((our - their).abs() <= tolerance, "{our} is not {their}");
    }
}

fn widen(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| f64::from(number)).collect()
}

#[test]
fn random_state_draws_what_numpy_draws() {
    for expected in reference().numpy {
        let mut random = RandomState::new(expected.seed);
        assert_eq!(random.rand(3), expected.rand);
        assert_close(&random.randn(5), &expected.randn, 2e-15);
        assert_close(
            &draw(2, || random.normal(3.0, 0.25)),
            &expected.normal,
            2e-15,
        );
        assert_eq!(draw(2, || random.uniform(-10.0, 10.0)), expected.uniform);
        assert_eq!(draw(6, || random.randint(-3, 10)), expected.small);
        assert_eq!(random.randint(7, 8), expected.one);
        assert_eq!(random.randint(0, 1 << 32), expected.word);
        assert_eq!(
            draw(2, || random.randint(-(1 << 40), 1 << 50)),
            expected.large
        );
        assert_eq!(random.randint(i64::MIN, i64::MAX), expected.full);
        assert_eq!(random.permutation(20), expected.permutation);
        assert_eq!(random.choice(9, 6, true), expected.choice);
        assert_eq!(random.choice(9, 6, false), expected.choice_once);
        assert_close(&random.randn(2), &expected.randn_after, 2e-15);
        random.rand(2000);
        assert_eq!(random.random_sample(), expected.after_many);
    }
}

#[test]
fn generator_draws_what_pytorch_draws() {
    for expected in reference().torch {
        let mut generator = Generator::new(expected.seed);
        let bound = 0.5_f64.sqrt() as f32;
        assert_eq!(generator.rand(3), expected.rand);
        assert_eq!(generator.rand_f64(3), expected.rand_f64);
        assert_eq!(generator.uniform(9, -bound, bound), expected.uniform);
        assert_eq!(generator.randn(5), expected.randn_scalar);
        let chunks = generator.randn(37);
        assert_close(&widen(&chunks), &widen(&expected.randn_chunks), 5e-7);
        assert_eq!(generator.randn(2), expected.randn_cached);
        let chunks = generator.normal(16, 2.0, 0.5);
        assert_close(&widen(&chunks), &widen(&expected.normal_chunks), 5e-7);
        assert_close(&generator.randn_f64(3), &expected.randn_f64_scalar, 2e-15);
        assert_close(&generator.randn_f64(20), &expected.randn_f64_chunks, 2e-15);
        assert_eq!(generator.random_seed(), expected.random);
        assert_eq!(generator.randperm(20), expected.randperm);
        assert_eq!(generator.rand(1), [expected.rand_after]);
    }
}

#[test]
fn uniform_numbers_between_irrational_bounds_equal_pytorchs_in_every_bit() {
    for expected in reference().uniform {
        let bound = (1.0_f64 / 7.0).sqrt() as f32;
        let numbers = Generator::new(expected.seed).uniform(expected.count, -bound, bound);
        let words = numbers.iter().map(|number| number.to_bits());
        assert_eq!(
            words.clone().fold(0, |all, word| all ^ word),
            expected.words_xor
        );
        assert_eq!(words.map(u64::from).sum::<u64>(), expected.words_sum);
    }
}

#[test]
fn dataloader_visits_samples_in_pytorchs_order_and_leaves_the_generator_where_pytorch_does() {
    for expected in reference().dataloader {
        let mut generator = Generator::new(expected.seed);
        generator.rand(expected.linear_draws);
        for epoch in expected.epochs {
            assert_eq!(dataloader_order(&mut generator, expected.samples), epoch);
        }
        assert_eq!(generator.rand(1), [expected.rand_after]);
    }
}

fn through_json<T: serde::Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn through_toml<T: serde::Serialize + DeserializeOwned>(value: &T) -> T {
    toml::from_str(&toml::to_string(value).unwrap()).unwrap()
}

#[test]
fn saved_generators_continue_their_streams_at_every_point_of_a_block() {
    for draws in [0, 1, 5, 311, 312, 313, 623, 624, 625, 1000] {
        let mut random = RandomState::new(42);
        random.randn(draws);
        let mut generator = Generator::new(42);
        generator.rand(draws);
        generator.randn(1);
        for mut restored in [through_json(&random), through_toml(&random)] {
            assert!(restored == random);
            assert_eq!(restored.randn(700), random.clone().randn(700));
        }
        for mut restored in [through_json(&generator), through_toml(&generator)] {
            assert!(restored == generator);
            assert_eq!(restored.randn(1), generator.clone().randn(1));
            assert_eq!(restored.rand(700), {
                let mut original = generator.clone();
                original.randn(1);
                original.rand(700)
            });
        }
    }
}

#[test]
fn seeding_again_starts_the_stream_again_and_forgets_the_cached_normal() {
    let mut random = RandomState::new(3);
    let first = random.randn(1);
    random.seed(3);
    assert_eq!(random.randn(1), first);
    let mut generator = Generator::new(3);
    let first = generator.randn(1);
    generator.manual_seed(3);
    assert_eq!(generator.randn(1), first);
}

#[test]
fn damaged_states_are_refused_by_what_is_wrong_with_them() {
    let refusal = |text: &str| {
        serde_json::from_str::<RandomState>(text)
            .unwrap_err()
            .to_string()
    };
    let short = r#"{"twister": {"block": [1, 2], "position": 0}, "cached_normal": null}"#;
    assert!(refusal(short).contains("624 words, not 2"));
    let whole = serde_json::to_string(&RandomState::new(0)).unwrap();
    let beyond = whole.replace(r#""position":0"#, r#""position":625"#);
    assert!(refusal(&beyond).contains("at most 624, not 625"));
    let garbled = whole.replace(r#""cached_normal":null"#, r#""cached_normal":"xyz""#);
    assert!(refusal(&garbled).contains("`xyz` is not 16 hexadecimal digits"));
}
