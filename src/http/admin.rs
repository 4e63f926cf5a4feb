//! The admin door: metrics, health, and the control API behind a key.

use std::{fmt, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use herdgate_actors::{
    domain::{AgentName, Clock, JobId, ReceiptId},
    store::{JobQuery, JobState, Page, ReceiptQuery, ReceiptState, RunCursor, RunQuery, Store, StoreError},
    telemetry,
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::{
    run::control::{Control, ControlError, DeadLetterAction},
    run::health::{Health, State},
    telemetry::Exporter,
    views::{Triggers, receipt_json, run_json},
};

/// What the admin door shows and does.
pub struct Admin {
    /// What operators can ask for.
    pub operator: Control,
    /// Whether deliveries are taken.
    pub health: Health,
    /// The numbers.
    pub metrics: Exporter,
    /// The time.
    pub clock: Clock,
    /// Who may use the API.
    pub key: ApiKey,
    /// What explains receipts.
    pub triggers: Triggers,
}

/// The key of the control API.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key as it is written in its file.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Compares in constant time, whatever the lengths: the MACs of both under a fixed key.
    fn admits(&self, given: &str) -> bool {
        let mac = |text: &str| {
            Hmac::<Sha256>::new_from_slice(b"herdgate api key")
                .expect("HMAC takes keys of any length")
                .chain_update(text)
        };
        let expected = mac(&self.0).finalize().into_bytes();
        mac(given).verify_slice(&expected).is_ok()
    }
}

/// Never shows the key.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Registers the routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics))
        .service(
            web::scope("/api")
                .route("/receipts", web::get().to(receipts))
                .route("/receipts/{id}", web::get().to(receipt))
                .route("/receipts/{id}/replay", web::post().to(replay_receipt))
                .route("/jobs", web::get().to(jobs))
                .route("/jobs/{id}", web::get().to(job))
                .route("/jobs/{id}/replay", web::post().to(replay_job))
                .route("/jobs/{id}/dismiss", web::post().to(dismiss_job))
                .route("/dead-letters/replay", web::post().to(replay_dead_letters))
                .route("/dead-letters/dismiss", web::post().to(dismiss_dead_letters))
                .route("/runs", web::get().to(runs))
                .route("/agents/{name}/runs", web::post().to(trigger)),
        );
}

/// The process answers.
pub(super) async fn livez() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

async fn readyz(admin: web::Data<Admin>) -> HttpResponse {
    let (status, text) = match admin.health.state() {
        State::Ready => (StatusCode::OK, "ready".to_owned()),
        State::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting".to_owned()),
        State::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining".to_owned()),
        State::Failed(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("failed: {why}")),
    };
    HttpResponse::build(status).body(text + "\n")
}

async fn metrics(admin: web::Data<Admin>) -> HttpResponse {
    // A store that cannot be read must not hide the other numbers.
    if let Ok(backlog) = admin.operator.engine.backlog().await {
        // Every agent in every state, so that a gauge falls back to zero with its last job.
        for agent in admin.operator.wakers.keys() {
            for state in JobState::ALL {
                let entry = backlog.iter().find(|entry| entry.agent == *agent && entry.state == state);
                telemetry::backlog(agent, state.as_str(), entry.map_or(0, |entry| entry.jobs));
            }
        }
    }
    if let Ok(oldest) = admin.operator.engine.oldest_due().await {
        let now = admin.clock.now();
        for agent in admin.operator.wakers.keys() {
            let due = oldest.iter().find(|(name, _)| name == agent);
            telemetry::oldest_waiting(agent, due.map(|(_, due)| now.since(*due)).unwrap_or_default());
        }
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(admin.metrics.render())
}

/// A request with the right key; without it nothing behind it runs.
pub(super) struct Authenticated(web::Data<Admin>);

impl FromRequest for Authenticated {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admin = request.app_data::<web::Data<Admin>>().cloned();
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        std::future::ready(match (admin, given) {
            (Some(admin), Some(given)) if admin.key.admits(given) => Ok(Self(admin)),
            _ => Err(actix_web::error::InternalError::from_response(
                "no key",
                HttpResponse::Unauthorized()
                    .json(json!({ "error": "the API wants `Authorization: Bearer <key>`" })),
            )
            .into()),
        })
    }
}

impl Authenticated {
    fn operator(&self) -> &Control {
        &self.0.operator
    }

    fn engine(&self) -> &Arc<dyn Store> {
        &self.0.operator.engine
    }
}

/// Query parameters of listings; those that a listing does not know are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listing {
    agent: Option<String>,
    source: Option<String>,
    state: Option<String>,
    receipt: Option<ReceiptId>,
    limit: Option<u32>,
    before: Option<JobId>,
    after: Option<String>,
}

impl Listing {
    fn page(&self) -> Page {
        let limit = self.limit.unwrap_or(Page::default().limit).min(1000);
        Page { limit, before: self.before.map(JobId::get) }
    }
}

async fn receipts(keyed: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let state = match query.state.as_deref().map(|text| {
        serde_json::from_value::<ReceiptState>(json!(text))
            .map_err(|_| format!("`{text}` is not a receipt state"))
    }) {
        Some(Err(error)) => return bad_request(&error),
        Some(Ok(state)) => Some(state),
        None => None,
    };
    let query = ReceiptQuery {
        source: query.source.as_deref().map(Into::into),
        state,
        page: query.page(),
        ..ReceiptQuery::default()
    };
    listed(keyed.engine().receipts(query).await)
}

async fn receipt(keyed: Authenticated, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<ReceiptId>() else {
        return missing("receipt");
    };
    match keyed.engine().receipt(id).await {
        Ok(Some(receipt)) => HttpResponse::Ok().json(receipt_json(&receipt, &keyed.0.triggers)),
        Ok(None) => missing("receipt"),
        Err(error) => store_error(&error),
    }
}

async fn jobs(keyed: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let state = match query.state.as_deref().map(str::parse::<JobState>).transpose() {
        Ok(state) => state,
        Err(error) => return bad_request(&error.to_string()),
    };
    let query = JobQuery {
        agent: query.agent.as_deref().map(Into::into),
        state,
        page: query.page(),
        ..JobQuery::default()
    };
    listed(keyed.engine().jobs(query).await)
}

async fn job(keyed: Authenticated, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    match keyed.engine().job(id).await {
        Ok(Some(job)) => HttpResponse::Ok().json(job),
        Ok(None) => missing("job"),
        Err(error) => store_error(&error),
    }
}

async fn runs(keyed: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let Ok(after) = query.after.as_deref().map(str::parse::<RunCursor>).transpose() else {
        return bad_request("`after` is not a place in the list of runs");
    };
    let query = RunQuery {
        agent: query.agent.as_deref().map(Into::into),
        receipt: query.receipt,
        limit: query.page().limit,
        after,
        ..RunQuery::default()
    };
    listed(keyed.engine().runs(query).await.map(|runs| runs.iter().map(run_json).collect::<Vec<_>>()))
}

async fn replay_receipt(keyed: Authenticated, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<ReceiptId>() else {
        return missing("receipt");
    };
    match keyed.operator().replay_receipt(id).await {
        Ok(recorded) => HttpResponse::Ok().json(json!({
            "receipt": recorded.receipt,
            "replay_of": id,
            "matched": recorded.matched,
            "skipped": recorded.skipped,
        })),
        Err(problem) => not_done(&problem),
    }
}

async fn replay_job(keyed: Authenticated, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    done(keyed.operator().rerun(id).await.map(|()| json!({ "job": id })))
}

async fn dismiss_job(keyed: Authenticated, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    done(keyed.operator().dismiss(id).await.map(|()| json!({ "job": id })))
}

async fn replay_dead_letters(keyed: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    each_dead_letter(&keyed, &query, DeadLetterAction::Replay).await
}

async fn dismiss_dead_letters(keyed: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    each_dead_letter(&keyed, &query, DeadLetterAction::Dismiss).await
}

async fn each_dead_letter(keyed: &Authenticated, query: &Listing, then: DeadLetterAction) -> HttpResponse {
    let agent = query.agent.as_deref().map(AgentName::from);
    done(keyed.operator().each_dead_letter(agent, then).await.map(|jobs| json!({ "jobs": jobs })))
}

async fn trigger(keyed: Authenticated, name: web::Path<String>) -> HttpResponse {
    let agent = AgentName::from(name.into_inner());
    done(keyed.operator().trigger(agent).await.map(|job| json!({ "job": job })))
}

fn listed<T: serde::Serialize>(rows: Result<Vec<T>, StoreError>) -> HttpResponse {
    match rows {
        Ok(rows) => HttpResponse::Ok().json(rows),
        Err(error) => store_error(&error),
    }
}

fn done(outcome: Result<serde_json::Value, ControlError>) -> HttpResponse {
    match outcome {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(problem) => not_done(&problem),
    }
}

fn not_done(problem: &ControlError) -> HttpResponse {
    let status = match problem {
        ControlError::Unknown(_) => StatusCode::NOT_FOUND,
        ControlError::NotEnded { .. } => StatusCode::CONFLICT,
        ControlError::Store(_) | ControlError::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).json(json!({ "error": problem.to_string() }))
}

fn missing(what: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": format!("there is no such {what}") }))
}

fn bad_request(error: &str) -> HttpResponse {
    HttpResponse::BadRequest().json(json!({ "error": error }))
}

fn store_error(error: &StoreError) -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(json!({ "error": error.to_string() }))
}
