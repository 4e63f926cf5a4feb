//! What a run writes into `HERDGATE_RESULT_FILE`: for every command that has more to say than its exit
//! code, and no preset that reads it.
//!
//! A JSON object, each key of which may be left out; others are passed over:
//!
//! | key | |
//! |---|---|
//! | `summary` | a text, cut after 4 KiB |
//! | `outcome` | `completed`, `failed` or `retry`; counts only beside exit code 0 |
//! | `retry_after` | seconds before the next attempt, up to a week |
//! | `cost_usd` | a number of dollars |
//! | `tokens` | an object of `input`, `output`, `cache_read`, `cache_write` |
//! | `model`, `session_id` | texts, cut after 200 bytes |
//! | `links` | up to 20 addresses that begin with `https://` or `http://` |
//!
//! It is the word of the run: shown and summed, never more.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use serde::Deserialize;

use crate::{
    domain::{Cost, CostBasis, RunReport, Tokens, Usd},
    preset::text,
};

/// More than this is no result.
const LONGEST: u64 = 64 << 10;
/// Links that are kept.
const MOST_LINKS: usize = 20;
/// No run asks for a longer pause.
const LONGEST_PAUSE: u64 = 7 * 24 * 3600;

/// What stands in a result file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ResultFile {
    pub(super) outcome: Option<Told>,
    pub(super) report: RunReport,
    pub(super) retry_after: Option<Duration>,
}

/// What a run says of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    Completed,
    Failed,
    Retry,
}

/// Why a result file is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadResult {
    #[error("its result file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("its result file is longer than {} KiB", LONGEST >> 10)]
    TooLong,
    #[error("its result file is not understood: {0}")]
    NotUnderstood(#[from] serde_json::Error),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Json {
    summary: Option<String>,
    outcome: Option<Told>,
    retry_after: Option<u64>,
    cost_usd: Option<f64>,
    tokens: Option<Tokens>,
    model: Option<String>,
    session_id: Option<String>,
    links: Vec<String>,
}

impl ResultFile {
    /// Reads what a run left; nothing, where it left nothing. The run may have put anything there: a
    /// link is not followed, and a fifo does not block.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, BadResult> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file").into());
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Err(BadResult::TooLong);
        }
        Self::parse(&bytes).map(Some)
    }

    fn parse(bytes: &[u8]) -> Result<Self, BadResult> {
        let json: Json = serde_json::from_slice(bytes)?;
        let of = |given: Option<String>, cut: fn(&str) -> Option<String>| given.as_deref().and_then(cut);
        let is_link = |link: &String| link.starts_with("https://") || link.starts_with("http://");
        let links = json.links.into_iter().filter(is_link).take(MOST_LINKS);
        let usd = json.cost_usd.and_then(Usd::dollars);
        let report = RunReport {
            summary: of(json.summary, text::message),
            session: of(json.session_id, text::name),
            model: of(json.model, text::name),
            tokens: json.tokens,
            cost: usd.map(|usd| Cost { usd, basis: CostBasis::Reported }),
            links: links.filter_map(|link| text::name(&link)).collect(),
            ..RunReport::default()
        };
        let retry_after = json.retry_after.map(|seconds| Duration::from_secs(seconds.min(LONGEST_PAUSE)));
        Ok(Self { outcome: json.outcome, report, retry_after })
    }
}

/// What a preset read, and where it read nothing, what stands in the result file.
pub(super) fn merged(read: RunReport, written: RunReport) -> RunReport {
    RunReport {
        summary: read.summary.or(written.summary),
        session: read.session.or(written.session),
        model: read.model.or(written.model),
        turns: read.turns.or(written.turns),
        tokens: read.tokens.or(written.tokens),
        cost: read.cost.or(written.cost),
        denied: if read.denied.is_empty() { written.denied } else { read.denied },
        links: if read.links.is_empty() { written.links } else { read.links },
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn written(content: &str) -> Result<Option<ResultFile>, BadResult> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(&path, content).unwrap();
        ResultFile::read(&path)
    }

    #[test]
    fn a_run_says_what_it_did_and_what_that_cost() {
        let result = written(
            r#"{"summary": " Opened #7 ", "outcome": "completed", "cost_usd": 0.25, "tokens": {"input": 5},
                "session_id": "s1", "links": ["https://example.com/7", "javascript:alert(1)"], "more": []}"#,
        );
        let result = result.unwrap().unwrap();
        assert_eq!(result.outcome, Some(Told::Completed));
        assert_eq!(result.report.summary.as_deref(), Some("Opened #7"));
        assert_eq!(result.report.links, ["https://example.com/7"]);
        assert_eq!(result.report.cost.unwrap().usd, Usd::micros(250_000));
        assert_eq!(result.report.tokens.unwrap().input, 5);
    }

    #[test]
    fn no_file_is_no_result_and_a_bad_one_says_why() {
        assert_eq!(ResultFile::read(Path::new("/nonexistent/result.json")).unwrap(), None);
        assert!(written("{").unwrap_err().to_string().contains("not understood"));
        assert!(written(&format!("{{\"summary\":\"{}\"}}", "x".repeat(70_000))).is_err());
        assert!(written(r#"{"outcome": "splendid"}"#).is_err());
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), r#"{"summary":"token"}"#).unwrap();
        symlink(folder.path().join("secret"), folder.path().join("result.json")).unwrap();
        assert!(ResultFile::read(&folder.path().join("result.json")).is_err());
    }

    #[test]
    fn amounts_that_are_none_are_left_out_and_pauses_end() {
        let result = written(r#"{"cost_usd": -3, "retry_after": 99999999999}"#).unwrap().unwrap();
        assert_eq!(result.report.cost, None);
        assert_eq!(result.retry_after, Some(Duration::from_secs(LONGEST_PAUSE)));
    }
}
