//! What a preset has to tell.

use std::{collections::BTreeMap, fmt};

use crate::domain::{PresetName, RunReport, Timestamp};

/// A program that Herdgate knows how to drive.
pub trait Preset: fmt::Debug + Send + Sync {
    /// What is fixed about it.
    fn spec(&self) -> &'static PresetSpec;

    /// Reads the output of one run.
    fn reader(&self) -> Box<dyn StreamReader>;
}

/// What is fixed about a preset.
#[derive(Debug)]
pub struct PresetSpec {
    /// As it stands behind `preset`.
    pub name: PresetName,
    /// Its program.
    pub program: &'static str,
    /// The arguments that it gets in any case, before all others. The prompt comes on standard input.
    pub first: &'static [&'static str],
    /// The same, after all others.
    pub last: &'static [&'static str],
    /// What the configuration may say to it, in the order of the command line.
    pub options: &'static [OptionSpec],
    /// Whether it prints events while it works, so that silence means that it hangs.
    pub tells_progress: bool,
}

impl PresetSpec {
    /// Program and arguments.
    pub fn command(&self, options: &Options) -> Vec<String> {
        let owned = |fixed: &[&str]| fixed.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        [owned(&[self.program]), owned(self.first), options.arguments(self.options), owned(self.last)]
            .concat()
    }
}

/// One thing that can be said to a preset.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its key in the configuration.
    pub name: &'static str,
    /// Its flag on the command line; nothing for texts that stand there as they are.
    pub flag: &'static str,
    /// What its value must be.
    pub kind: OptionKind,
}

/// What the value of an option must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A text, given behind the flag.
    Text,
    /// A whole number, given behind the flag.
    Number,
    /// `true` gives the flag.
    Flag,
    /// Texts, all of them behind one flag.
    Texts,
    /// Texts, each behind a flag of its own.
    Each,
}

/// A value from the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// A text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
}

/// What the configuration says to a preset, by the names of its options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options(pub BTreeMap<&'static str, OptionValue>);

impl Options {
    /// The arguments that say all of this.
    fn arguments(&self, specs: &[OptionSpec]) -> Vec<String> {
        let mut arguments = Vec::new();
        for spec in specs {
            let flag = || spec.flag.to_owned();
            match self.0.get(spec.name) {
                Some(OptionValue::Text(text)) => arguments.extend([flag(), text.clone()]),
                Some(OptionValue::Number(number)) => arguments.extend([flag(), number.to_string()]),
                Some(OptionValue::Flag(true)) => arguments.push(flag()),
                Some(OptionValue::Texts(texts)) if spec.kind == OptionKind::Each => {
                    arguments.extend(texts.iter().flat_map(|text| [flag(), text.clone()]));
                }
                Some(OptionValue::Texts(texts)) if !texts.is_empty() => {
                    arguments.extend((!spec.flag.is_empty()).then(flag));
                    arguments.extend(texts.iter().cloned());
                }
                Some(OptionValue::Texts(_) | OptionValue::Flag(false)) | None => {}
            }
        }
        arguments
    }
}

/// Reads what one run prints, line by line. Lines that it does not know are nothing to it: programs
/// print warnings between their events, and new versions have new events.
pub trait StreamReader: fmt::Debug + Send {
    /// One line, without its end.
    fn line(&mut self, line: &[u8]);

    /// Whether the program has said how it ended. It should end by itself now.
    fn has_ended(&self) -> bool;

    /// What really happened.
    fn verdict(&self, ended: Ended) -> Verdict;

    /// What was told along the way.
    fn report(&self) -> RunReport;
}

/// How the program itself ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exit(i32),
    /// By a signal that the gate did not send.
    Signal(i32),
    /// It said how it ended and then did not end, so the gate ended it.
    Lingering,
}

/// What happened in a run, for its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The work is done.
    Done,
    /// It failed; another attempt may not.
    Failed(String),
    /// It failed, and another attempt would fail in the same way, or spend as much again.
    Final(String),
    /// The model's service takes no more for now. No attempt is to be counted.
    RateLimited {
        /// When it does again, where it says so.
        until: Option<Timestamp>,
    },
    /// Nothing is known but how the program ended.
    ByExit,
}
