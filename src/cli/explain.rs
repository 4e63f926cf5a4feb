//! `herdgate explain`.

use std::{
    io::{self, BufRead, Read},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use herdgate_actors::domain::{Clock, FailedClause, ReceiptId};
use miette::IntoDiagnostic;
use serde_json::{Value, json};

use super::{
    gate::Gate,
    globals::Globals,
    outcome::{NO, Outcome, report},
    print::Out,
};
use crate::{
    config::ResolvedConfig,
    explain::{Explainer, Explanation, Line, Question},
};

/// Answer "why did (not) this trigger?" without a server.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with 0 where something would start, 3 where nothing would, and 1 where the gate would refuse it.
A line of `--jsonl` is an object with `provider`, `headers`, `body` or `body_b64`, and where wanted `id`,
`source`, `trigger` (a [[webhooks]] table) and `secrets` (by instance). Its signature is always checked,
unless `secrets` is empty; without `--jsonl` only `--verify` checks it.")]
pub(super) struct Explain {
    /// A receipt: the gate's stored delivery, held against the filters of the project here, be they in
    /// force or not yet.
    #[arg(conflicts_with_all = ["provider", "headers", "body", "jsonl", "verify"])]
    receipt: Option<ReceiptId>,
    /// github, sentry, linear, mintlify, slack or standard.
    #[arg(long, required_unless_present_any = ["jsonl", "receipt"])]
    provider: Option<String>,
    /// A request header, like `X-GitHub-Event: issues`. Can be repeated.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The file with the body; `-` is standard input.
    #[arg(long, default_value = "-")]
    body: PathBuf,
    /// Only for this source, as `/webhooks/<type>/<source>` does.
    #[arg(long)]
    source: Option<String>,
    /// Refuse what is not signed by one of the project's secrets, as the gate would.
    #[arg(long)]
    verify: bool,
    /// Read one request a line from standard input, write one answer a line.
    #[arg(long, conflicts_with_all = ["provider", "headers", "source", "verify"])]
    jsonl: bool,
}

impl Explain {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let plan = self.plan(globals)?;
        let explainer = Explainer::new(plan.as_ref(), Clock::System.now());
        if self.jsonl {
            return lines(&explainer);
        }
        let question = match self.receipt {
            Some(receipt) => self.stored(globals, receipt)?,
            None => self.question()?,
        };
        let answer = explainer.answer(&question);
        let mut out = Out::new();
        if globals.json {
            out.pretty(&json!(answer))?;
        } else {
            print(&answer, &mut out)?;
        }
        out.flush()?;
        Ok(verdict(&answer))
    }

    /// Lines may bring all they need, so a folder without a project is fine there.
    fn plan(&self, globals: &Globals) -> miette::Result<Option<ResolvedConfig>> {
        if self.jsonl && !globals.project().exists() {
            return Ok(None);
        }
        globals.project().plan().map(Some)
    }

    /// A delivery that was verified when it came; its signature is not kept.
    fn stored(&self, globals: &Globals, receipt: ReceiptId) -> miette::Result<Question> {
        let gate = Gate::of(globals)?;
        let detail = gate.ask(|api| api.delivery(receipt))?;
        let body = gate.ask(|api| api.delivery_body(receipt))?;
        Ok(Question {
            provider: detail.delivery.provider,
            source: self.source.clone().or_else(|| detail.delivery.sources.first().map(ToString::to_string)),
            headers: detail.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body,
            trigger: None,
            secrets: None,
            trust: true,
        })
    }

    fn question(&self) -> miette::Result<Question> {
        let headers = self
            .headers
            .iter()
            .map(|header| {
                let (name, value) = header
                    .split_once(':')
                    .ok_or_else(|| report(format!("`{header}` is no header: expected `Name: value`")))?;
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect::<miette::Result<_>>()?;
        let mut body = Vec::new();
        if self.body.as_os_str() == "-" {
            io::stdin().lock().read_to_end(&mut body).into_diagnostic()?;
        } else {
            body = std::fs::read(&self.body)
                .map_err(|error| report(format!("cannot read {}: {error}", self.body.display())))?;
        }
        Ok(Question {
            provider: self.provider.clone().unwrap_or_default(),
            source: self.source.clone(),
            headers,
            body,
            trigger: None,
            secrets: None,
            trust: !self.verify,
        })
    }
}

/// One answer for each line. A line that is no request gets an error and stops nothing.
fn lines(explainer: &Explainer<'_>) -> Outcome {
    let mut out = Out::new();
    for line in io::stdin().lock().lines() {
        let line = line.into_diagnostic()?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Line>(&line) {
            Ok(mut line) => answered(explainer, &mut line),
            Err(error) => json!({ "id": null, "error": format!("no request: {error}") }),
        };
        out.json(&answer)?;
    }
    out.success()
}

fn answered(explainer: &Explainer<'_>, line: &mut Line) -> Value {
    let id = line.id.take();
    match line.question() {
        Ok(question) => {
            let mut answer = json!(explainer.answer(&question));
            answer["id"] = id;
            answer
        }
        Err(error) => json!({ "id": id, "error": error }),
    }
}

/// 0 where something would start, [`NO`] where nothing would, 1 where the gate would refuse it.
fn verdict(answer: &Explanation) -> ExitCode {
    match (answer.status, answer.verdicts.iter().any(|verdict| verdict.matched)) {
        (200, true) => ExitCode::SUCCESS,
        (200, false) => ExitCode::from(NO),
        _ => ExitCode::FAILURE,
    }
}

/// The answer comes first, and what it was made of last.
fn print(answer: &Explanation, out: &mut Out) -> miette::Result<()> {
    let matched = answer.verdicts.iter().filter(|verdict| verdict.matched).count();
    out.line(match (&answer.error, matched) {
        (Some(error), _) => format!("{} {error}", answer.status),
        (None, 0) => "no: no trigger wants it".to_owned(),
        (None, 1) => "yes: one trigger wants it".to_owned(),
        (None, _) => format!("yes: {matched} triggers want it"),
    })?;
    for verdict in &answer.verdicts {
        let agent = verdict.agent.as_deref().unwrap_or("-");
        let trigger = ordinal(verdict.trigger);
        if verdict.matched {
            out.line(format!("{agent}: yes ({trigger} trigger)"))?;
            if let Some(key) = &verdict.key {
                out.line(format!("  key: {key}"))?;
            }
            if !verdict.key_lacks.is_empty() {
                out.line(format!("  no key: it has no {}", verdict.key_lacks.join(", ")))?;
            }
            continue;
        }
        out.line(format!("{agent}: no ({trigger} trigger)"))?;
        for clause in &verdict.failed {
            out.line(format!("  {}", clause_words(clause)))?;
        }
    }
    if answer.context.is_some() && answer.verdicts.is_empty() {
        let who = if answer.sources.is_empty() { "this type" } else { "these sources" };
        out.line(format!("no agent listens to {who}"))?;
    }
    if let Some(context) = &answer.context {
        out.line("\nwhat it says")?;
        out.pretty(&json!(context))?;
    }
    Ok(())
}

/// A clause that says no.
pub(super) fn clause_words(clause: &FailedClause) -> String {
    let (wanted, actual) = (json!(clause.wanted), json!(clause.actual));
    format!("{}: wanted {wanted}, was {actual}", clause.field)
}

/// How people count triggers: from one.
pub(super) fn ordinal(index: usize) -> String {
    match index {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        2 => "third".to_owned(),
        _ => format!("{}th", index + 1),
    }
}
