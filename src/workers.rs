//! Several tasks at once on threads of their own, not on rayon's: where a task waits for another's result, or for a kernel that
//! runs on rayon, a waiting worker of rayon's could be handed the very task it waits for.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// What has been done so far: results by the number of their task, and the failed task that comes first.
struct Done<R> {
    results: Vec<Option<R>>,
    failed: Option<(usize, Error)>,
}

/// What `work` makes of each task, in the order of the tasks, `jobs` of them at once. Tasks begin in their order; none begins
/// after one has failed or `stop` is set, but those that have begun are finished. So the result is that of the first tasks:
/// of all, unless `stop` was set.
///
/// # Errors
/// That of the first task in their order that fails, whatever `jobs` is.
pub(crate) fn map<T: Sync, R: Send>(
    tasks: &[T],
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Done {
        results: tasks.iter().map(|_| None).collect(),
        failed: None,
    });
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(tasks.len()).max(1) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(number) else {
                        break;
                    };
                    let result = work(task);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(result) => done.results[number] = Some(result),
                        Err(error) => {
                            next.store(tasks.len(), Ordering::Relaxed);
                            if done
                                .failed
                                .as_ref()
                                .is_none_or(|(first, _)| number < *first)
                            {
                                done.failed = Some((number, error));
                            }
                        }
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    match done.failed {
        Some((_, error)) => Err(error),
        None => Ok(done.results.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NEVER: AtomicBool = AtomicBool::new(false);

    #[test]
    fn results_stand_in_the_order_of_the_tasks() {
        let tasks: Vec<u64> = (0..100).collect();
        for jobs in [0, 1, 3, 200] {
            let squares = map(&tasks, jobs, &NEVER, |&task| {
                // The first tasks end last.
                std::thread::sleep(std::time::Duration::from_micros(20 * (100 - task)));
                Ok(task * task)
            });
            let expected: Vec<u64> = tasks.iter().map(|task| task * task).collect();
            assert_eq!(squares.unwrap(), expected, "{jobs} jobs");
        }
        assert!(
            map(&[], 2, &NEVER, |task: &u64| Ok(*task))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn the_first_task_that_fails_is_named_and_ends_the_rest() {
        let tasks: Vec<usize> = (0..1000).collect();
        for jobs in [1, 2, 8] {
            let begun = AtomicUsize::new(0);
            let result = map(&tasks, jobs, &NEVER, |&task| {
                begun.fetch_add(1, Ordering::Relaxed);
                // The later a task, the sooner it fails.
                std::thread::sleep(std::time::Duration::from_millis(
                    20_usize.saturating_sub(task) as u64,
                ));
                match task {
                    0..3 => Ok(task),
                    _ => Err(Error::invalid(format!("task {task}"), "it fails", "none")),
                }
            });
            let error = result.unwrap_err().to_string();
            assert!(error.contains("task 3"), "{jobs} jobs: {error}");
            assert!(begun.into_inner() < 100, "{jobs} jobs");
        }
    }

    #[test]
    fn a_stop_keeps_what_has_begun() {
        let tasks: Vec<usize> = (0..1000).collect();
        let stop = AtomicBool::new(false);
        let done = map(&tasks, 4, &stop, |&task| {
            if task == 10 {
                stop.store(true, Ordering::Relaxed);
            }
            Ok(task)
        });
        let done = done.unwrap();
        assert!(done.len() > 10 && done.len() < 1000, "{}", done.len());
        assert_eq!(done, tasks[..done.len()]);
    }
}
