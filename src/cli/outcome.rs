//! How commands end.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use super::visible::visible;

/// Nobody reads standard output any more.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("nobody reads the output any more")]
pub(super) struct ReaderGone;

/// Tells of a failure on standard error. Nobody is left to tell where that fails.
pub(super) fn failed(report: &miette::Report) -> ExitCode {
    let mut told = io::stderr();
    if report.is::<ReaderGone>() {
        return ExitCode::SUCCESS;
    }
    if let Some(Usage(text)) = report.downcast_ref() {
        let _ = writeln!(told, "error: {text}\n\nFor more information, try '--help'.");
        return ExitCode::from(USAGE);
    }
    let _ = match report.downcast_ref::<Unsound>() {
        Some(problems) => write!(told, "{problems}"),
        None => writeln!(told, "{report:?}"),
    };
    ExitCode::FAILURE
}

/// The exit code of a command line that makes no sense, as the parser has it.
const USAGE: u8 = 2;

/// The exit code of an answer that is "no".
pub(super) const NO: u8 = 3;

/// The exit code of what Ctrl-C ended, as shells have it.
pub(super) const INTERRUPTED: u8 = 130;

/// A command line that the parser takes and that still makes no sense.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{0}")]
struct Usage(String);

pub(super) fn usage(text: &str) -> miette::Report {
    Usage(text.to_owned()).into()
}

/// How a command ends: an exit code, or a report for standard error and exit code 1, or 2 for a
/// command line that makes no sense.
pub(super) type Outcome = miette::Result<ExitCode>;

/// The problems of a project, rendered already.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{0}")]
pub(super) struct Unsound(pub(super) String);

/// A report of something that is no [`miette::Diagnostic`].
pub(super) fn report(error: impl std::fmt::Display) -> miette::Report {
    let text = error.to_string();
    miette::miette!("{}", visible(&text))
}
