//! Pages of lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many are counted behind a page; nobody reads more.
pub const COUNTED: u32 = 10_000;
/// The rows of a page where nobody says.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most rows of a page.
pub const MOST_ROWS: u32 = 1000;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give this as `after` to have the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are behind this page.
    pub more: u32,
    /// Whether there may be still more: counting ends at 10,000.
    pub more_is_capped: bool,
}

impl<T> Page<T> {
    /// A list that has one page.
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None, more: 0, more_is_capped: false }
    }

    /// The same page of something else.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, next, more, more_is_capped } = self;
        Page { items: items.into_iter().map(into).collect(), next, more, more_is_capped }
    }
}
