//! How wide each column is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::column::Column;

/// Between two columns.
pub(super) const GAP: &str = "  ";

/// The columns that are shown, each with its width.
#[derive(Debug)]
pub(super) struct Layout {
    shown: Vec<(usize, usize)>,
    dropped: Vec<&'static str>,
    is_cut: bool,
}

impl Layout {
    /// Fits columns with these natural widths into `width`: cuts what may be cut, the widest first,
    /// and where that is not enough leaves out what may be left out.
    pub(super) fn new(columns: &[Column], natural: &[usize], width: Option<usize>) -> Self {
        let mut shown: Vec<_> = natural.iter().copied().enumerate().collect();
        let Some(width) = width else { return Self { shown, dropped: Vec::new(), is_cut: false } };
        let least = |at: usize| columns[at].least.map_or(natural[at], |least| least.min(natural[at]));
        let mut dropped = Vec::new();
        while total(shown.iter().map(|(at, _)| least(*at))) > width {
            let ranked = shown.iter().filter_map(|(at, _)| Some((columns[*at].rank?, *at)));
            let Some((_, next)) = ranked.min() else { break };
            shown.retain(|(at, _)| *at != next);
            dropped.push(columns[next].title);
        }
        let mut is_cut = false;
        while total(shown.iter().map(|(_, wide)| *wide)) > width {
            let can_shrink = shown.iter_mut().filter(|(at, wide)| *wide > least(*at));
            let Some((_, widest)) = can_shrink.max_by_key(|(_, wide)| *wide) else { break };
            *widest -= 1;
            is_cut = true;
        }
        Self { shown, dropped, is_cut }
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.shown.iter().copied()
    }

    /// What is missing, and how to see it.
    pub(super) fn left_out(&self) -> Option<String> {
        let dropped = self.dropped.join(", ");
        match (self.dropped.is_empty(), self.is_cut) {
            (true, false) => None,
            (true, true) => Some("cut to fit: `--wide` shows all".to_owned()),
            (false, false) => Some(format!("without {dropped}: `--wide` shows all")),
            (false, true) => Some(format!("without {dropped}, and cut to fit: `--wide` shows all")),
        }
    }
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    let (columns, sum) = widths.fold((0_usize, 0), |(columns, sum), wide| (columns + 1, sum + wide));
    sum + GAP.len() * columns.saturating_sub(1)
}

/// The beginning of a text that fits, with a sign where it goes on.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or_default();
        used <= room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}
