//! What a new job is to others of its key.

use super::{LookUp, Member};
use crate::domain::{Debounce, JobId, JobState, NewJob, Timestamp, WhenBusy};

/// What a job does to others of its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Takeover {
    /// They waited, and are over.
    pub(in crate::store) ended: Vec<JobId>,
    /// It executes, and is to be stopped.
    pub(in crate::store) stopped: Option<JobId>,
}

/// How a new job stands to others of its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// It has no key, or only waits for its turn.
    Alone,
    /// It is made, for this time.
    Joined { due: Timestamp, takeover: Takeover },
    /// Another one that waits stands for both.
    Merged { into: JobId, takes_over: bool, state: JobState, due: Timestamp, takeover: Takeover },
    /// It is not made.
    Suppressed { by: JobId },
}

/// Decides over a job that may start at `due`.
///
/// A job that waits and never had an attempt goes by the latest delivery: it keeps its id and its
/// place in line, however many are merged into it. One that had attempts ends, and the new one
/// stands for it.
pub(super) fn among<L: LookUp>(job: &NewJob, due: Timestamp, look: &L) -> Result<Group, L::Error> {
    let Some(key) = &job.group_key else { return Ok(Group::Alone) };
    if job.when_busy == WhenBusy::Queue && job.debounce.is_none() {
        return Ok(Group::Alone);
    }
    Ok(decide(job, due, &look.members(&job.agent, key)?))
}

fn decide(job: &NewJob, due: Timestamp, members: &[Member]) -> Group {
    let now = job.created_at;
    let debounced = |since: Timestamp| match job.debounce {
        Some(Debounce { quiet, max }) => due.max(now.plus(quiet).min(since.plus(max.max(quiet)))),
        None => due,
    };
    let waiting = || members.iter().filter(|member| member.state.is_waiting());
    let executing = members.iter().find(|member| member.state == JobState::Executing);
    let fresh = waiting().rev().find(|member| !member.is_tried);
    // It still waits for the burst to end.
    let gathering = fresh.filter(|fresh| job.debounce.is_some() && fresh.due > now);

    if let Some(into) = gathering {
        let takeover = takeover(job, members, into.id);
        return merge(job, into, debounced(into.created_at).max(now), takeover);
    }
    match job.when_busy {
        WhenBusy::Queue => Group::Joined { due: debounced(now), takeover: Takeover::default() },
        WhenBusy::Drop => match executing.or(waiting().next()) {
            Some(busy) => Group::Suppressed { by: busy.id },
            None => Group::Joined { due: debounced(now), takeover: Takeover::default() },
        },
        WhenBusy::Replace | WhenBusy::Cancel => match fresh {
            Some(into) => merge(job, into, into.due.min(due), takeover(job, members, into.id)),
            None => Group::Joined { due: debounced(now), takeover: takeover(job, members, job.id) },
        },
    }
}

/// One that waits stands for both, from the later delivery on.
fn merge(job: &NewJob, into: &Member, due: Timestamp, takeover: Takeover) -> Group {
    let takes_over = job.receipt >= into.receipt;
    if !takes_over {
        let (state, due) = (into.state, into.due);
        return Group::Merged { into: into.id, takes_over, state, due, takeover: Takeover::default() };
    }
    let state = match into.state {
        JobState::Held => JobState::Held,
        _ if due > job.created_at => JobState::Scheduled,
        _ => JobState::Available,
    };
    Group::Merged { into: into.id, takes_over, state, due, takeover }
}

/// Which others a job stands for, where it is one that does; `heir` is the one that stays.
fn takeover(job: &NewJob, members: &[Member], heir: JobId) -> Takeover {
    if !matches!(job.when_busy, WhenBusy::Replace | WhenBusy::Cancel) {
        return Takeover::default();
    }
    // What is about a later delivery stays: this one came to be routed late.
    let earlier = || members.iter().filter(|member| member.id != heir && member.receipt <= job.receipt);
    let executes = |member: &&Member| member.state == JobState::Executing && !member.is_superseded;
    Takeover {
        ended: earlier().filter(|member| member.state.is_waiting()).map(|member| member.id).collect(),
        stopped: match job.when_busy {
            WhenBusy::Cancel => earlier().find(executes).map(|member| member.id),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{GroupKey, JobTrigger, ReceiptId};

    const NOW: i64 = 100_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn job(when_busy: WhenBusy, quiet: u64) -> NewJob {
        let debounce = Debounce { quiet: Duration::from_secs(quiet), max: Duration::from_mins(1) };
        NewJob {
            receipt: Some(ReceiptId::from_raw(50)),
            group_key: Some(GroupKey("acme/app#7".to_owned())),
            when_busy,
            debounce: (quiet > 0).then_some(debounce),
            ..NewJob::new(JobId::from_raw(99), "dev".into(), JobTrigger::Manual, at(NOW))
        }
    }

    fn member(id: i64, state: JobState, due: i64) -> Member {
        Member {
            id: JobId::from_raw(id),
            state,
            created_at: at(NOW - 50_000),
            due: at(due),
            receipt: Some(ReceiptId::from_raw(id)),
            is_tried: state == JobState::Executing || state == JobState::Retryable,
            is_superseded: false,
        }
    }

    fn decided(when_busy: WhenBusy, quiet: u64, members: &[Member]) -> Group {
        decide(&job(when_busy, quiet), at(NOW), members)
    }

    fn merged(into: i64, state: JobState, due: i64, takeover: Takeover) -> Group {
        Group::Merged { into: JobId::from_raw(into), takes_over: true, state, due: at(due), takeover }
    }

    fn ends(ended: &[i64], stopped: Option<i64>) -> Takeover {
        let ended = ended.iter().copied().map(JobId::from_raw).collect();
        Takeover { ended, stopped: stopped.map(JobId::from_raw) }
    }

    #[test]
    fn a_burst_is_one_job_that_starts_when_it_is_quiet_or_has_gone_on_too_long() {
        let first = decided(WhenBusy::Queue, 5, &[]);
        assert_eq!(first, Group::Joined { due: at(NOW + 5_000), takeover: ends(&[], None) });
        let gathering = member(7, JobState::Scheduled, NOW + 1);
        let second = decided(WhenBusy::Queue, 5, &[gathering]);
        assert_eq!(second, merged(7, JobState::Scheduled, NOW + 5_000, ends(&[], None)));
        let long = decided(WhenBusy::Queue, 30, &[gathering]);
        assert_eq!(long, merged(7, JobState::Scheduled, NOW + 10_000, ends(&[], None)), "since its first");
        let over = decided(WhenBusy::Queue, 5, &[member(7, JobState::Scheduled, NOW)]);
        assert_eq!(over, first, "the burst is over");
    }

    #[test]
    fn a_job_that_waits_is_replaced_in_its_place_and_one_that_failed_ends() {
        let (waits, failed) = (member(7, JobState::Available, 3), member(6, JobState::Retryable, NOW + 9));
        let takes_over = decided(WhenBusy::Replace, 0, &[failed, waits]);
        assert_eq!(takes_over, merged(7, JobState::Available, 3, ends(&[6], None)));
        let stands_for = decided(WhenBusy::Replace, 0, &[failed]);
        assert_eq!(stands_for, Group::Joined { due: at(NOW), takeover: ends(&[6], None) });
        let held = decided(WhenBusy::Replace, 0, &[member(7, JobState::Held, 3)]);
        assert_eq!(held, merged(7, JobState::Held, 3, ends(&[], None)), "what holds it back holds on");
    }

    #[test]
    fn only_cancel_stops_the_run_and_only_once() {
        let executes = member(5, JobState::Executing, 0);
        let waits = member(7, JobState::Available, 3);
        let alone = |takeover| Group::Joined { due: at(NOW), takeover };
        assert_eq!(decided(WhenBusy::Replace, 0, &[executes]), alone(ends(&[], None)));
        assert_eq!(decided(WhenBusy::Cancel, 0, &[executes]), alone(ends(&[], Some(5))));
        let stopping = Member { is_superseded: true, ..executes };
        let again = decided(WhenBusy::Cancel, 0, &[stopping, waits]);
        assert_eq!(again, merged(7, JobState::Available, 3, ends(&[], None)));
    }

    #[test]
    fn drop_makes_nothing_while_anything_of_the_key_is_there() {
        for state in [JobState::Executing, JobState::Available, JobState::Retryable, JobState::Held] {
            let busy = Group::Suppressed { by: JobId::from_raw(7) };
            assert_eq!(decided(WhenBusy::Drop, 0, &[member(7, state, NOW)]), busy, "{state}");
        }
        let alone = Group::Joined { due: at(NOW), takeover: ends(&[], None) };
        assert_eq!(decided(WhenBusy::Drop, 0, &[]), alone);
    }

    #[test]
    fn a_delivery_that_is_routed_late_takes_nothing_from_a_later_one() {
        let late = NewJob { receipt: Some(ReceiptId::from_raw(3)), ..job(WhenBusy::Cancel, 0) };
        let members = [member(5, JobState::Executing, 0), member(7, JobState::Available, 3)];
        let into = JobId::from_raw(7);
        let (state, due, takeover) = (JobState::Available, at(3), Takeover::default());
        let expected = Group::Merged { into, takes_over: false, state, due, takeover };
        assert_eq!(decide(&late, at(NOW), &members), expected);
        let waits = Group::Joined { due: at(NOW), takeover: Takeover::default() };
        assert_eq!(decide(&late, at(NOW), &members[..1]), waits, "the later run goes on");
    }
}
