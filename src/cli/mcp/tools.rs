//! What an assistant can call.

use herdgate_actors::domain::{AgentName, SourceName};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    api::{
        agents::NewRun,
        deliveries::{DeliveriesFilter, Replay},
        jobs::JobsFilter,
        list::{Listed, Window},
        runs::RunsFilter,
    },
    cli::{
        gate::Gate,
        id::AnyId,
        lists::{When, one_of},
    },
    client::{Api, ApiError, Record},
};

/// The rows of a list where nobody says; an assistant pays for each.
const ROWS: u64 = 20;
/// The most rows.
const MOST_ROWS: u64 = 200;
/// The end of a log that is shown, in bytes.
const LOG_TAIL: usize = 16 * 1024;

/// A tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// What it does, in words for an assistant.
    about: &'static str,
    /// Whether it changes anything.
    pub(super) changes: bool,
    /// Its arguments: name, JSON type, whether it must be there, what it is.
    arguments: &'static [(&'static str, &'static str, bool, &'static str)],
}

const AGENT: (&str, &str, bool, &str) = ("agent", "string", false, "only of this agent");
const LIMIT: (&str, &str, bool, &str) =
    ("limit", "integer", false, "at most so many rows; 20 where absent, 200 at most");
const SINCE: (&str, &str, bool, &str) =
    ("since", "string", false, "only then or later: RFC 3339, or so long ago like `2h`");
const ID: (&str, &str, bool, &str) = ("id", "string", true, "a receipt, a job or a run");
const WHOM: (&str, &str, bool, &str) = ("agent", "string", true, "the name of the agent");

/// All of them.
pub(super) const ALL: [Tool; 11] = [
    Tool {
        name: "status",
        about: "How the gate is: its nodes, agents with their backlog, and dead letters",
        changes: false,
        arguments: &[],
    },
    Tool {
        name: "list_deliveries",
        about: "List deliveries of webhooks, the newest first",
        changes: false,
        arguments: &[
            ("source", "string", false, "only of this source"),
            (
                "outcome",
                "string",
                false,
                "matched, unmatched, duplicate, unparsable, unrouted, gapped or quarantined",
            ),
            ("event", "string", false, "only of this event"),
            ("repo", "string", false, "only of this repository, like acme/app"),
            ("text", "string", false, "only those that say this somewhere"),
            ("delivery_id", "string", false, "the provider's own id of it"),
            AGENT,
            SINCE,
            LIMIT,
        ],
    },
    Tool {
        name: "list_jobs",
        about: "List jobs, the newest first",
        changes: false,
        arguments: &[
            (
                "state",
                "string",
                false,
                "available, scheduled, executing, held, retryable, completed, discarded (a dead letter) or cancelled",
            ),
            AGENT,
            SINCE,
            LIMIT,
        ],
    },
    Tool {
        name: "list_runs",
        about: "List runs: those under way, then the latest",
        changes: false,
        arguments: &[
            (
                "state",
                "string",
                false,
                "executing, completed, failed, not_done, gave_up, stalled, rate_limited, killed, timed_out, try_again, \
                 interrupted or not_started",
            ),
            AGENT,
            SINCE,
            LIMIT,
        ],
    },
    Tool {
        name: "show",
        about: "Show a receipt with what each agent said of it and why, a job with its attempts, or a run",
        changes: false,
        arguments: &[ID],
    },
    Tool {
        name: "logs",
        about: "The end of what a run printed; a job stands for its last run",
        changes: false,
        arguments: &[ID],
    },
    Tool {
        name: "run_agent",
        about: "Start a run of an agent by hand. It costs what its command costs",
        changes: true,
        arguments: &[WHOM, ("prompt", "string", false, "what it is told beside its instructions")],
    },
    Tool {
        name: "replay",
        about: "Route a delivery again with the filters of today, or run a job that ended again",
        changes: true,
        arguments: &[ID],
    },
    Tool {
        name: "pause_agent",
        about: "Let an agent begin no runs; its work is held, not lost",
        changes: true,
        arguments: &[WHOM],
    },
    Tool { name: "resume_agent", about: "Let a paused agent go on", changes: true, arguments: &[WHOM] },
    Tool {
        name: "kill",
        about: "End a run that is under way, and its job with it",
        changes: true,
        arguments: &[("id", "string", true, "the run")],
    },
];

impl Tool {
    /// As `tools/list` has it.
    pub(super) fn described(&self) -> Value {
        let properties: Map<_, _> = self
            .arguments
            .iter()
            .map(|(name, kind, _, about)| ((*name).to_owned(), json!({ "type": kind, "description": about })))
            .collect();
        let required: Vec<_> =
            self.arguments.iter().filter(|(_, _, required, _)| *required).map(|(name, ..)| *name).collect();
        json!({
            "name": self.name,
            "description": self.about,
            "inputSchema": {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            },
            "annotations": { "readOnlyHint": !self.changes, "destructiveHint": self.name == "kill" },
        })
    }

    /// An argument that it does not know, or one that it misses.
    pub(super) fn unknown(&self, arguments: &Value) -> Option<String> {
        let given = arguments.as_object()?;
        let known = |name: &str| self.arguments.iter().any(|(known, ..)| *known == name);
        if let Some(name) = given.keys().find(|name| !known(name)) {
            return Some(format!("`{}` has no argument `{name}`", self.name));
        }
        let missing =
            self.arguments.iter().find(|(name, _, required, _)| *required && !given.contains_key(*name));
        missing.map(|(name, ..)| format!("`{}` wants the argument `{name}`", self.name))
    }
}

/// Does it.
pub(super) fn call(gate: &Gate, tool: &Tool, arguments: &Value) -> Result<Value, String> {
    let given = Given { gate, arguments };
    match tool.name {
        "status" => given.status(),
        "list_deliveries" => given.deliveries(),
        "list_jobs" => given.jobs(),
        "list_runs" => given.runs(),
        "show" => given.show(),
        "logs" => given.logs(),
        "run_agent" => {
            let (agent, run) = (given.must("agent")?, NewRun { prompt: given.text("prompt") });
            given.asked(gate.try_ask(|api| async { api.trigger(&agent, &run).await }))
        }
        "replay" => given.replay(),
        "pause_agent" => {
            let agent = given.must("agent")?;
            given.asked(gate.try_ask(|api| api.pause(&agent)))
        }
        "resume_agent" => {
            let agent = given.must("agent")?;
            given.asked(gate.try_ask(|api| api.resume(&agent)))
        }
        "kill" => match given.id()? {
            AnyId::Run(run) => given.asked(gate.try_ask(|api| api.kill(run))),
            AnyId::Record(..) => Err("name the run, like 0srk4t5zr0001-1".to_owned()),
        },
        other => Err(format!("there is no tool {other}")),
    }
}

/// The arguments of a call.
struct Given<'a> {
    gate: &'a Gate,
    arguments: &'a Value,
}

impl Given<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.arguments[name].as_str().map(str::to_owned)
    }

    fn must(&self, name: &str) -> Result<String, String> {
        self.text(name).ok_or_else(|| format!("`{name}` must be a text"))
    }

    fn id(&self) -> Result<AnyId, String> {
        self.must("id")?.parse().map_err(|error: crate::cli::id::NoId| error.to_string())
    }

    fn window(&self) -> Result<Window, String> {
        let limit = self.arguments["limit"].as_u64().unwrap_or(ROWS).clamp(1, MOST_ROWS);
        Ok(Window { since: self.since()?, limit: u32::try_from(limit).ok(), ..Window::default() })
    }

    fn agent(&self) -> Option<AgentName> {
        self.text("agent").as_deref().map(AgentName::from)
    }

    fn since(&self) -> Result<Option<crate::api::time::Time>, String> {
        let parse = |text: String| text.parse::<When>().map(|when| when.0).map_err(|error| error.to_string());
        self.text("since").map(parse).transpose()
    }

    fn choice<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        self.text(name).map(|text| one_of(&text).map_err(|known| format!("`{name}`: {known}"))).transpose()
    }

    fn asked<T: Serialize>(&self, answer: Result<T, ApiError>) -> Result<Value, String> {
        let answer = answer.map_err(|error| self.gate.words(&error).to_string())?;
        serde_json::to_value(answer).map_err(|error| error.to_string())
    }

    fn status(&self) -> Result<Value, String> {
        let nodes = self.asked(self.gate.try_ask(Api::nodes))?;
        let agents = self.asked(self.gate.try_ask(Api::agents))?;
        let query = crate::api::dead_letters::DeadLettersQuery::default();
        let dead = self.asked(self.gate.try_ask(|api| api.dead_letters(&query)))?;
        Ok(json!({ "nodes": nodes["items"], "agents": agents["items"], "dead_letters": dead["items"] }))
    }

    fn deliveries(&self) -> Result<Value, String> {
        let filter = DeliveriesFilter {
            source: self.text("source").as_deref().map(SourceName::from),
            outcome: self.choice("outcome")?,
            event: self.text("event"),
            repo: self.text("repo"),
            agent: self.agent(),
            delivery_id: self.text("delivery_id"),
            text: self.text("text"),
        };
        let query = Listed { filter, window: self.window()? };
        self.asked(self.gate.try_ask(|api| api.deliveries(&query)))
    }

    fn jobs(&self) -> Result<Value, String> {
        let filter =
            JobsFilter { agent: self.agent(), state: self.choice("state")?, ..JobsFilter::default() };
        let query = Listed { filter, window: self.window()? };
        self.asked(self.gate.try_ask(|api| api.jobs(&query)))
    }

    fn runs(&self) -> Result<Value, String> {
        let filter =
            RunsFilter { agent: self.agent(), state: self.choice("state")?, ..RunsFilter::default() };
        let query = Listed { filter, window: self.window()? };
        self.asked(self.gate.try_ask(|api| api.runs(&query)))
    }

    fn show(&self) -> Result<Value, String> {
        match self.id()? {
            AnyId::Run(run) => self.asked(self.gate.try_ask(|api| api.run(run))),
            AnyId::Record(receipt, job) => match self.gate.try_ask(|api| api.record(receipt, job)) {
                Ok(Record::Delivery(delivery)) => self.asked(Ok(delivery)),
                Ok(Record::Job(job)) => self.asked(Ok(job)),
                Err(error) => self.asked::<Value>(Err(error)),
            },
        }
    }

    fn logs(&self) -> Result<Value, String> {
        let run = match self.id()? {
            AnyId::Run(run) => run,
            AnyId::Record(_, job) => {
                let detail = self
                    .gate
                    .try_ask(|api| api.job(job))
                    .map_err(|error| self.gate.words(&error).to_string())?;
                detail
                    .attempts
                    .last()
                    .map(|run| run.id)
                    .ok_or_else(|| format!("job {job} has not run yet"))?
            }
        };
        let log = self.gate.try_ask(|api| api.log_tail(run, LOG_TAIL));
        let log = log.map_err(|error| self.gate.words(&error).to_string())?;
        let cut = if log.len() >= LOG_TAIL { "[what came before is left out]\n" } else { "" };
        Ok(Value::from(cut.to_owned() + &String::from_utf8_lossy(&log)))
    }

    fn replay(&self) -> Result<Value, String> {
        let retry = |job| self.asked(self.gate.try_ask(|api| api.retry(job)));
        match self.id()? {
            AnyId::Run(run) => retry(run.job),
            AnyId::Record(receipt, job) => match self.gate.try_ask(|api| api.record(receipt, job)) {
                Ok(Record::Delivery(_)) => {
                    let to = Replay::default();
                    self.asked(self.gate.try_ask(|api| api.replay(receipt, &to)))
                }
                Ok(Record::Job(_)) => retry(job),
                Err(error) => self.asked::<Value>(Err(error)),
            },
        }
    }
}
