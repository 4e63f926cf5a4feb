//! A delivery: which agents wanted it, then and today, and which clauses said no.

use std::collections::BTreeMap;

use herdgate_actors::domain::{AgentName, JobId};

use crate::{
    api::{
        deliveries::{DeliveryDetail, Outcome, Secret, Verified},
        jobs::State,
        verdict::{Refusal, Verdict},
    },
    cli::{
        deliveries::{event, sources},
        jobs,
        palette::Tone,
        print::Out,
        table::{Cell, Column, Table},
        times::Times,
        words::{clause, count},
    },
};

/// So many agents that said no are shown: the nearest.
const NEAREST: usize = 20;

/// What one agent said, and would say.
#[derive(Debug, Default)]
struct Said<'a> {
    then: Option<&'a Verdict>,
    today: Option<&'a Verdict>,
}

pub(super) fn show(
    detail: &DeliveryDetail,
    only: Option<&str>,
    (times, wide): (Times, bool),
    out: &mut Out,
) -> miette::Result<()> {
    let all = by_agent(detail, only);
    out.toned(Tone::Heading, &answer(detail, &all, only))?;
    out.line("")?;
    about(detail, times, out)?;
    if !all.is_empty() {
        out.line("")?;
        verdicts(&all, wide, out)?;
    }
    if !detail.jobs.is_empty() {
        out.line("")?;
        out.table(&jobs::table(&detail.jobs, times), wide)?;
    }
    Ok(())
}

fn by_agent<'a>(detail: &'a DeliveryDetail, only: Option<&str>) -> Vec<(&'a AgentName, Said<'a>)> {
    let mut all = BTreeMap::<&AgentName, Said<'_>>::new();
    for verdict in &detail.verdicts {
        all.entry(verdict.agent()).or_default().then = Some(verdict);
    }
    for verdict in &detail.today {
        all.entry(verdict.agent()).or_default().today = Some(verdict);
    }
    let mut all: Vec<_> =
        all.into_iter().filter(|(agent, _)| only.is_none_or(|only| agent.as_str() == only)).collect();
    // Who wanted it comes first, then who came nearest.
    all.sort_by_key(|(_, said)| (!said.wanted(), !said.wants(), said.clauses()));
    all
}

impl Said<'_> {
    fn wanted(&self) -> bool {
        matches!(self.then, Some(Verdict::Matched { .. } | Verdict::Suppressed { .. }))
    }

    fn wants(&self) -> bool {
        matches!(self.today, Some(Verdict::Matched { .. }))
    }

    /// How many clauses of its nearest trigger said no.
    fn clauses(&self) -> usize {
        self.nearest().map_or(usize::MAX, |refusal| refusal.failed.len())
    }

    /// The trigger that came nearest, as judged then, or else today.
    fn nearest(&self) -> Option<&Refusal> {
        let refusals = [self.then, self.today].into_iter().flatten().find_map(|verdict| match verdict {
            Verdict::Refused { refusals, .. } => Some(refusals),
            Verdict::Matched { .. } | Verdict::Suppressed { .. } => None,
        });
        refusals?.iter().min_by_key(|refusal| refusal.failed.len())
    }
}

/// One sentence that answers why.
fn answer(detail: &DeliveryDetail, all: &[(&AgentName, Said<'_>)], only: Option<&str>) -> String {
    let delivery = &detail.delivery;
    if let Some(agent) = only {
        return match all.first() {
            Some((_, Said { then: Some(Verdict::Suppressed { guard, by, .. }), .. })) => {
                format!("{agent} wanted it, and it was suppressed: {}.", suppressed(guard, *by))
            }
            Some((_, said)) if said.wanted() => format!("{agent} wanted it."),
            Some((_, said)) => format!("{agent} did not want it: {}.", why(said)),
            None => format!(
                "{agent} was not asked: it is no enabled agent that listens to {}.",
                sources(delivery)
            ),
        };
    }
    let wanted: Vec<_> =
        all.iter().filter(|(_, said)| said.wanted()).map(|(agent, _)| agent.as_str()).collect();
    match delivery.outcome {
        Outcome::Matched => {
            let made = count(u64::from(delivery.matched), "job");
            format!("Wanted by {}; it made {made}.{}", wanted.join(", "), stood_for(detail))
        }
        Outcome::Duplicate => match delivery.duplicate_of {
            Some(first) => format!("The same delivery came before, as {first}: nothing is done twice."),
            None => "The same delivery came before: nothing is done twice.".to_owned(),
        },
        Outcome::Unparsable => {
            format!("Its body is no event: {}.", detail.problem.as_deref().unwrap_or("nobody said why"))
        }
        Outcome::Quarantined => {
            let why = delivery.quarantine.as_ref().map_or("nobody said why", |reason| reason.detail.as_str());
            format!("It is in quarantine and not routed any more: {why}.")
        }
        Outcome::Unrouted => "It is stored and not routed yet; that is made up for by itself.".to_owned(),
        Outcome::Gapped => "Some agents were asked and never answered; they are asked again.".to_owned(),
        Outcome::Unmatched if guards(detail).is_some() => {
            format!(
                "Wanted by {}, and suppressed: {}.",
                wanted.join(", "),
                guards(detail).unwrap_or_default()
            )
        }
        Outcome::Unmatched if !wanted.is_empty() => {
            format!("Wanted by {}, and it made no new job: there was one, or no room.", wanted.join(", "))
        }
        Outcome::Unmatched => match all.first() {
            Some((agent, said)) if said.clauses() < usize::MAX => {
                format!("No agent wanted it. The nearest was {agent}: {}.", why(said))
            }
            Some((agent, _)) => format!("No agent wanted it then; {agent} would today."),
            None => format!("No agent wanted it: none that is enabled listens to {}.", sources(delivery)),
        },
    }
}

/// Which jobs stand for those of the delivery, where others do.
fn stood_for(detail: &DeliveryDetail) -> String {
    let superseded = detail.jobs.iter().filter(|job| job.state == State::Cancelled);
    let by: Vec<_> =
        superseded.filter_map(|job| job.stand_in.map(|by| format!("{}'s {by}", job.agent))).collect();
    if by.is_empty() { String::new() } else { format!(" Superseded: {} stands for it.", by.join(", ")) }
}

/// Which guards said no, where one did.
fn guards(detail: &DeliveryDetail) -> Option<String> {
    detail.verdicts.iter().find_map(|verdict| match verdict {
        Verdict::Suppressed { guard, by, .. } => Some(suppressed(guard, *by)),
        Verdict::Matched { .. } | Verdict::Refused { .. } => None,
    })
}

fn suppressed(guard: &str, by: Option<JobId>) -> String {
    by.map_or_else(|| guard.to_owned(), |by| format!("{guard}, job {by} was there"))
}

fn why(said: &Said<'_>) -> String {
    let clauses = said.nearest().map(|refusal| refusal.failed.iter().map(clause).collect::<Vec<_>>());
    clauses
        .filter(|clauses| !clauses.is_empty())
        .map_or_else(|| "it was not asked".to_owned(), |it| it.join("; "))
}

fn about(detail: &DeliveryDetail, times: Times, out: &mut Out) -> miette::Result<()> {
    let delivery = &detail.delivery;
    out.pair("receipt", &delivery.id.to_string())?;
    out.pair("event", &event(delivery))?;
    for (name, value) in [("repo", &delivery.repo), ("title", &delivery.title)] {
        if let Some(value) = value {
            out.pair(name, value)?;
        }
    }
    out.pair("arrived", &times.full(delivery.at.0))?;
    let source = if delivery.sources.is_empty() { "nobody".to_owned() } else { sources(delivery) };
    out.pair("source", &source)?;
    if !detail.verified_by.is_empty() {
        out.pair("verified", &verified(&detail.verified_by))?;
    }
    if let Some(id) = &detail.delivery_id {
        out.pair("delivery", id)?;
    }
    if let Some(of) = delivery.replay_of {
        out.pair("replay of", &of.to_string())?;
    }
    if let Some(key) = &detail.same_key {
        out.pair(
            "same as",
            &format!("{} by {key}", delivery.duplicate_of.map(|id| id.to_string()).unwrap_or_default()),
        )?;
    }
    if let Some(revision) = detail.revision {
        out.pair("judged by", &format!("configuration {revision}"))?;
    }
    out.pair("body", &format!("{} bytes; `herdgate show {} --body` prints it", detail.bytes, delivery.id))
}

/// By which secrets it was verified; with the name of each source where there are several.
fn verified(by: &[Verified]) -> String {
    let word = |secret| match secret {
        Secret::Current => "by the current secret",
        Secret::Previous => "by the previous secret",
        Secret::Unsigned => "not at all: the source has no secret",
    };
    if let [only] = by {
        return word(only.secret).to_owned();
    }
    by.iter().map(|one| format!("{}: {}", one.source, word(one.secret))).collect::<Vec<_>>().join("; ")
}

fn verdicts(all: &[(&AgentName, Said<'_>)], wide: bool, out: &mut Out) -> miette::Result<()> {
    let mut table = Table::new([
        Column::new("AGENT").least(8),
        Column::new("THEN"),
        Column::new("TODAY"),
        Column::new("WHY NOT").least(20),
    ]);
    let yes = all.iter().filter(|(_, said)| said.wanted() || said.wants()).count();
    let shown = if wide { all.len() } else { (yes + NEAREST).min(all.len()) };
    for (agent, said) in &all[..shown] {
        let no = if said.wanted() && said.wants() { String::new() } else { why(said) };
        table.row([agent.as_str().into(), word(said.then, "not asked"), word(said.today, "-"), no.into()]);
    }
    out.table(&table, wide)?;
    if shown < all.len() {
        let more = all.len() - shown;
        out.toned(
            Tone::Faint,
            &format!("… and {more} more agents that said no: `--wide` shows them, `--agent <name>` one"),
        )?;
    }
    Ok(())
}

fn word(verdict: Option<&Verdict>, none: &str) -> Cell {
    match verdict {
        Some(Verdict::Matched { trigger, .. }) => {
            Cell::toned(format!("yes, trigger {}", trigger + 1), Tone::Good)
        }
        Some(Verdict::Suppressed { trigger, guard, .. }) => {
            Cell::toned(format!("suppressed: {guard}, trigger {}", trigger + 1), Tone::Plain)
        }
        Some(Verdict::Refused { .. }) => Cell::toned("no", Tone::Plain),
        None => Cell::toned(none, Tone::Faint),
    }
}
