//! Shows problems with their file, line and caret.

use std::{cmp::Ordering, ffi::OsStr, fmt, io::IsTerminal, ops::Range, path::PathBuf, sync::Arc};

use miette::{
    Diagnostic as MietteDiagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode,
};

use super::{ConfigError, SourceText};

/// Where a problem lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file, at these bytes of it.
    Text(Arc<SourceText>, Range<usize>),
    /// In a file or folder as a whole.
    Path(PathBuf),
    /// In an environment variable.
    Variable(String),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What.
    pub cause: ConfigError,
    /// Where.
    pub place: Place,
}

impl Diagnostic {
    /// A problem with a file or folder as a whole.
    pub(super) fn of_path(path: impl Into<PathBuf>, cause: ConfigError) -> Self {
        Self { cause, place: Place::Path(path.into()) }
    }

    /// A problem with a variable of the environment, whose value may be a token and is not shown.
    pub(super) fn of_variable(name: &str, cause: ConfigError) -> Self {
        Self { cause: cause.without_value(), place: Place::Variable(name.to_owned()) }
    }

    /// What is wrong and where, in one line.
    pub fn in_one_line(&self) -> String {
        match &self.place {
            Place::Text(source, span) => {
                format!("{}:{}: {}", source.path.display(), source.line(span.start), self.cause)
            }
            Place::Path(_) | Place::Variable(_) => self.to_string(),
        }
    }

    /// The line, from 1, where it lies in a text.
    pub fn line(&self) -> Option<usize> {
        match &self.place {
            Place::Text(source, span) => Some(source.line(span.start)),
            Place::Path(_) | Place::Variable(_) => None,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Text(..) => write!(f, "{}", self.cause),
            Place::Path(path) => write!(f, "{}: {}", path.display(), self.cause),
            Place::Variable(name) => write!(f, "environment variable {name}: {}", self.cause),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// All that is wrong with a project, in the order of its files; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Diagnostic>);

/// Whether a terminal shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMode {
    /// No escape sequences.
    Plain,
    /// ANSI colours.
    Colour,
}

impl ColorMode {
    /// What standard error takes: no colours where it is no terminal, or where `NO_COLOR` says so.
    pub fn of_stderr() -> Self {
        Self::here(std::io::stderr().is_terminal())
    }

    /// What standard output takes.
    pub fn of_stdout() -> Self {
        Self::here(std::io::stdout().is_terminal())
    }

    fn here(terminal: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self::of(terminal && !dumb, std::env::var_os("NO_COLOR").as_deref())
    }

    /// As <https://no-color.org> has it: any text but an empty one says no.
    fn of(terminal: bool, no_color: Option<&OsStr>) -> Self {
        if terminal && no_color.is_none_or(OsStr::is_empty) { Self::Colour } else { Self::Plain }
    }
}

impl Problems {
    /// `None` where there is no problem.
    pub(super) fn of(mut problems: Vec<Diagnostic>) -> Option<Self> {
        problems.sort_by(|one, other| order(&one.place, &other.place));
        problems.dedup();
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// All of them as an operator reads them, at most `width` columns wide.
    pub fn render(&self, color: ColorMode, width: usize) -> String {
        let theme = match color {
            ColorMode::Plain => GraphicalTheme::unicode_nocolor(),
            ColorMode::Colour => GraphicalTheme::unicode(),
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
        let mut text = String::new();
        for problem in &self.0 {
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&problem.to_string());
            }
            text.push('\n');
        }
        text.push_str(&self.to_string());
        text.push('\n');
        text
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 problem in the configuration"),
            count => write!(f, "{count} problems in the configuration"),
        }
    }
}

impl std::error::Error for Problems {}

/// Variables first, then files by path and position.
fn order(one: &Place, other: &Place) -> Ordering {
    fn rank(place: &Place) -> (u8, Option<&PathBuf>, usize) {
        match place {
            Place::Variable(_) => (0, None, 0),
            Place::Path(path) => (1, Some(path), 0),
            Place::Text(source, span) => (1, Some(&source.path), span.start),
        }
    }
    rank(one).cmp(&rank(other))
}

impl MietteDiagnostic for Diagnostic {
    fn help<'h>(&'h self) -> Option<Box<dyn fmt::Display + 'h>> {
        self.cause.help().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match &self.place {
            Place::Text(source, _) => Some(source.as_ref()),
            Place::Path(_) | Place::Variable(_) => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Place::Text(_, span) = &self.place else { return None };
        let label = LabeledSpan::new_with_span(Some(self.cause.label().to_owned()), span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        let of = |terminal, no_color: Option<&str>| ColorMode::of(terminal, no_color.map(OsStr::new));
        assert_eq!(of(true, None), ColorMode::Colour);
        assert_eq!(of(true, Some("")), ColorMode::Colour);
        assert_eq!(of(true, Some("1")), ColorMode::Plain);
        assert_eq!(of(false, None), ColorMode::Plain);
    }
}
