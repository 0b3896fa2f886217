//! The thread that trains, and the place where it puts what pages may have.
//!
//! There is room for one scene and one frame: the trainer overwrites them, and a page takes what is there when it has drawn
//! what it had. So nothing queues, however slow a page is.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::change::Change;
use super::lab::Lab;
use super::request::PageState;
use super::scene::{self, Frame, Scene, Standing};
use crate::error::Error;

/// Notes that are kept for pages that have not seen them.
const MOST_NOTES: usize = 20;

/// What a page wants done.
pub(super) enum Command {
    Change(Change),
    Train(bool),
    Step,
    Pace(f64),
    Save,
    /// The log, to whoever asked.
    Log(Sender<String>),
    End,
}

/// What a page does not have yet.
pub(super) enum News {
    Scene(Arc<Scene>),
    /// With notes.
    Frame(Arc<Frame>, Vec<(u64, String)>),
}

/// What pages may have.
#[derive(Default)]
pub(super) struct Board {
    scene: Option<Arc<Scene>>,
    frame: Option<Arc<Frame>>,
    notes: VecDeque<(u64, String)>,
    told: u64,
    /// Pages that wait for a frame.
    waiting: usize,
    ended: bool,
}

/// The board, and a bell for whoever waits for something new on it.
#[derive(Default)]
pub(super) struct Shared {
    board: Mutex<Board>,
    bell: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Board> {
        // A thread that died in the middle of an assignment leaves what was there before.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something that a page does not have, and not before `from`; `None` once `over` says so or
    /// everything has ended.
    pub(super) fn next(
        &self,
        pull: &PageState,
        from: Instant,
        over: impl Fn() -> bool,
    ) -> Option<News> {
        let mut board = self.lock();
        loop {
            // Epochs that pass by now are not drawn.
            let left = from.saturating_duration_since(Instant::now());
            let still = board.frame.as_ref().is_some_and(|it| !it.is_costly());
            if left.is_zero() || still || board.ended || over() {
                break;
            }
            let waited = self.bell.wait_timeout(board, left);
            board = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        board.waiting += 1;
        let found = loop {
            if board.ended || over() {
                break None;
            }
            let scene = board
                .scene
                .as_ref()
                .filter(|scene| scene.number != pull.scene);
            if let Some(scene) = scene {
                break Some(News::Scene(Arc::clone(scene)));
            }
            let notes: Vec<_> = board
                .notes
                .iter()
                .filter(|(number, _)| *number > pull.note)
                .cloned()
                .collect();
            let frame = board.frame.as_ref().filter(|frame| frame.suits(pull));
            if let Some(frame) =
                frame.filter(|frame| frame.number != pull.frame || !notes.is_empty())
            {
                break Some(News::Frame(Arc::clone(frame), notes));
            }
            let waited = self.bell.wait_timeout(board, Duration::from_secs(1));
            board = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        board.waiting -= 1;
        found
    }

    /// Wakes all who wait, so that they check whether it is over.
    pub(super) fn ring(&self) {
        self.bell.notify_all();
    }

    /// Says something to every page.
    pub(super) fn tell(&self, note: String) {
        let mut board = self.lock();
        board.told += 1;
        let number = board.told;
        board.notes.push_back((number, note));
        if board.notes.len() > MOST_NOTES {
            board.notes.pop_front();
        }
        drop(board);
        self.bell.notify_all();
    }
}

/// The trainer's thread.
pub(super) struct Studio {
    lab: Lab,
    shared: Arc<Shared>,
    commands: Receiver<Command>,
    /// Where runs are saved.
    saves: PathBuf,
    standing: Standing,
    numbers: (u64, u64),
    /// Epochs and when counting them began, for the rate.
    counted: (usize, Instant),
    due: Instant,
}

/// Epochs a second by default.
const PACE: f64 = 20.0;

impl Studio {
    pub(super) fn new(
        lab: Lab,
        shared: Arc<Shared>,
        commands: Receiver<Command>,
        saves: PathBuf,
    ) -> Self {
        Self {
            lab,
            shared,
            commands,
            saves,
            standing: Standing {
                training: false,
                done: false,
                rate: 0.0,
                pace: PACE,
            },
            numbers: (0, 0),
            counted: (0, Instant::now()),
            due: Instant::now(),
        }
    }

    /// Works until it is told to end; `ready` hears when there is something to see.
    pub(super) fn work(mut self, ready: &SyncSender<()>) {
        self.show(true);
        let _ = ready.send(());
        loop {
            let wait = match self.standing.training {
                true => self.due.saturating_duration_since(Instant::now()),
                false => Duration::from_secs(3600),
            };
            match self.commands.recv_timeout(wait) {
                Ok(Command::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) if self.standing.training => self.epoch(),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.shared.lock().ended = true;
        self.shared.ring();
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Change(change) => {
                let edit = matches!(change, Change::Edit { .. });
                let before = self.lab.branch().id;
                match self.lab.apply(change) {
                    Ok(notes) => notes.into_iter().for_each(|note| self.shared.tell(note)),
                    Err(error) => self.refuse(&error),
                }
                self.standing.done = self.lab.trainer().is_done();
                // A slider sends many edits, and only the weights change.
                self.show(!(edit && self.lab.branch().id == before));
            }
            Command::Train(on) => {
                self.standing.done = self.lab.trainer().is_done();
                if on && self.standing.done {
                    self.more();
                }
                self.standing.training = on && !self.standing.done;
                self.due = Instant::now();
                self.counted = (0, self.due);
                self.show(false);
            }
            Command::Step => {
                self.standing.training = false;
                if self.lab.trainer().is_done() {
                    self.more();
                }
                self.epoch();
                self.show(false);
            }
            Command::Pace(epochs) => {
                self.standing.pace = epochs;
                self.counted = (0, Instant::now());
                self.show(false);
            }
            Command::Save => match self.lab.save(&self.saves) {
                Ok(path) => self.shared.tell(format!("saved as {}", path.display())),
                Err(error) => self.refuse(&error),
            },
            Command::Log(to) => {
                // Whoever asked may be gone.
                let _ = to.send(self.lab.log().to_json());
            }
            Command::End => {}
        }
    }

    /// Adds as many epochs again, where all are done.
    fn more(&mut self) {
        let epochs = 2 * self.lab.epoch().max(1);
        let assignments = vec![format!("train.epochs={epochs}")];
        match self.lab.apply(Change::Set { assignments }) {
            Ok(_) => {
                self.shared.tell(format!("train.epochs is now {epochs}"));
                self.standing.done = self.lab.trainer().is_done();
                self.show(true);
            }
            Err(error) => self.refuse(&error),
        }
    }

    fn epoch(&mut self) {
        let began = Instant::now();
        match self.lab.step() {
            Ok(Some(_)) => {}
            Ok(None) => {
                self.standing.training = false;
                self.standing.done = true;
            }
            Err(error) => {
                self.standing.training = false;
                self.refuse(&error);
            }
        }
        self.standing.done = self.lab.trainer().is_done();
        self.standing.training &= !self.standing.done;
        self.counted.0 += 1;
        let seconds = self.counted.1.elapsed().as_secs_f64();
        if seconds > 0.5 {
            self.standing.rate = self.counted.0 as f64 / seconds;
            self.counted = (0, Instant::now());
        }
        if self.standing.pace > 0.0 {
            let gap = Duration::from_secs_f64(1.0 / self.standing.pace);
            // Delays are not made up for.
            self.due = (self.due + gap).max(began);
        } else {
            self.due = Instant::now();
        }
        if !self.standing.training || self.shared.lock().waiting > 0 {
            self.show(false);
        }
    }

    fn refuse(&self, error: &Error) {
        self.shared.tell(error.to_string());
    }

    /// Puts the current state where pages find it.
    fn show(&mut self, scene: bool) {
        if scene {
            self.numbers.0 += 1;
            match scene::scene(&self.lab, self.numbers.0, &self.saves.display().to_string()) {
                Ok(scene) => self.shared.lock().scene = Some(Arc::new(scene)),
                Err(error) => self.refuse(&error),
            }
        }
        let scene = self.shared.lock().scene.clone();
        // Without a scene there is nothing that could be shown of it.
        let Some(scene) = scene else { return };
        self.numbers.1 += 1;
        let frame = scene::frame(&self.lab, self.numbers.1, &scene, self.standing);
        self.shared.lock().frame = Some(Arc::new(frame));
        self.shared.ring();
    }
}
