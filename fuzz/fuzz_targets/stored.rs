//! What the store keeps as JSON: contexts, verdicts, causes, reasons, outcomes.
#![no_main]

use herdgate_actors::{domain::{Event, Headers, Verdict}, store::{AttemptOutcome, JobTrigger, Reason}};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

fuzz_target!(|text: &str| {
    same::<Event>(text);
    same::<Vec<Verdict>>(text);
    same::<Headers>(text);
    same::<JobTrigger>(text);
    same::<Reason>(text);
    same::<AttemptOutcome>(text);
});

/// What can be read is written and read again as the same.
fn same<T: DeserializeOwned + Serialize>(text: &str) {
    if let Ok(value) = serde_json::from_str::<T>(text) {
        let once = serde_json::to_string(&value).expect("it is JSON");
        let again: T = serde_json::from_str(&once).expect("and can be read again");
        assert_eq!(once, serde_json::to_string(&again).expect("it is JSON"));
    }
}
