//! A file of the user's, and where everything in it stands.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use toml::{Table, de::DeTable};

use super::{
    ConfigError, Diagnostic, Place, SourceText, Warning,
    schema::Key,
    validate::{Spans, Walk},
};

/// A TOML file that was read and held against its schema.
#[derive(Debug)]
pub(super) struct Document {
    source: Arc<SourceText>,
    /// Its canonical contents, without what was wrong.
    pub(super) table: Table,
    spans: Spans,
    /// Keys of Action Llama without effect: line, path.
    foreign: Vec<(usize, String)>,
    /// Whether it was TOML at all; where it was not, nothing is known about its contents.
    pub(super) legible: bool,
}

impl Document {
    /// Reads a file; an absent one is `None`.
    pub(super) fn read(
        path: &Path,
        keys: &'static [Key],
        problems: &mut Vec<Diagnostic>,
    ) -> Result<Option<Self>, Diagnostic> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(Self::parse(path.to_owned(), text, keys, problems))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let cause = ConfigError::Unreadable(error.kind().to_string());
                Err(Diagnostic { cause, place: Place::Path(path.to_owned()) })
            }
        }
    }

    /// A file that is not there, as one without a key.
    pub(super) fn empty(path: PathBuf) -> Self {
        Self {
            source: Arc::new(SourceText { path, text: String::new() }),
            table: Table::new(),
            spans: Spans::new(),
            foreign: Vec::new(),
            legible: true,
        }
    }

    fn parse(path: PathBuf, text: String, keys: &'static [Key], problems: &mut Vec<Diagnostic>) -> Self {
        let source = Arc::new(SourceText { path, text });
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let legible = errors.is_empty();
        for error in errors {
            let end = source.text.len();
            let place = Place::Text(Arc::clone(&source), error.span().unwrap_or(end..end));
            problems.push(Diagnostic { cause: ConfigError::Syntax(error.message().to_owned()), place });
        }
        let mut walk = Walk::default();
        let table = if legible { walk.table("", root.get_ref(), keys) } else { Table::new() };
        for (span, cause) in walk.found {
            problems.push(Diagnostic { cause, place: Place::Text(Arc::clone(&source), span) });
        }
        let foreign = walk.foreign.into_iter().map(|(path, span)| (source.line(span.start), path)).collect();
        Self { source, table, spans: walk.spans, foreign, legible }
    }

    /// Where the file lies.
    pub(super) fn path(&self) -> &Path {
        &self.source.path
    }

    /// Whether something stands at `path`, right or wrong.
    pub(super) fn mentions(&self, path: &str) -> bool {
        self.spans.contains_key(path)
    }

    /// The place of `path`, or of the innermost table around it.
    pub(super) fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(span) = self.spans.get(path) {
                return Place::Text(Arc::clone(&self.source), span.clone());
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return Place::Path(self.source.path.clone()),
            }
        }
    }

    /// A warning for each key of Action Llama without effect.
    pub(super) fn not_acted_on(&self) -> Vec<Warning> {
        let warning = |(line, key): &(usize, String)| Warning::NotActedOn {
            file: self.source.path.clone(),
            line: *line,
            key: key.clone(),
        };
        self.foreign.iter().map(warning).collect()
    }

    /// A problem at `path`.
    pub(super) fn problem(&self, path: &str, cause: ConfigError) -> Diagnostic {
        Diagnostic { cause, place: self.place(path) }
    }
}
