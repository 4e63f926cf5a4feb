//! Counters of one name that differ in one label.
#![expect(clippy::disallowed_macros, reason = "a place that names metrics")]

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use metrics::Counter;

/// Each value's counter is made when it is first counted, and kept. Values are few and the
/// program's own, never a stranger's text.
pub(super) struct Labelled {
    name: &'static str,
    label: &'static str,
    counters: Mutex<HashMap<&'static str, Counter>>,
}

impl Labelled {
    /// A counter of this name, with the values that are there from the start.
    pub(super) fn new(name: &'static str, label: &'static str, values: &[&'static str]) -> Self {
        let this = Self { name, label, counters: Mutex::default() };
        for value in values {
            this.add(value, 0);
        }
        this
    }

    pub(super) fn increment(&self, value: &'static str) {
        self.add(value, 1);
    }

    fn add(&self, value: &'static str, by: u64) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || metrics::counter!(self.name, self.label => value);
        counters.entry(value).or_insert_with(make).increment(by);
    }
}
