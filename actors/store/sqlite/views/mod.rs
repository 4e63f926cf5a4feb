//! What is looked at.

mod counts;
mod jobs;
mod receipts;
mod runs;
mod summaries;

pub(super) use counts::{backlog, count, cursors, oldest_due};
pub(super) use jobs::{find_job, job, jobs};
pub(super) use receipts::{receipt, receipts};
pub(super) use runs::{last_runs, runs};
pub(super) use summaries::{dead_letters, last_receipts, outcomes};

use rusqlite::{Statement, ToSql};

use crate::{
    domain::AnyId,
    store::{Found, Span},
};

/// A statement's conditions and the values that they name, put together as a query asks for them, so
/// that SQLite sees no condition that is not there.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    pub(super) sql: String,
    values: Vec<(&'static str, &'a dyn ToSql)>,
}

impl<'a> Conditions<'a> {
    /// `condition` holds, where there is a value for its `name`.
    pub(super) fn and<T: ToSql>(&mut self, condition: &str, name: &'static str, value: Option<&'a T>) {
        let Some(value) = value else { return };
        self.always(condition);
        self.values.push((name, value));
    }

    fn always(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(condition);
    }

    pub(super) fn span(&mut self, column: &str, span: &'a Span) {
        self.and(&format!("{column} >= :since"), ":since", span.since.as_ref());
        self.and(&format!("{column} < :until"), ":until", span.until.as_ref());
    }

    pub(super) fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        for (name, value) in &self.values {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, *value)?;
            }
        }
        Ok(())
    }
}

/// Whatever has this id.
pub(super) fn find(connection: &rusqlite::Connection, id: AnyId) -> rusqlite::Result<Option<Found>> {
    match id {
        AnyId::Run(run) => Ok(job(connection, run.job)?.map(|found| Found::Job(Box::new(found)))),
        AnyId::ReceiptOrJob(raw) => match receipt(connection, crate::domain::ReceiptId::from_raw(raw))? {
            Some(receipt) => Ok(Some(Found::Receipt(Box::new(receipt)))),
            None => Ok(find_job(connection, raw)?.map(|found| Found::Job(Box::new(found)))),
        },
    }
}
