//! `[run] preset` and `[run.options]`: the command line of an agent program that Herdgate knows.

use std::time::Duration;

use herdgate_actors::preset::{self, OptionKind, OptionSpec, OptionValue, Options, Preset};
use toml::{Table, Value};

use super::Resolver;
use crate::config::{
    ConfigError, Diagnostic, agents::AgentFiles, schema::is_camel_case_of, settings::Run, suggest::nearest,
};

/// How long a program that tells its progress may be silent: models think for minutes at most.
const STALL_TIMEOUT: Duration = Duration::from_secs(300);

impl Resolver<'_> {
    /// The preset of an agent's runs, and what is said to it.
    pub(super) fn preset(&mut self, files: &AgentFiles, run: &Run) -> Option<(&'static dyn Preset, Options)> {
        let preset = preset::find(run.preset.as_deref()?)?;
        let options = self.options(files, preset.spec().options);
        Some((preset, options))
    }

    /// The project's options, and the agent's over them, one by one.
    fn options(&mut self, files: &AgentFiles, known: &'static [OptionSpec]) -> Options {
        let mut options = Options::default();
        let (project, own) = (&self.files.settings.run.options, files.settings.run.options.as_ref());
        // An agent with a preset of its own starts anew: options mean other things to other programs.
        let inherits = files.settings.run.preset.is_none();
        let layers = &self.files.layers;
        let of_project = |key: &str, cause| layers.problem(&format!("run.options.{key}"), cause);
        let of_agent = |key: &str, cause| files.document.problem(&format!("run.options.{key}"), cause);
        let mut problems = Vec::new();
        if inherits {
            read(project, known, &mut options, of_project, &mut problems);
        }
        if let Some(own) = own {
            read(own, known, &mut options, of_agent, &mut problems);
        }
        self.problems.extend(problems);
        options
    }
}

/// How long a run may be silent.
pub(super) fn stall_timeout(preset: Option<&dyn Preset>, run: &Run) -> Option<Duration> {
    let tells = preset.is_some_and(|preset| preset.spec().tells_progress);
    match run.stall_timeout {
        Some(span) => Some(*span).filter(|span| !span.is_zero()),
        None => tells.then_some(STALL_TIMEOUT),
    }
}

fn read(
    table: &Table,
    known: &'static [OptionSpec],
    options: &mut Options,
    problem: impl Fn(&str, ConfigError) -> Diagnostic,
    problems: &mut Vec<Diagnostic>,
) {
    for (key, value) in table {
        let spec = known.iter().find(|spec| spec.name == key || is_camel_case_of(key, spec.name));
        let Some(spec) = spec else {
            let known: Vec<_> = known.iter().map(|spec| spec.name).collect();
            let nearest = nearest(key, known.iter().copied());
            problems.push(problem(key, ConfigError::UnknownKey { key: key.clone(), nearest, known }));
            continue;
        };
        if let Some(value) = option(spec.kind, value) {
            options.0.insert(spec.name, value);
        } else {
            let (expected, found) = (expected(spec.kind).to_owned(), found(value).to_owned());
            problems.push(problem(key, ConfigError::WrongType { expected, found }));
        }
    }
}

fn option(kind: OptionKind, value: &Value) -> Option<OptionValue> {
    Some(match (kind, value) {
        (OptionKind::Text, Value::String(text)) => OptionValue::Text(text.clone()),
        // Amounts of money may be written as numbers.
        (OptionKind::Text, Value::Integer(number)) => OptionValue::Text(number.to_string()),
        (OptionKind::Text, Value::Float(number)) => OptionValue::Text(number.to_string()),
        (OptionKind::Number, Value::Integer(number)) => OptionValue::Number(u64::try_from(*number).ok()?),
        (OptionKind::Flag, Value::Boolean(flag)) => OptionValue::Flag(*flag),
        (OptionKind::Texts | OptionKind::Each, Value::String(text)) => OptionValue::Texts(vec![text.clone()]),
        (OptionKind::Texts | OptionKind::Each, Value::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            OptionValue::Texts(texts.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

const fn found(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
        Value::Boolean(_) => "a boolean",
        Value::String(_) => "a text",
        _ => "a number",
    }
}

const fn expected(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Text => "a text",
        OptionKind::Number => "a whole number",
        OptionKind::Flag => "`true` or `false`",
        OptionKind::Texts | OptionKind::Each => "a text or a list of texts",
    }
}
