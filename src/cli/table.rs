//! Tables that fit the terminal, and say what they left out.

mod column;
mod layout;

use unicode_width::UnicodeWidthStr;

use super::{
    palette::{Palette, Tone},
    visible::visible,
};
pub(super) use column::Column;
use layout::{GAP, Layout, cut};

/// A text in a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        let text = visible(&text.into()).replace(['\n', '\t'], " ");
        Self { text, tone }
    }
}

impl<Text: Into<String>> From<Text> for Cell {
    fn from(text: Text) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// Rows under titles.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines of the table, and where something was left out, another that says how to see it.
    /// Without a width everything is shown.
    pub(super) fn lines(&self, width: Option<usize>, palette: Palette) -> Vec<String> {
        let layout = self.layout(width);
        let titles: Vec<_> =
            self.columns.iter().map(|column| Cell::toned(column.title, Tone::Heading)).collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        let mut lines: Vec<_> = rows.map(|row| self.line(&layout, row, palette)).collect();
        lines.extend(layout.left_out().map(|note| palette.paint(Tone::Faint, &note)));
        lines
    }

    fn layout(&self, width: Option<usize>) -> Layout {
        let natural: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                cells.map(|cell| cell.text.width()).fold(column.title.width(), usize::max)
            })
            .collect();
        Layout::new(&self.columns, &natural, width)
    }

    fn line(&self, layout: &Layout, cells: &[Cell], palette: Palette) -> String {
        let mut line = String::new();
        for (at, width) in layout.shown() {
            let Some(cell) = cells.get(at) else { continue };
            let text = cut(&cell.text, width);
            let pad = " ".repeat(width.saturating_sub(text.width()));
            if !line.is_empty() || at > 0 {
                line.push_str(if line.is_empty() { "" } else { GAP });
            }
            let painted = palette.paint(cell.tone, &text);
            line.push_str(&if self.columns[at].right { pad + &painted } else { painted + &pad });
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::new("RUN"),
            Column::new("AGENT").least(4),
            Column::new("SECONDS").right(),
            Column::new("TITLE").least(6).rank(1),
        ]);
        table.row(
            ["0srk4t5zr0001-1", "developer", "12", "The checkout fails for 日本 customers"].map(Cell::from),
        );
        table.row(["0srk4t5zr0003-1", "ops", "1234", ""].map(Cell::from));
        table
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let lines = table().lines(None, Palette::PLAIN);
        assert_eq!(
            lines,
            [
                "RUN              AGENT      SECONDS  TITLE",
                "0srk4t5zr0001-1  developer       12  The checkout fails for 日本 customers",
                "0srk4t5zr0003-1  ops           1234",
            ]
        );
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_and_what_is_missing_is_named() {
        for width in 33..90 {
            let lines = table().lines(Some(width), Palette::PLAIN);
            for line in &lines[..3] {
                assert!(line.width() <= width, "{width}: {line}");
            }
            assert_eq!(lines.len() > 3, width < 74, "{width}: {lines:#?}");
        }
        let narrow = table().lines(Some(34), Palette::PLAIN);
        assert_eq!(narrow[3], "without TITLE, and cut to fit: `--wide` shows all");
    }

    #[test]
    fn a_cell_cannot_make_lines_or_drive_the_terminal() {
        let mut table = Table::new([Column::new("TITLE")]);
        table.row([Cell::from("a\nb\tc\u{1b}[2J")]);
        assert_eq!(table.lines(None, Palette::PLAIN)[1], "a b c\\u{1b}[2J");
    }

    #[test]
    fn colours_do_not_count() {
        let mut table = Table::new([Column::new("STATE"), Column::new("X")]);
        table.row([Cell::toned("ok", Tone::Good), Cell::from("y")]);
        let lines = table.lines(None, Palette::COLOUR);
        assert_eq!(lines[1], "\u{1b}[32mok\u{1b}[0m     y");
    }
}
