//! The promises of a gate, tested on the program itself: real HTTP, real files, real processes,
//! real signals.
//!
//! - `way`: a delivery, or a tick, becomes a run.
//! - `hostile`: what no honest sender sends.
//! - `isolation`: what a run cannot reach.
//! - `durability`: crashes, restarts, duplicates, replay. `crash`: the same, again and again.
//! - `lives`: what an end takes with it, and what the next start finds.
//! - `host`, `disk`: what the machine refuses is nobody's failure, and is told.
//! - `supervision`: panics at every stage. `subjects`: one run per subject, and guards.
//! - `doors`: who cannot shut them, and what they refuse.
//! - `overload`: bounded memory, and nothing lost. `costly`: what the worst bodies cost.
//! - `power`: the order of commit, fsync and answer.
//! - `clocks`: clocks that are set while the gate runs.
//! - `contexts`: what the samples say. `outsider`: a provider that nothing inside knows.
//! - `reload`: another configuration while it works. `load`: the same under load. `watching`: by its files
//!   alone.
//! - `revisions`: configurations have numbers that last.
//! - `service`: what a service manager hands over, and is told.
//! - `api`: the control API: pages, problems, keys, the audit, signals. `bulk`: bulk actions.
//! - `control`: pausing, scaling, ending, moving work.
//! - `commands`, `cli`, `reading`, `pipes`: what people type.
//! - `dashboard`: what people see, in a real browser.
//! - `metrics`, `logs`, `traces`: what Prometheus reads, what the log says, what a collector is sent.
//! - `backup`: a copy of a store in use.
//! - `deploy`: what systemd, Kubernetes, compose, proxies, Prometheus and Grafana are given.
//! - `architecture`: the walls inside the code. `documents`: what is written about it.
//! - `guides`: what is written for people, typed as it stands.
#![expect(clippy::unwrap_used, reason = "what is not there fails the test, which is what it is for")]
#![expect(clippy::format_collect, clippy::format_push_string, reason = "a test may allocate")]

mod api;
mod architecture;
mod backup;
mod bulk;
mod cli;
mod clocks;
mod commands;
mod contexts;
mod control;
mod costly;
mod crash;
mod dashboard;
mod deploy;
mod disk;
mod documents;
mod doors;
mod durability;
mod guides;
mod host;
mod hostile;
mod isolation;
mod lives;
mod load;
mod logs;
mod metrics;
mod outsider;
mod overload;
mod pipes;
mod power;
mod presets;
mod reading;
mod reload;
mod revisions;
mod service;
mod subjects;
mod supervision;
#[allow(dead_code, unused_imports, reason = "some of it waits for the tests of mends under way")]
mod support;
mod traces;
mod watching;
mod way;
