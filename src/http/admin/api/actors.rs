//! `/api/actors`: what carries the gate, and how it fares.

use actix_web::{HttpResponse, web};
use herdgate_actors::{
    runtime::{ActorId, Doing, Observed},
    upkeep::Progress,
};
use serde_json::{Value, json};

use super::query::NoParameters;
use crate::http::admin::auth::Authenticated;

pub(super) async fn list(api: Authenticated, _: web::Query<NoParameters>) -> HttpResponse {
    let admin = api.admin();
    let progress = |id: &ActorId| {
        admin.progress.iter().find(|(actor, _)| *actor == id.actor).map(|(_, progress)| *progress.borrow())
    };
    let actors: Vec<_> = admin
        .supervision
        .observed()
        .iter()
        .map(|(id, observed)| actor_json(id, observed, progress(id)))
        .collect();
    HttpResponse::Ok().json(actors)
}

fn actor_json(id: &ActorId, observed: &Observed, progress: Option<Progress>) -> Value {
    let doing = match observed.doing {
        Doing::Running => "running",
        Doing::Restarting => "restarting",
        Doing::Done => "done",
        Doing::GivenUp => "given_up",
    };
    json!({
        "actor": id.actor,
        "name": id.name,
        "doing": doing,
        "seconds": observed.since.elapsed().as_secs(),
        "restarts": observed.restarts,
        "panicked_messages": observed.panicked_messages,
        "last_problem": observed.last_problem,
        "progress": progress.map(|progress| json!({
            "busy": progress.is_busy,
            "seconds": progress.since.elapsed().as_secs(),
            "rounds": progress.rounds,
            "done": progress.done,
        })),
    })
}
