//! Runs as processes of this machine.
//!
//! ```text
//! ProcessRunner ── order ──▶ Spawner (threads: folder, files, launch) ── Started ──▶ drive
//!                                                                                   │ Exit: the leader's end
//!                                                                                   │ Output: pipe -> capped log
//!                                                                                   ▼ timeout, stop
//!                                                                       Group: signals, burial
//! ```
//! A run is one future and no thread: it waits on a pidfd, a pipe and a timer. What blocks (files,
//! starting a process) is done by a few spawner threads.

mod drive;
mod environment;
mod exit;
mod group;
mod meaning;
mod output;
mod runner;
mod spawner;

pub use runner::ProcessRunner;
