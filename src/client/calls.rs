//! Each call of the control API, with the types of its contract.

use herdgate_actors::domain::{JobId, ReceiptId, RunId};
use serde::Serialize;
use serde_json::json;

use super::{
    api::{Api, step},
    error::ApiError,
};
use crate::api::{
    agents::{Agent, AgentDetail, NewRun, Scale, Triggered},
    audit::{AuditQuery, Change},
    bulk::{Bulk, NewBulk},
    config::{InForce, Reloaded, Revision, RevisionsQuery},
    dead_letters::{DeadLetters, DeadLettersQuery},
    deliveries::{DeliveriesQuery, Delivery, DeliveryDetail, Replay, Replayed},
    history::{JobDetail, RunDetail},
    jobs::{HandOver, Job, JobChanged, JobsMoved, JobsQuery},
    nodes::Node,
    page::Page,
    problem::Kind,
    runs::{Run, RunChanged, RunsQuery},
    sources::Source,
};

/// Calls that take none.
const NOTHING: () = ();

type Asked<T> = Result<T, ApiError>;

impl Api {
    /// All agents.
    pub async fn agents(&self) -> Asked<Page<Agent>> {
        self.get("/agents", &NOTHING).await
    }

    /// One agent with its configuration.
    pub async fn agent(&self, name: &str) -> Asked<AgentDetail> {
        self.get(&format!("/agents/{}", step(name)), &NOTHING).await
    }

    /// Lets an agent begin no runs.
    pub async fn pause(&self, agent: &str) -> Asked<AgentDetail> {
        self.change(&format!("/agents/{}/pause", step(agent)), &json!({})).await
    }

    /// Lets it go on.
    pub async fn resume(&self, agent: &str) -> Asked<AgentDetail> {
        self.change(&format!("/agents/{}/resume", step(agent)), &json!({})).await
    }

    /// How many runs an agent has at once.
    pub async fn scale(&self, agent: &str, scale: &Scale) -> Asked<AgentDetail> {
        self.change(&format!("/agents/{}/scale", step(agent)), scale).await
    }

    /// A run by hand.
    pub async fn trigger(&self, agent: &str, run: &NewRun) -> Asked<Triggered> {
        self.change(&format!("/agents/{}/runs", step(agent)), run).await
    }

    /// Gives the waiting jobs of an agent that is gone to another.
    pub async fn hand_over(&self, agent: &str, to: &HandOver) -> Asked<JobsMoved> {
        self.change(&format!("/agents/{}/jobs/hand-over", step(agent)), to).await
    }

    /// Makes dead letters of the waiting jobs of an agent that is gone.
    pub async fn discard(&self, agent: &str) -> Asked<JobsMoved> {
        self.change(&format!("/agents/{}/jobs/discard", step(agent)), &json!({})).await
    }

    /// Deliveries, the newest first.
    pub async fn deliveries(&self, query: &DeliveriesQuery) -> Asked<Page<Delivery>> {
        self.get("/deliveries", query).await
    }

    /// One delivery.
    pub async fn delivery(&self, id: ReceiptId) -> Asked<DeliveryDetail> {
        self.get(&format!("/deliveries/{id}"), &NOTHING).await
    }

    /// The body of a delivery, byte for byte.
    pub async fn delivery_body(&self, id: ReceiptId) -> Asked<Vec<u8>> {
        self.bytes(&format!("/deliveries/{id}/body"), None).await
    }

    /// Routes a delivery again.
    pub async fn replay(&self, id: ReceiptId, replay: &Replay) -> Asked<Replayed> {
        self.change(&format!("/deliveries/{id}/replay"), replay).await
    }

    /// Jobs, the newest first.
    pub async fn jobs(&self, query: &JobsQuery) -> Asked<Page<Job>> {
        self.get("/jobs", query).await
    }

    /// One job with its attempts.
    pub async fn job(&self, id: JobId) -> Asked<JobDetail> {
        self.get(&format!("/jobs/{id}"), &NOTHING).await
    }

    /// Runs a job that ended again.
    pub async fn retry(&self, id: JobId) -> Asked<JobChanged> {
        self.change(&format!("/jobs/{id}/retry"), &json!({})).await
    }

    /// Marks a dead letter as seen to.
    pub async fn dismiss(&self, id: JobId) -> Asked<JobChanged> {
        self.change(&format!("/jobs/{id}/dismiss"), &json!({})).await
    }

    /// Ends a job.
    pub async fn cancel(&self, id: JobId) -> Asked<JobChanged> {
        self.change(&format!("/jobs/{id}/cancel"), &json!({})).await
    }

    /// Runs: those under way, then the latest start.
    pub async fn runs(&self, query: &RunsQuery) -> Asked<Page<Run>> {
        self.get("/runs", query).await
    }

    /// One run with its job.
    pub async fn run(&self, id: RunId) -> Asked<RunDetail> {
        self.get(&format!("/runs/{id}"), &NOTHING).await
    }

    /// What a run printed from byte `from` on, so far.
    pub async fn log(&self, id: RunId, from: u64) -> Asked<Vec<u8>> {
        self.bytes(&format!("/runs/{id}/log"), Some(&format!("bytes={from}-"))).await
    }

    /// The last bytes of what a run printed so far.
    pub async fn log_tail(&self, id: RunId, bytes: usize) -> Asked<Vec<u8>> {
        self.bytes(&format!("/runs/{id}/log"), Some(&format!("bytes=-{bytes}"))).await
    }

    /// Ends a run.
    pub async fn kill(&self, id: RunId) -> Asked<RunChanged> {
        self.change(&format!("/runs/{id}/kill"), &json!({})).await
    }

    /// Dead letters by agent and reason.
    pub async fn dead_letters(&self, query: &DeadLettersQuery) -> Asked<Page<DeadLetters>> {
        self.get("/dead-letters", query).await
    }

    /// Begins a bulk action.
    pub async fn begin_bulk(&self, bulk: &NewBulk) -> Asked<Bulk> {
        self.change("/bulk", bulk).await
    }

    /// How far a bulk action is.
    pub async fn bulk(&self, id: JobId) -> Asked<Bulk> {
        self.get(&format!("/bulk/{id}"), &NOTHING).await
    }

    /// Ends a bulk action; what was done stays done.
    pub async fn cancel_bulk(&self, id: JobId) -> Asked<Bulk> {
        self.change(&format!("/bulk/{id}/cancel"), &json!({})).await
    }

    /// All sources.
    pub async fn sources(&self) -> Asked<Page<Source>> {
        self.get("/sources", &NOTHING).await
    }

    /// The nodes.
    pub async fn nodes(&self) -> Asked<Page<Node>> {
        self.get("/nodes", &NOTHING).await
    }

    /// Who changed what.
    pub async fn audit(&self, query: &AuditQuery) -> Asked<Page<Change>> {
        self.get("/audit", query).await
    }

    /// What is in force, as the gate describes it.
    pub async fn config(&self) -> Asked<InForce> {
        self.get("/config", &NOTHING).await
    }

    /// The configurations that were in force, the newest first.
    pub async fn revisions(&self, query: &RevisionsQuery) -> Asked<Page<Revision>> {
        self.get("/config/revisions", query).await
    }

    /// Puts the files of the project in force.
    pub async fn reload(&self) -> Asked<Reloaded> {
        self.change("/config/reload", &json!({})).await
    }

    async fn change<T: serde::de::DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Asked<T> {
        self.post(path, &NOTHING, body).await
    }

    /// A delivery, or else the job of that id.
    pub async fn record(&self, receipt: ReceiptId, job: JobId) -> Asked<Record> {
        match self.delivery(receipt).await {
            Ok(delivery) => return Ok(Record::Delivery(Box::new(delivery))),
            Err(error) if error.kind() == Some(Kind::UnknownDelivery) => {}
            Err(error) => return Err(error),
        }
        match self.job(job).await {
            Err(ApiError::Refused(mut problem)) if problem.kind() == Some(Kind::UnknownJob) => {
                problem.detail = format!("there is no receipt or job {job}");
                Err(ApiError::Refused(problem))
            }
            found => Ok(Record::Job(Box::new(found?))),
        }
    }
}

/// What an id that may be a receipt's or a job's names.
#[derive(Debug)]
pub enum Record {
    /// A delivery.
    Delivery(Box<DeliveryDetail>),
    /// A job.
    Job(Box<JobDetail>),
}
