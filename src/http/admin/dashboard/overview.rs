//! How everything fares, in one look.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use herdgate_actors::store::{CountOf, ReceiptQuery, ReceiptState, RunQuery, Span};

use super::{
    agent_rows::{self, AgentRow},
    error::Trouble,
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::{counted, plural},
};
use crate::api::{reports::Spent, runs::State};

/// Counting ends here; nobody reads more.
const COUNTED: u32 = 10_000;
/// Agents that are shown; the others have a page of their own.
const AGENTS: usize = 50;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A number that leads to what it counts.
struct Tile {
    what: &'static str,
    value: String,
    more: String,
    to: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    tiles: Vec<Tile>,
    agents: Vec<AgentRow>,
    all_agents: String,
    is_cut: bool,
}

pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    let shell =
        Shell::new(&visitor, Place::Overview, "Overview", "deliveries jobs runs agents schedule", &backlog);
    let mut agents = agent_rows::rows(&visitor).await?;
    let tiles = tiles(&visitor, &agents).await?;
    let (all_agents, is_cut) = (plural(agents.len() as u64, "agent"), agents.len() > AGENTS);
    agents.truncate(AGENTS);
    page::answer(&visitor, &Overview { shell, tiles, agents, all_agents, is_cut })
}

async fn tiles(visitor: &Visitor, agents: &[AgentRow]) -> Result<Vec<Tile>, Trouble> {
    let store = visitor.store();
    let since = |span| Span { since: Some(visitor.now.minus(span)), until: None };
    let receipts = |query| store.count(CountOf::Receipts(query), COUNTED);
    let received = receipts(ReceiptQuery { span: since(HOUR), ..ReceiptQuery::default() }).await?;
    let quarantined = receipts(ReceiptQuery {
        state: Some(ReceiptState::Quarantined),
        span: since(DAY),
        ..ReceiptQuery::default()
    })
    .await?;
    let ended = |outcome: &str| {
        let outcome = Some(outcome.to_owned());
        store.count(CountOf::Runs(RunQuery { outcome, span: since(DAY), ..RunQuery::default() }), COUNTED)
    };
    let completed = ended("completed").await?;
    let mut failed = 0;
    for state in State::ALL.into_iter().filter(|state| state.is_failure()) {
        failed += ended(state.as_str()).await?;
    }
    let sum = |of: fn(&AgentRow) -> u64| agents.iter().map(of).sum::<u64>();
    let (waiting, dead) = (sum(|row| row.waiting), sum(|row| row.dead));
    let (executing, places) = (sum(|row| row.executing as u64), sum(|row| u64::from(row.scale)));
    let oldest = agents.iter().filter(|row| row.waiting_since.is_some()).count() as u64;
    let paused = agents.iter().filter(|row| row.is_paused).count() as u64;
    let number = |count: u32| counted(count.into(), Some(COUNTED.into()));
    let mut tiles = vec![
        Tile {
            what: "Received, last hour",
            value: number(received),
            more: if quarantined > 0 {
                format!("{} quarantined today", number(quarantined))
            } else {
                "deliveries".to_owned()
            },
            to: "/dashboard/deliveries?since=1h",
            class: if quarantined > 0 { "bad" } else { "" },
        },
        Tile {
            what: "Waiting",
            value: counted(waiting, None),
            more: if waiting > 0 {
                format!("for {}", plural(oldest.max(1), "agent"))
            } else {
                "nothing waits".to_owned()
            },
            to: "/dashboard/jobs?state=waiting",
            class: "",
        },
        Tile {
            what: "Running",
            value: counted(executing, None),
            more: format!("of {} places", counted(places, None)),
            to: "/dashboard/runs?state=executing",
            class: if executing > 0 { "busy" } else { "" },
        },
        Tile {
            what: "Completed, 24 h",
            value: number(completed),
            more: "runs".to_owned(),
            to: "/dashboard/runs?state=completed&since=24h",
            class: "",
        },
        Tile {
            what: "Failed, 24 h",
            value: number(failed),
            more: if failed > 0 { "retries among them".to_owned() } else { "no run failed".to_owned() },
            to: "/dashboard/runs?state=bad&since=24h",
            class: if failed > 0 { "bad" } else { "" },
        },
        Tile {
            what: "Dead letters",
            value: counted(dead, None),
            more: if dead > 0 { "want a decision".to_owned() } else { "none".to_owned() },
            to: "/dashboard/dead-letters",
            class: if dead > 0 { "bad" } else { "" },
        },
        Tile {
            what: "Agents",
            value: counted(agents.len() as u64, None),
            more: if paused > 0 { format!("{paused} paused") } else { "none paused".to_owned() },
            to: "/dashboard/agents",
            class: "",
        },
    ];
    tiles.extend(spent(agents));
    Ok(tiles)
}

/// Nothing where no run told of tokens or cost, as most commands do not.
fn spent(agents: &[AgentRow]) -> Option<Tile> {
    let told: Vec<_> = agents.iter().filter_map(|row| row.spent).collect();
    let usd: f64 = told.iter().map(|spent| spent.usd.as_dollars()).sum();
    let sum = |of: fn(&Spent) -> u64| told.iter().map(of).fold(0, u64::saturating_add);
    let unknown = sum(|spent| spent.unpriced_runs);
    (!told.is_empty()).then(|| Tile {
        what: "Spent, 24 h",
        value: format!("${usd:.2}"),
        more: match unknown {
            0 => format!("{} tokens", counted(sum(|spent| spent.tokens), None)),
            unknown => format!("and {} at unknown cost", plural(unknown, "run")),
        },
        to: "/dashboard/runs?since=24h",
        class: "",
    })
}
