//! What a column of a table may do to fit.

/// One column.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Column {
    pub(super) title: &'static str,
    pub(super) right: bool,
    /// How narrow it may become; never cut where absent.
    pub(super) least: Option<usize>,
    /// Left out where the terminal is narrow, the lowest first; never where absent.
    pub(super) rank: Option<u8>,
}

impl Column {
    /// A column that is always shown in full.
    pub(in crate::cli) const fn new(title: &'static str) -> Self {
        Self { title, right: false, least: None, rank: None }
    }

    /// Numbers.
    pub(in crate::cli) const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// May be cut down to so many letters.
    pub(in crate::cli) const fn least(mut self, least: usize) -> Self {
        self.least = Some(least);
        self
    }

    /// May be left out, before those of a higher rank.
    pub(in crate::cli) const fn rank(mut self, rank: u8) -> Self {
        self.rank = Some(rank);
        self
    }
}
