//! How many runs a second, beside how many processes the machine can start and reap at all.
//!
//! `cargo test --release -p herdgate-actors --test run -- --ignored --nocapture runs_a_second`

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use herdgate_actors::runner::{Outcome, OutcomeKind};
use tokio::task::JoinSet;

use crate::support::{House, in_time, order};

const RUNS: u32 = 3000;
const AT_ONCE: usize = 16;
/// Of the gate; `fork` would copy page tables for all of it.
const HEAP_BYTES: usize = 150 << 20;

#[tokio::test]
#[ignore = "measures, asserts nothing but the ends"]
async fn runs_a_second() {
    let heap = vec![1_u8; HEAP_BYTES];
    println!("/bin/true, one after the other, spawned bare: {:.0}/s", bare(1));
    println!("/bin/true, two at once, spawned bare: {:.0}/s", bare(2));

    let house = House::new();
    let started = Instant::now();
    let mut runs = JoinSet::<Outcome>::new();
    for _ in 0..RUNS {
        if runs.len() == AT_ONCE {
            assert_eq!(runs.join_next().await.unwrap().unwrap().kind, OutcomeKind::Completed);
        }
        let mut order = order(&["/bin/true"]);
        order.context = Some("{}".repeat(1000));
        order.payload = Some("x".repeat(8000).into());
        runs.spawn(in_time(house.start(order)));
    }
    while let Some(ended) = runs.join_next().await {
        assert_eq!(ended.unwrap().kind, OutcomeKind::Completed);
    }
    println!("runs of /bin/true, {AT_ONCE} at once: {:.0}/s", rate(started.elapsed()));
    drop(heap);
}

fn bare(threads: u32) -> f64 {
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..RUNS / threads {
                    Command::new("/bin/true").env_clear().status().unwrap();
                }
            });
        }
    });
    rate(started.elapsed())
}

fn rate(elapsed: Duration) -> f64 {
    f64::from(RUNS) / elapsed.as_secs_f64()
}
