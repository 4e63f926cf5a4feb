//! Names, units and help of every series.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

enum Kind {
    Counter,
    Gauge,
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Every series with its kind, unit and help.
const SERIES: &[(&str, Kind, Unit, &str)] = &[
    ("herdgate_mailbox_depth", Gauge, Unit::Count, "Messages that wait or are being handled."),
    ("herdgate_mailbox_capacity", Gauge, Unit::Count, "How many messages the mailbox takes."),
    ("herdgate_mailbox_wait_seconds", Histogram, Unit::Seconds, "From post to handler, by kind of actor."),
    ("herdgate_mailbox_accepted_total", Counter, Unit::Count, "Messages taken."),
    ("herdgate_mailbox_rejected_total", Counter, Unit::Count, "Messages refused by a full mailbox."),
    ("herdgate_actor_restarts_total", Counter, Unit::Count, "Restarts after a stop or a panic."),
    ("herdgate_actor_panics_total", Counter, Unit::Count, "Messages whose handler panicked."),
    ("herdgate_deliveries_total", Counter, Unit::Count, "Requests by outcome, refused ones by reason."),
    ("herdgate_delivery_bytes_total", Counter, Unit::Bytes, "Bytes of verified bodies."),
    ("herdgate_answer_seconds", Histogram, Unit::Seconds, "From complete body to answer."),
    ("herdgate_receipts_quarantined_total", Counter, Unit::Count, "Receipts that are routed no more."),
    ("herdgate_receipts_rerouted_total", Counter, Unit::Count, "Stored receipts that were routed again."),
    ("herdgate_scale", Gauge, Unit::Count, "How many runs the agent may have at once."),
    ("herdgate_executing", Gauge, Unit::Count, "Runs under way."),
    ("herdgate_runs_total", Counter, Unit::Count, "Runs that ended, by trigger and outcome."),
    ("herdgate_run_seconds", Histogram, Unit::Seconds, "From claim to end of a run."),
    ("herdgate_run_tokens_total", Counter, Unit::Count, "Tokens that runs told of, by agent and kind."),
    (
        "herdgate_run_cost_micro_usd_total",
        Counter,
        Unit::Count,
        "Millionths of US dollars that runs cost, by agent and who says so.",
    ),
    ("herdgate_costed_runs_total", Counter, Unit::Count, "Runs that told of tokens or cost, by who says so."),
    ("herdgate_start_delay_seconds", Histogram, Unit::Seconds, "From receipt, or due time, to the start."),
    ("herdgate_runs_not_started_total", Counter, Unit::Count, "Runs that the machine could not begin."),
    ("herdgate_runs_rescued_total", Counter, Unit::Count, "Runs whose process was lost."),
    ("herdgate_retries_total", Counter, Unit::Count, "Runs after which the job is tried again."),
    ("herdgate_last_success_timestamp_seconds", Gauge, Unit::Seconds, "When a run last ended well."),
    ("herdgate_backlog_jobs", Gauge, Unit::Count, "Jobs that wait, run or are dead letters, by agent."),
    ("herdgate_oldest_waiting_seconds", Gauge, Unit::Seconds, "How long the oldest due job has waited."),
    ("herdgate_unconfigured_jobs", Gauge, Unit::Count, "Jobs that wait for an agent that is not there."),
    ("herdgate_jobs_discarded_total", Counter, Unit::Count, "Jobs that became dead letters, by agent."),
    ("herdgate_missed_ticks_total", Counter, Unit::Count, "Scheduled times that passed unseen."),
    ("herdgate_clock_jumps_total", Counter, Unit::Count, "How often the clock was set, by direction."),
    ("herdgate_store_commit_seconds", Histogram, Unit::Seconds, "One group commit, fsync included."),
    ("herdgate_store_group_size", Histogram, Unit::Count, "Changes that shared one commit."),
    ("herdgate_store_writable", Gauge, Unit::Count, "Whether the store takes what is written: 1 or 0."),
    ("herdgate_store_refusals_total", Counter, Unit::Count, "What the store did not do, by what was asked."),
    ("herdgate_pruned_receipts_total", Counter, Unit::Count, "Receipts deleted for their age."),
    ("herdgate_pruned_runs_total", Counter, Unit::Count, "Runs deleted for their age."),
    ("herdgate_reaper_replacements_total", Counter, Unit::Count, "Deaths of the reaper of runs."),
    ("herdgate_topology_revision", Gauge, Unit::Count, "The number of the configuration in force."),
    ("herdgate_reload_failures_total", Counter, Unit::Count, "Configurations that were not taken."),
    (
        "herdgate_configuration_refused",
        Gauge,
        Unit::Count,
        "Whether the files are not in force, being wrong: 1 or 0.",
    ),
    ("herdgate_ready", Gauge, Unit::Count, "Whether /readyz says so: 1 or 0."),
    ("herdgate_store_bytes", Gauge, Unit::Bytes, "The store with its write-ahead log."),
    (
        "herdgate_runs_bytes",
        Gauge,
        Unit::Bytes,
        "The files of runs, logs among them; looked at now and then.",
    ),
    ("herdgate_disk_free_bytes", Gauge, Unit::Bytes, "What the disk of the data folder has left."),
    ("herdgate_disk_free_inodes", Gauge, Unit::Count, "How many more files that disk takes."),
    ("herdgate_open_connections", Gauge, Unit::Count, "Connections that are open, by door."),
    ("herdgate_sse_clients", Gauge, Unit::Count, "Followers of the stream of events."),
    ("herdgate_spans_exported_total", Counter, Unit::Count, "Spans that the collector took."),
    ("herdgate_spans_dropped_total", Counter, Unit::Count, "Spans that nobody got, by the reason."),
    ("herdgate_operator_changes_total", Counter, Unit::Count, "Changes asked for by operators, by what."),
    ("herdgate_keys_refused_total", Counter, Unit::Count, "Calls of the control API with a wrong key."),
    ("herdgate_build_info", Gauge, Unit::Count, "What runs; always 1."),
];

/// Tells the exporter about every series.
pub fn describe() {
    for (name, kind, unit, help) in SERIES {
        match kind {
            Counter => describe_counter!(*name, *unit, *help),
            Gauge => describe_gauge!(*name, *unit, *help),
            Histogram => describe_histogram!(*name, *unit, *help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_metric_begins_with_the_program() {
        for (name, kind, ..) in SERIES {
            assert!(name.starts_with("herdgate_"), "{name}");
            assert_eq!(name.ends_with("_total"), matches!(kind, Counter), "{name}");
        }
    }
}
