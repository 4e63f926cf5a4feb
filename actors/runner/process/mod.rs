//! Runs as processes of this machine.
//!
//! ```text
//! ProcessRunner ── request ──▶ start ▶ Spawner (threads: folder, files, launch) ── Started ──▶ drive
//!                                                                                   │ Exit: the leader's end
//!                                                                                   │ Output: pipe -> FileThreads: CappedLog
//!                                                                                   ▼ timeout, stop
//!                                                                       Group: signals, reaping, orphans
//! ```
//! A run is one future and no thread: it waits on a pidfd, a pipe and a timer. What blocks (files,
//! starting a process, looking for orphans) is done by a few threads.

mod capped_log;
mod drive;
mod environment;
mod exit;
mod files;
mod group;
mod meaning;
mod output;
mod phase;
mod result_file;
mod runner;
mod sink;
mod spawner;
mod start;

pub use runner::{ProcessOptions, ProcessRunner};
