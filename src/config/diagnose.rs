//! Shows problems with their file, line and caret.

use std::{cmp::Ordering, fmt, ops::Range, path::PathBuf, sync::Arc};

use miette::{
    Diagnostic as MietteDiagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::ConfigError;

/// A file as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl SourceText {
    /// The line, from 1, on which the byte at `offset` stands.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// The column, from 0 and in characters, at which the byte at `offset` stands.
    fn column(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        before.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// The span of the whole lines around `span`.
    fn lines(&self, span: SourceSpan) -> SourceSpan {
        let bytes = self.text.as_bytes();
        let from = span.offset().min(bytes.len());
        let to = (from + span.len()).min(bytes.len());
        let start = bytes[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let end =
            bytes[to..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| to + newline);
        (start..end).into()
    }
}

/// Whole lines and no others: the neighbours may hold tokens, and say nothing about the problem.
impl SourceCode for SourceText {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(&self.lines(*span), 0, 0)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.display().to_string(),
            contents.data(),
            *contents.span(),
            contents.line(),
            self.column(span.offset()),
            contents.line_count(),
        )))
    }
}

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
    pub fn render(&self, ink: ColorMode, width: usize) -> String {
        let theme = match ink {
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
