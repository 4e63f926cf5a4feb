//! Why a delivery did, or did not, trigger: in one sentence.

use herdgate_actors::{
    domain::{Parsed, Verdict},
    store::StoredReceipt,
};

use super::matrix::{agent_of, matched, nearest, why_not};

/// The answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// `yes`, `no` or `bad`.
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// Of a receipt, and what would be said of it today.
pub(super) fn answer(receipt: &StoredReceipt, today: &[Verdict]) -> Why {
    let why = |class, text| Why { class, text };
    if let Some(quarantine) = &receipt.quarantine {
        return why("bad", format!("It is not routed any more: {quarantine}. A replay tries once more."));
    }
    match &receipt.parsed {
        None => {
            let text = "It is on disk and waits to be read; the upkeep routes it within seconds.";
            return why("no", text.to_owned());
        }
        Some(Parsed::Unparsable(problem)) => {
            return why("bad", format!("Nobody was asked, because its body is no event: {}.", problem.0));
        }
        Some(Parsed::Event(_)) => {}
    }
    let wanted = names(receipt.verdicts.iter().filter(|verdict| matched(verdict)));
    let today_too = names(today.iter().filter(|verdict| {
        let then = receipt.verdicts.iter().find(|then| agent_of(then) == agent_of(verdict));
        matched(verdict) && !then.is_some_and(matched)
    }));
    let mut text = match (&wanted, receipt.duplicate_of) {
        (Some(agents), None) => match others(receipt) {
            Some(others) => format!("{agents} wanted it: {others}."),
            None => format!("It triggered {agents}."),
        },
        (Some(agents), Some(_)) => {
            format!("{agents} wanted it, but the same delivery had come before, so no second job was made.")
        }
        (None, Some(_)) => "The same delivery had come before, and nobody wanted it.".to_owned(),
        (None, None) => nobody(receipt, today),
    };
    if let Some(agents) = &today_too {
        text = format!("{text} Today it would trigger {agents}.");
    }
    let made_jobs = wanted.is_some() && receipt.duplicate_of.is_none();
    why(if made_jobs { "yes" } else { "no" }, text)
}

/// What became of its jobs, where all of them are over because others of their keys were there.
fn others(receipt: &StoredReceipt) -> Option<String> {
    let reasons = receipt.jobs.iter().map(|job| job.reason.as_ref().filter(|_| job.stand_in.is_some()));
    let reasons: Option<Vec<_>> = reasons.collect();
    reasons?.first().map(ToString::to_string)
}

fn nobody(receipt: &StoredReceipt, today: &[Verdict]) -> String {
    let sources = receipt.delivery.sources().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let nearest = nearest(&receipt.verdicts).or_else(|| nearest(today));
    match nearest {
        Some((agent, failed)) => {
            format!("It triggered nobody. {agent} missed it by the least: {}.", why_not(failed))
        }
        None if receipt.verdicts.is_empty() && today.is_empty() => {
            format!("It triggered nobody, because no enabled agent listens to {sources}.")
        }
        None => "It triggered nobody.".to_owned(),
    }
}

/// So many are named.
const NAMED: usize = 4;

fn names<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Option<String> {
    let names: Vec<_> = verdicts.map(|verdict| agent_of(verdict).as_str()).collect();
    match names.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        [most @ .., last] if names.len() <= NAMED => Some(format!("{} and {last}", most.join(", "))),
        _ => Some(format!("{} and {} more", names[..NAMED].join(", "), names.len() - NAMED)),
    }
}
