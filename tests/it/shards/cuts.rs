//! Any cut, in any order, is the same sweep.

use std::fs;

use foldspace::sweep::{Deal, Grid, Setting, Shard};
use proptest::prelude::*;

use super::{SWEEP, assert_same, files, folder, foldspace, local, shard, succeed};

fn grid(sizes: &[usize], seeds: u64, folds: usize) -> Grid {
    let settings = sizes.iter().enumerate().map(|(k, &size)| Setting {
        key: format!("k{k}"),
        values: (0..size).map(|value| value.to_string()).collect(),
    });
    let grid = Grid::new(settings.collect(), (0..seeds).collect()).unwrap();
    match folds {
        0 => grid,
        folds => grid.with_folds(folds).unwrap(),
    }
}

proptest! {
    /// Every run belongs to one shard, and two shards differ by at most the cost of one task.
    #[test]
    fn shards_are_a_partition(
        sizes in prop::collection::vec(1_usize..5, 0..3),
        seeds in 1_u64..9,
        folds in prop::sample::select(vec![0_usize, 2, 3]),
        costs in prop::collection::vec(0_u64..1000, 16),
        together in prop::collection::vec(1_usize..4, 16),
        count in 1_usize..40,
    ) {
        let grid = grid(&sizes, seeds, folds);
        let most = grid.combinations();
        let alone = folds > 0;
        let deal = Deal {
            costs: costs[..most].to_vec(),
            together: together[..most].iter().map(|&size| if alone { 1 } else { size }).collect(),
        };
        let mut met = vec![0; grid.runs()];
        let mut loads = Vec::new();
        let mut dearest = 0;
        for index in 0..count {
            let tasks = deal.of_shard(&grid, Shard { index, count });
            let cost = |task: &foldspace::sweep::Task| deal.costs[task.combination] * task.seeds.len() as u64;
            loads.push(tasks.iter().map(cost).sum::<u64>());
            dearest = dearest.max(tasks.iter().map(cost).max().unwrap_or(0));
            for run in tasks.iter().flat_map(|task| task.runs(&grid)) {
                met[run] += 1;
            }
        }
        prop_assert!(met.iter().all(|&times| times == 1), "{met:?}");
        prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= dearest, "{loads:?}");
    }

    /// A run's number and its place are each other's inverse, and numbers ascend as the rows of runs.csv do.
    #[test]
    fn runs_are_numbered_in_order(sizes in prop::collection::vec(1_usize..4, 0..3), seeds in 1_u64..5, folds in prop::sample::select(vec![0_usize, 2, 4])) {
        let grid = grid(&sizes, seeds, folds);
        let places: Vec<_> = (0..grid.runs()).map(|run| grid.place(run)).collect();
        prop_assert!(places.is_sorted());
        for (run, &(combination, seed, fold)) in places.iter().enumerate() {
            prop_assert_eq!(grid.run(combination, seed, fold), run);
            prop_assert!(combination < grid.combinations() && seed < seeds as usize && fold <= folds);
        }
    }
}

/// Grids as people sweep them, cut into 100 shards: the slowest beside the mean, when a run takes what it was estimated to take.
#[test]
fn shards_take_equally_long() {
    for (costs, seeds) in [
        (vec![1, 10, 100], 1370),
        (vec![5, 10, 20, 40, 80], 333),
        ((1..=30).collect::<Vec<u64>>(), 57),
    ] {
        let grid = grid(&[costs.len()], seeds, 0);
        let together = vec![1; costs.len()];
        let deal = Deal { costs, together };
        let load = |index| -> u64 {
            let tasks = deal.of_shard(&grid, Shard { index, count: 100 });
            tasks.iter().map(|task| deal.costs[task.combination]).sum()
        };
        let loads: Vec<u64> = (0..100).map(load).collect();
        let mean = loads.iter().sum::<u64>() as f64 / 100.0;
        let slowest = *loads.iter().max().unwrap() as f64;
        assert!(slowest <= 1.11 * mean, "{slowest} beside {mean}");
    }
}

#[test]
fn however_a_sweep_is_cut_its_files_are_the_same() {
    let folder = folder();
    let root = folder.path();
    let expected = local(root);
    for count in [1, 2, 3, 7, 20] {
        let out = format!("of-{count}");
        // In another order each time: 7 and 20 have no factor in common with 3.
        for turn in 0..count {
            let index = (turn * if count == 3 { 2 } else { 3 } + 1) % count;
            let said = shard(root, &out, &format!("{index}/{count}"));
            let runs = 16 / count + usize::from(16 % count > index);
            assert!(
                said.starts_with(&format!(
                    "shard {index}/{count}: {runs} runs, {runs} of them now"
                )),
                "{said}"
            );
        }
        let said = succeed(root, &["collect", &out]);
        assert!(said.contains("best: epochs 6, lr 0.02"), "{said}");
        assert_same(&expected, &root.join(&out), &out);
    }
    // Once more, and from what a single machine wrote.
    for out in ["of-7", "local"] {
        succeed(root, &["collect", out, "-q"]);
        assert_same(&expected, &root.join(out), "collected again");
    }
}

#[test]
fn folds_are_cut_too_and_curves_can_be_left_out() {
    let folder = folder();
    let root = folder.path();
    let sweep = [
        "sweep",
        "small.toml",
        "--set",
        "train.epochs=1,2",
        "--folds",
        "3",
        "--seeds",
        "0..2",
        "--curves",
        "never",
    ];
    succeed(root, &[&sweep[..], &["--out", "local", "-q"]].concat());
    let expected = files(&root.join("local"));
    assert!(!expected.contains_key("curves.csv") && !expected.contains_key("curves.svg"));
    for index in ["4/5", "0/5", "2/5", "3/5", "1/5"] {
        succeed(
            root,
            &[&sweep[..], &["--out", "cut", "--shard", index]].concat(),
        );
    }
    succeed(root, &["collect", "cut", "-q"]);
    assert_same(&expected, &root.join("cut"), "folds");
    let record = fs::read_to_string(root.join("cut/sweep.toml")).unwrap();
    assert!(record.contains("curves = false") && record.contains("folds = 3"));
}

#[test]
fn what_is_missing_is_listed_and_done_here() {
    let folder = folder();
    let root = folder.path();
    let expected = local(root);
    for index in ["3/7", "0/7", "6/7"] {
        shard(root, "cut", index);
    }
    let (code, stdout, stderr) = foldspace(root, &["collect", "cut"]);
    assert_eq!((code, &stdout[..]), (Some(1), "1-2,4-5\n"));
    assert!(
        stderr.contains("cut: 9 of 16 runs are missing, in shards 1-2,4-5 of 7; run these (sbatch --array=1-2,4-5)"),
        "{stderr}"
    );
    assert!(!root.join("cut/runs.csv").exists());
    let (code, stdout, _) = foldspace(root, &["collect", "cut", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(report["missing_shards"], serde_json::json!([1, 2, 4, 5]));
    assert_eq!(
        (&report["runs"], &report["missing"]),
        (&16.into(), &9.into())
    );

    let (code, _, stderr) = foldspace(root, &["collect", "cut", "--partial"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("9 of 16 runs are missing"), "{stderr}");
    let runs = fs::read_to_string(root.join("cut/runs.csv")).unwrap();
    assert_eq!(runs.lines().count(), 8);

    succeed(
        root,
        &[&SWEEP[..], &["--out", "cut", "--missing", "-q"]].concat(),
    );
    assert_same(&expected, &root.join("cut"), "--missing");
    // Nothing is left to do, and that is no failure.
    succeed(
        root,
        &[&SWEEP[..], &["--out", "cut", "--missing", "-q"]].concat(),
    );
    assert!(shard(root, "cut", "5/7").contains("2 runs, 0 of them now"));
    assert!(shard(root, "cut", "25/30").contains("0 runs, 0 of them now"));
}
