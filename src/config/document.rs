//! A file of the user's, and where everything in it stands.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use toml::{Table, de::DeTable};

use super::{
    ConfigError, Diagnostic, Place, SourceText, Warning,
    origin::Origin,
    schema::Key,
    validate::{Remark, Spans, Validator},
};

/// A TOML file that was read and held against its schema.
#[derive(Debug)]
pub(super) struct Document {
    source: Arc<SourceText>,
    /// Its canonical contents, without what was wrong.
    pub(super) table: Table,
    spans: Spans,
    /// What should be told, by line.
    remarks: Vec<(usize, Remark)>,
    /// The environment that it names.
    pub(super) environment: Option<String>,
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
        match read_text(path) {
            Ok(text) => Ok(text.map(|text| Self::parse(path.to_owned(), text, keys, problems))),
            Err(cause) => Err(Diagnostic::of_path(path, cause)),
        }
    }

    /// A file that is not there, as one without a key.
    pub(super) fn empty(path: PathBuf) -> Self {
        Self {
            source: Arc::new(SourceText::of_toml(path, String::new(), &[])),
            table: Table::new(),
            spans: Spans::new(),
            remarks: Vec::new(),
            environment: None,
            legible: true,
        }
    }

    /// What is no TOML is read as far as it is, for those who need only a part of it.
    fn parse(path: PathBuf, text: String, keys: &'static [Key], problems: &mut Vec<Diagnostic>) -> Self {
        let mut validator = Validator::new(keys);
        let (root, errors) = DeTable::parse_recoverable(&text);
        let table = validator.table("", root.get_ref(), keys);
        let errors: Vec<_> = errors
            .into_iter()
            .map(|error| (error.span().unwrap_or(text.len()..text.len()), error.message().to_owned()))
            .collect();
        drop(root);
        let legible = errors.is_empty();
        let source = Arc::new(if legible {
            SourceText::of_toml(path, text, &validator.secrets)
        } else {
            SourceText::of_no_toml(path, text)
        });
        let at = |span| Place::Text(Arc::clone(&source), span);
        problems.extend(
            errors
                .into_iter()
                .map(|(span, message)| Diagnostic { cause: ConfigError::Syntax(message), place: at(span) }),
        );
        let (mut spans, mut remarks) = (Spans::new(), Vec::new());
        if legible {
            let found = validator.found.into_iter();
            problems.extend(found.map(|(span, cause)| Diagnostic { cause, place: at(span) }));
            spans = validator.spans;
            let told = validator.remarks.into_iter();
            remarks = told.map(|(span, remark)| (source.line(span.start), remark)).collect();
        }
        Self { source, table, spans, remarks, environment: validator.environment, legible }
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

    /// A warning for each key that is understood and not acted upon.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warning = |(line, remark): &(usize, Remark)| {
            let (file, line) = (self.source.path.clone(), *line);
            match remark.clone() {
                Remark::NotActedOn { key } => Warning::NotActedOn { file, line, key },
                Remark::Misplaced { key, table } => Warning::Misplaced { file, line, key, table },
            }
        };
        self.remarks.iter().map(warning).collect()
    }

    /// Where each of its keys stands. One pass over the text, however many there are.
    pub(super) fn origins(&self) -> impl Iterator<Item = (String, Origin)> {
        let mut places: Vec<_> = self.spans.iter().map(|(path, span)| (span.start, path)).collect();
        places.sort_unstable();
        let (file, mut lines) = (Arc::<Path>::from(self.path()), self.source.lines_from_start());
        places.into_iter().map(move |(offset, path)| {
            let origin = Origin::File { file: Arc::clone(&file), line: lines.line_at(offset) };
            (path.clone(), origin)
        })
    }

    /// A problem at `path`.
    pub(super) fn problem(&self, path: &str, cause: ConfigError) -> Diagnostic {
        Diagnostic { cause, place: self.place(path) }
    }
}

/// The text of a file; `None` where there is none.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ConfigError::Unreadable(error.kind().to_string())),
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        ConfigError::NotUtf8 { line: sound.split(|byte| *byte == b'\n').count() }
    })
}
