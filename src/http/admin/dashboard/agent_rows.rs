//! Agents as tables show them.

use std::{collections::BTreeMap, fmt};

use askama::filters::HtmlSafe;
use herdgate_actors::domain::AgentName;

use super::{links::encoded, visitor::Visitor, words::When};
use crate::api::{
    agents::{Agent, State},
    jobs,
    problem::Problem,
    reports::Spent,
    runs,
};

/// One agent in a table.
pub(super) struct AgentRow {
    pub(super) name: AgentName,
    pub(super) link: String,
    pub(super) state: &'static str,
    pub(super) word: &'static str,
    pub(super) waiting: u64,
    pub(super) waiting_since: Option<When>,
    pub(super) mailbox: Option<(Meter, usize)>,
    pub(super) executing: usize,
    pub(super) scale: u32,
    pub(super) places: Meter,
    pub(super) outcomes: Outcomes,
    pub(super) spent: Option<Spent>,
    pub(super) last: Option<Last>,
    pub(super) next: Option<When>,
    pub(super) dead: u64,
    pub(super) is_paused: bool,
}

/// The last run of an agent.
pub(super) struct Last {
    pub(super) state: &'static str,
    pub(super) link: String,
    pub(super) when: When,
}

/// How full something is, as a bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    used: u64,
    of: u64,
    /// Being full is worth a look.
    warns: bool,
}

impl Meter {
    pub(super) const fn new(used: u64, of: u64) -> Self {
        Self { used, of, warns: false }
    }

    /// Of something that should not be full.
    pub(super) const fn gauge(used: u64, of: u64) -> Self {
        Self { used, of, warns: true }
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { used, of, warns } = *self;
        let width = if of == 0 { 0 } else { (used.min(of) * 100).div_ceil(of) };
        let full = if warns && of > 0 && used >= of { " full" } else { "" };
        write!(
            f,
            "<span class=\"meter{full}\" aria-hidden=\"true\"><svg viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\">\
             <rect width=\"{width}\" height=\"6\"/></svg></span>"
        )
    }
}

impl HtmlSafe for Meter {}

/// How the runs of a day ended, as shares of a bar with their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    good: u64,
    again: u64,
    bad: u64,
}

impl Outcomes {
    pub(super) fn of(counts: &BTreeMap<runs::State, u64>) -> Self {
        let mut outcomes = Self::default();
        for (state, count) in counts {
            match state {
                runs::State::Completed => outcomes.good += count,
                runs::State::Executing => {}
                failure if failure.is_failure() => outcomes.bad += count,
                _ => outcomes.again += count,
            }
        }
        outcomes
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { good, again, bad } = *self;
        let all = good + again + bad;
        if all == 0 {
            return f.write_str("<span class=\"zero\">–</span>");
        }
        let label = format!("{good} completed, {bad} failed, {again} to be tried again");
        write!(
            f,
            "<svg class=\"strip\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\"><title>{label}</title>"
        )?;
        let mut x = 0.0;
        for (class, count) in [("o-completed", good), ("o-retry", again), ("o-bad", bad)] {
            let width = count as f64 / all as f64 * 100.0;
            if count > 0 {
                write!(f, "<rect class=\"{class}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"10\"/>")?;
            }
            x += width;
        }
        write!(f, "</svg><span class=\"num small\">{good}</span>")?;
        // Colours alone are not for everybody.
        if bad > 0 { write!(f, " <span class=\"state s-failed small\">{bad}</span>") } else { Ok(()) }
    }
}

impl HtmlSafe for Outcomes {}

/// Every agent that runs, and those that run no more but have jobs; whoever wants looking after first.
pub(super) async fn rows(visitor: &Visitor) -> Result<Vec<AgentRow>, Problem> {
    let agents = visitor.reads().agents().await?.items;
    let mut rows: Vec<_> = agents.iter().map(|agent| row(agent, visitor)).collect();
    rows.sort_by(|one, other| {
        let order =
            |row: &AgentRow| (urgency(row), std::cmp::Reverse(row.waiting), std::cmp::Reverse(row.executing));
        order(one).cmp(&order(other)).then_with(|| one.name.cmp(&other.name))
    });
    Ok(rows)
}

/// Smaller comes first.
fn urgency(row: &AgentRow) -> u8 {
    match row.state {
        "failed" | "unconfigured" => 0,
        "held_off" => 1,
        "paused" => 2,
        "disabled" | "removed" => 5,
        _ if row.waiting > 0 || row.executing > 0 => 3,
        _ => 4,
    }
}

fn row(agent: &Agent, visitor: &Visitor) -> AgentRow {
    let now = visitor.now;
    let (state, word) = class_of(agent.state, !agent.executing.is_empty());
    let due = agent.oldest_due.filter(|due| due.0 < now && agent.waiting > 0);
    AgentRow {
        name: agent.name.clone(),
        link: format!("/dashboard/agents/{}", encoded(agent.name.as_str())),
        state,
        word,
        waiting: agent.waiting,
        waiting_since: due.map(|due| When::since(due.0, now)),
        mailbox: agent
            .mailbox
            .map(|box_| (Meter::gauge(box_.waiting as u64, box_.capacity as u64), box_.waiting)),
        executing: agent.executing.len(),
        scale: agent.scale,
        places: Meter::new(agent.executing.len() as u64, agent.scale.into()),
        outcomes: Outcomes::of(&agent.outcomes_24h),
        spent: agent.spent_24h,
        last: agent.last_run.as_ref().map(|last| Last {
            state: last.state.as_str(),
            link: format!("/dashboard/runs/{}", last.run),
            when: When::new(last.finished_at.0, now),
        }),
        next: agent.next_tick.map(|at| When::new(at.0, now)),
        dead: dead(&agent.jobs),
        is_paused: agent.state == State::Paused,
    }
}

/// The dead letters among jobs.
pub(super) fn dead(jobs: &BTreeMap<jobs::State, u64>) -> u64 {
    jobs.get(&jobs::State::Discarded).copied().unwrap_or_default()
}

/// The class of a state, and how it is called.
pub(super) const fn class_of(state: State, runs: bool) -> (&'static str, &'static str) {
    match state {
        State::Open if runs => ("executing", "running"),
        State::Open => ("open", "open"),
        State::Disabled => ("disabled", "disabled"),
        State::Paused => ("paused", "paused"),
        State::HeldOff => ("held_off", "held off"),
        State::Draining => ("draining", "draining"),
        State::Removed => ("removed", "leaving"),
        State::Failed => ("failed", "failed"),
        State::Unconfigured => ("unconfigured", "not configured"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_shares_of_a_bar_and_numbers() {
        let counts = [(runs::State::Completed, 6), (runs::State::Failed, 1), (runs::State::TimedOut, 1)];
        let outcomes = Outcomes::of(&counts.into_iter().collect());
        assert_eq!(outcomes, Outcomes { good: 6, again: 0, bad: 2 });
        let html = outcomes.to_string();
        assert!(html.contains("width=\"75.0\"") && html.contains("x=\"75.0\" width=\"25.0\""), "{html}");
        assert!(Outcomes::default().to_string().contains("zero"));
        assert!(Meter::gauge(3, 2).to_string().contains("meter full"));
        assert!(!Meter::new(2, 2).to_string().contains("full"), "all places are taken, as they should be");
        assert!(Meter::new(1, 0).to_string().contains("width=\"0\""));
    }
}
