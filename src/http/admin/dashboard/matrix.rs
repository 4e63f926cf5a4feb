//! What each agent said of a delivery, clause by clause: agents are rows, clauses are columns.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use herdgate_actors::domain::{
    Actual, AgentName, Clause, Event, FailedClause, Topology, Trigger, TriggerId, Verdict,
};

use super::links::encoded;

/// Rows that are shown unless all are asked for.
const ROWS: usize = 40;
/// Nobody reads more, and a page has an end.
const MOST_ROWS: usize = 2_000;

/// What was said, and what is known besides.
pub(super) struct Judged<'a> {
    /// What is shown.
    pub(super) shown: &'a [Verdict],
    /// What was, or would be, said at the other time.
    pub(super) other: &'a [Verdict],
    /// Whether it is today that is shown.
    pub(super) is_today: bool,
    /// Whether the filters of then are those of today.
    pub(super) same_filters: bool,
    pub(super) topology: &'a Topology,
    pub(super) event: Option<&'a Event>,
}

/// The table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Matrix {
    /// The fields, in the order in which they were met.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Agents that are not shown.
    pub(super) hidden: usize,
}

/// A trigger of an agent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) agent: AgentName,
    pub(super) link: String,
    /// Whether it is the first of its agent.
    pub(super) is_first: bool,
    /// Which of the agent's triggers, where it has several.
    pub(super) trigger: Option<usize>,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    /// What the other time says, where it says something else.
    pub(super) changed: Option<&'static str>,
    /// One for each column.
    pub(super) cells: Vec<Cell>,
}

/// A clause of a trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// `yes`, `no`, or nothing where the trigger does not ask.
    pub(super) word: &'static str,
    pub(super) wanted: String,
    pub(super) actual: String,
}

/// A trigger and what each of its clauses said.
struct Line {
    trigger: usize,
    matched: bool,
    cells: Vec<(String, Cell)>,
}

/// One agent's lines.
struct Group<'a> {
    agent: &'a AgentName,
    word: &'static str,
    class: &'static str,
    lines: Vec<Line>,
    /// Clauses that said no, in the best of its triggers.
    misses: usize,
}

/// Lays it out: those that matched, then by how little was missing.
pub(super) fn lay_out(judged: &Judged<'_>, all: bool) -> Matrix {
    let mut groups: Vec<_> = judged.shown.iter().map(|verdict| group(judged, verdict)).collect();
    let shown: HashSet<_> = judged.shown.iter().map(agent_of).collect();
    // Those whose triggers need not even be looked at said no as well; why is known as long as their
    // filters are those of then.
    if !judged.is_today {
        groups.extend(judged.other.iter().filter(|verdict| !shown.contains(agent_of(verdict))).map(
            |verdict| {
                if judged.same_filters {
                    group(judged, verdict)
                } else {
                    Group {
                        agent: agent_of(verdict),
                        word: "not asked",
                        class: "unasked",
                        lines: Vec::new(),
                        misses: usize::MAX,
                    }
                }
            },
        ));
    }
    groups.sort_by(|one, other| {
        let order = |group: &Group<'_>| (group.class != "yes", group.misses);
        order(one).cmp(&order(other)).then_with(|| one.agent.cmp(other.agent))
    });
    let limit = if all { MOST_ROWS } else { ROWS };
    let hidden = groups.len().saturating_sub(limit);
    groups.truncate(limit);
    let before: HashMap<_, _> =
        judged.other.iter().map(|verdict| (agent_of(verdict), matched(verdict))).collect();
    let mut columns = Columns::default();
    for line in groups.iter().flat_map(|group| &group.lines) {
        line.cells.iter().for_each(|(field, _)| columns.add(field));
    }
    let mut rows = Vec::new();
    for group in groups {
        let other = before.get(group.agent).copied().unwrap_or_default();
        let changed = (other != (group.class == "yes")).then_some(match (judged.is_today, other) {
            (true, true) => "then: matched",
            (true, false) => "then: no",
            (false, true) => "today: matches",
            (false, false) => "today: no",
        });
        let row = |is_first, trigger, word, class, cells| Row {
            agent: group.agent.clone(),
            link: format!("/dashboard/agents/{}", encoded(group.agent.as_str())),
            is_first,
            trigger,
            word,
            class,
            changed: changed.filter(|_| is_first),
            cells,
        };
        if group.lines.is_empty() {
            rows.push(row(true, None, group.word, group.class, vec![Cell::default(); columns.names.len()]));
        }
        let several = group.lines.len() > 1;
        for (index, line) in group.lines.into_iter().enumerate() {
            let (word, class) = if line.matched { ("matched", "yes") } else { ("no", "no") };
            rows.push(row(
                index == 0,
                several.then_some(line.trigger + 1),
                word,
                class,
                columns.spread(line.cells),
            ));
        }
    }
    Matrix { columns: columns.names, rows, hidden }
}

/// Fields in the order in which they were met.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    fn add(&mut self, field: &str) {
        if !self.places.contains_key(field) {
            self.places.insert(field.to_owned(), self.names.len());
            self.names.push(field.to_owned());
        }
    }

    fn spread(&self, cells: Vec<(String, Cell)>) -> Vec<Cell> {
        let mut row = vec![Cell::default(); self.names.len()];
        for (field, cell) in cells {
            if let Some(place) = self.places.get(&field) {
                row[*place] = cell;
            }
        }
        row
    }
}

/// Whose a verdict is.
pub(super) const fn agent_of(verdict: &Verdict) -> &AgentName {
    match verdict {
        Verdict::Matched(matched) => &matched.agent,
        Verdict::NotMatched { agent, .. } => agent,
    }
}

/// Whether it wants a job.
pub(super) const fn matched(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Matched(_))
}

fn group<'a>(judged: &Judged<'a>, verdict: &'a Verdict) -> Group<'a> {
    let agent = agent_of(verdict);
    let triggers = judged.topology.agent(agent).map(|agent| agent.triggers.as_slice()).unwrap_or_default();
    let known = |index: usize| triggers.get(index).filter(|_| judged.is_today || judged.same_filters);
    match verdict {
        Verdict::Matched(matched) => {
            // A trigger that goes by its id is the same wherever it stands today.
            let by_id = || {
                let id = matched.trigger_id.as_ref()?;
                triggers.iter().find(|trigger| TriggerId::of(trigger) == *id)
            };
            let trigger = known(matched.trigger).or_else(by_id);
            let cells = trigger.map(|trigger| cells(trigger, &[], judged.event)).unwrap_or_default();
            let lines = vec![Line { trigger: matched.trigger, matched: true, cells }];
            Group { agent, word: "matched", class: "yes", lines, misses: 0 }
        }
        Verdict::NotMatched { mismatches, .. } => {
            let mut lines: Vec<_> = mismatches
                .iter()
                .map(|mismatch| Line {
                    trigger: mismatch.trigger,
                    matched: false,
                    cells: match known(mismatch.trigger) {
                        Some(trigger) => cells(trigger, &mismatch.failed, judged.event),
                        None => {
                            mismatch.failed.iter().map(|failed| (failed.field.clone(), no(failed))).collect()
                        }
                    },
                })
                .collect();
            let misses = |line: &Line| line.cells.iter().filter(|(_, cell)| cell.word == "no").count();
            lines.sort_by_key(misses);
            let misses = lines.first().map_or(usize::MAX, misses);
            Group { agent, word: "no", class: "no", lines, misses }
        }
    }
}

/// Every clause of a trigger; those that are not among the failed said yes.
fn cells(trigger: &Trigger, failed: &[FailedClause], event: Option<&Event>) -> Vec<(String, Cell)> {
    let failure = |name: &str| failed.iter().find(|failed| failed.field == name);
    let mut cells: Vec<_> = trigger
        .filter
        .clauses
        .iter()
        .map(|clause| {
            let name = clause.field.name;
            (name.to_owned(), failure(name).map_or_else(|| yes(clause, event), no))
        })
        .collect();
    // What must be asked for by name is refused though no clause speaks of it.
    let unasked = failed
        .iter()
        .filter(|failed| !trigger.filter.clauses.iter().any(|clause| clause.field.name == failed.field));
    cells.extend(unasked.map(|failed| (failed.field.clone(), no(failed))));
    cells
}

fn yes(clause: &Clause, event: Option<&Event>) -> Cell {
    let actual = event.map(|event| {
        let mut known = HashSet::new();
        let distinct = event.values(clause.field).filter(|value| known.insert(value.clone()));
        let told: Vec<_> = distinct.take(TOLD + 1).map(Cow::into_owned).collect();
        or_nothing(&told)
    });
    Cell { word: "yes", wanted: listed(&clause.wanted), actual: actual.unwrap_or_default() }
}

fn no(failed: &FailedClause) -> Cell {
    let wanted =
        if failed.wanted.is_empty() { "to be asked for by name".to_owned() } else { listed(&failed.wanted) };
    Cell { word: "no", wanted, actual: said(&failed.actual) }
}

/// Values that a cell tells.
const TOLD: usize = 6;

fn listed(values: &[String]) -> String {
    let told = values.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(" or ");
    match values.len().saturating_sub(TOLD) {
        0 => told,
        more => format!("{told} or {more} more"),
    }
}

fn or_nothing(values: &[String]) -> String {
    let told = values.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
    match values.len() {
        0 => "nothing".to_owned(),
        count if count > TOLD => format!("{told} and more"),
        _ => told,
    }
}

/// What a delivery has, in words.
pub(super) fn said(actual: &Actual) -> String {
    match actual {
        Actual::Absent => "nothing".to_owned(),
        Actual::One(value) => value.clone(),
        Actual::Many(values) => or_nothing(values),
    }
}

/// Which clauses said no in the trigger that missed by the least, in words.
pub(super) fn nearest(verdicts: &[Verdict]) -> Option<(&AgentName, &[FailedClause])> {
    let misses = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::NotMatched { agent, mismatches } => {
            let best = mismatches.iter().min_by_key(|mismatch| mismatch.failed.len())?;
            Some((agent, best.failed.as_slice()))
        }
        Verdict::Matched(_) => None,
    });
    misses.min_by_key(|(agent, failed)| (failed.len(), (*agent).clone()))
}

/// `labels wanted bug, was docs`.
pub(super) fn why_not(failed: &[FailedClause]) -> String {
    let told = failed.iter().take(3).map(|clause| {
        let cell = no(clause);
        format!("{} wanted {}, was {}", clause.field, cell.wanted, cell.actual)
    });
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
