//! The processes that share the work, and what carries them.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;

use super::{
    error::Trouble,
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::{When, coarse},
};
use crate::api::nodes::{Actor, Node};

struct ActorLine {
    actor: String,
    name: String,
    class: &'static str,
    word: String,
    lasts: String,
    restarts: u64,
    panics: u64,
    problem: String,
    progress: String,
}

struct NodeLine {
    node: Node,
    started: When,
    actors: Vec<ActorLine>,
    /// Actors that are not shown.
    hidden: usize,
}

#[derive(Template)]
#[template(path = "nodes.html")]
struct NodesPage {
    shell: Shell,
    nodes: Vec<NodeLine>,
}

/// Actors that are shown: those with something to tell come first.
const SHOWN: usize = 60;

pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    let nodes = visitor.reads().nodes().items;
    let line = |node: Node| {
        let mut actors: Vec<_> = node.actors.iter().map(actor).collect();
        actors.sort_by_key(|line| (line.class == "open", line.problem.is_empty(), line.actor == "agent"));
        let hidden = actors.len().saturating_sub(SHOWN);
        actors.truncate(SHOWN);
        NodeLine { started: When::new(node.started_at.0, visitor.now), actors, hidden, node }
    };
    let page = NodesPage {
        shell: Shell::new(&visitor, Place::Nodes, "Nodes", "nodes", &backlog),
        nodes: nodes.into_iter().map(line).collect(),
    };
    page::answer(&visitor, &page)
}

fn actor(actor: &Actor) -> ActorLine {
    let class = match actor.doing.as_str() {
        "running" => "open",
        "restarting" => "warn",
        "given_up" => "given_up",
        _ => "off",
    };
    ActorLine {
        actor: actor.actor.clone(),
        name: actor.name.clone(),
        class,
        word: actor.doing.replace('_', " "),
        lasts: coarse(Duration::from_millis(actor.for_ms)),
        restarts: actor.restarts,
        panics: actor.panicked_messages,
        problem: actor.last_problem.clone().unwrap_or_default(),
        progress: actor.progress.map_or_else(String::new, |progress| {
            let doing = if progress.busy { "at work" } else { "waits" };
            format!("{doing}, {} rounds, {} done", progress.rounds, progress.done)
        }),
    }
}
