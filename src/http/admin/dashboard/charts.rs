//! Charts, drawn here: they need no script, follow the theme, and their numbers stand beside them.

use std::{collections::VecDeque, fmt::Write, time::Duration};

use herdgate_actors::domain::{AgentName, Timestamp};

use super::{error::Trouble, html::Html, visitor::Visitor};
use crate::{
    api::{
        list::Window,
        runs::{Run, RunsFilter, RunsQuery, State},
        time::Time,
    },
    run::Sample,
};

/// Runs that are looked at.
const RUNS: u32 = 1_000;
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 64.0;
/// Above the plot, for the number at its top.
const TOP: f64 = 12.0;
/// Room for labels at the ends of lines.
const RIGHT: f64 = 40.0;

/// A chart with its numbers.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// The last value, in words.
    pub(super) now: String,
    pub(super) svg: Html,
    pub(super) table: Html,
}

/// Same axis of time for all charts of a page.
#[derive(Clone, Copy)]
struct Axis {
    from: Timestamp,
    to: Timestamp,
    buckets: usize,
    is_day: bool,
}

impl Axis {
    fn x(self, at: Timestamp) -> f64 {
        let whole = self.to.since(self.from).as_secs_f64().max(1.0);
        at.since(self.from).as_secs_f64() / whole * WIDTH
    }

    fn bucket(self, at: Timestamp) -> Option<usize> {
        let share = self.x(at) / WIDTH * self.buckets as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 0 and the buckets"
        )]
        let bucket = share.floor() as usize;
        (at >= self.from && at <= self.to).then(|| bucket.min(self.buckets - 1))
    }

    fn start(self) -> &'static str {
        if self.is_day { "24 h ago" } else { "60 min ago" }
    }
}

/// `12:04`: nobody needs the date of today's hours.
fn clock(at: Timestamp) -> String {
    at.to_utc().format("%H:%M").to_string()
}

/// Of one agent.
pub(super) async fn of_agent(
    visitor: &Visitor,
    agent: &AgentName,
    is_day: bool,
    current: Sample,
) -> Result<Vec<Chart>, Trouble> {
    let span = Duration::from_secs(if is_day { 24 * 3_600 } else { 3_600 });
    let axis = Axis {
        from: visitor.now.minus(span),
        to: visitor.now,
        buckets: if is_day { 48 } else { 60 },
        is_day,
    };
    let past = visitor.admin.history.of(agent.clone()).await;
    let mut samples = if is_day { past.day } else { past.hour };
    samples.push_back(current);
    let query = RunsQuery {
        filter: RunsFilter { agent: Some(agent.clone()), ..RunsFilter::default() },
        window: Window { since: Some(Time(axis.from)), limit: Some(RUNS), ..Window::default() },
    };
    let runs = visitor.reads().runs(&query).await?.items;
    let of = |value: fn(&Sample) -> u32| -> Vec<(Timestamp, u32)> { points(&samples, value) };
    Ok(vec![
        lines("Waiting jobs", axis, &of(|sample| sample.waiting), None),
        lines("Running, and places", axis, &of(|sample| sample.executing), Some(&of(|sample| sample.scale))),
        lines("Mailbox", axis, &of(|sample| sample.mailbox), None),
        seconds(axis, &runs),
        outcomes(axis, &runs),
    ])
}

fn points(samples: &VecDeque<Sample>, value: fn(&Sample) -> u32) -> Vec<(Timestamp, u32)> {
    samples.iter().map(|sample| (sample.at, value(sample))).collect()
}

fn frame(title: &str, axis: Axis, top: &str) -> Html {
    let mut svg = Html::default();
    let (width, height) = (WIDTH + RIGHT, TOP + HEIGHT + 14.0);
    svg.markup(&format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">"));
    let base = TOP + HEIGHT;
    svg.markup(&format!("<line class=\"axis\" x1=\"0\" y1=\"{base}\" x2=\"{WIDTH}\" y2=\"{base}\"/>"));
    svg.markup(&format!("<line class=\"axis\" x1=\"0\" y1=\"{TOP}\" x2=\"{WIDTH}\" y2=\"{TOP}\"/>"));
    svg.markup(&format!("<text x=\"0\" y=\"{}\">{top}</text>", TOP - 3.0));
    svg.markup(&format!("<text x=\"0\" y=\"{}\">{}</text>", base + 11.0, axis.start()));
    svg.markup(&format!("<text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">now</text>", base + 11.0));
    svg
}

/// A line, and perhaps what it may not exceed. Where nobody looked is a gap.
fn lines(
    title: &'static str,
    axis: Axis,
    points: &[(Timestamp, u32)],
    bound: Option<&[(Timestamp, u32)]>,
) -> Chart {
    let most =
        points.iter().chain(bound.unwrap_or_default()).map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let y = |value: u32| TOP + HEIGHT - f64::from(value) / f64::from(most) * HEIGHT;
    let mut svg = frame(title, axis, &most.to_string());
    if let Some(bound) = bound {
        svg.markup(&format!("<path class=\"l-grey\" d=\"{}\"/>", path(axis, bound, y)));
        if let Some((_, value)) = bound.last() {
            svg.markup(&format!("<text x=\"{}\" y=\"{:.1}\">places</text>", WIDTH + 4.0, y(*value) + 3.0));
        }
    }
    svg.markup(&format!("<path class=\"l-blue\" d=\"{}\"/>", path(axis, points, y)));
    let last = points.last();
    if let Some((at, value)) = last {
        svg.markup(&format!(
            "<circle class=\"t-blue\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\"/>",
            axis.x(*at),
            y(*value)
        ));
    }
    for (at, value) in points {
        hit(&mut svg, axis, *at, points.len(), &format!("{}: {value}", clock(*at)));
    }
    svg.markup("</svg>");
    let rows = points.iter().map(|(at, value)| vec![clock(*at), value.to_string()]);
    let now = last.map_or_else(|| "no samples yet".to_owned(), |(_, value)| value.to_string());
    Chart { title, now, svg, table: table(&["Time (UTC)", title], rows) }
}

/// Points further apart than this are not joined.
fn gap(axis: Axis) -> Duration {
    Duration::from_secs(if axis.is_day { 2_700 } else { 150 })
}

fn path(axis: Axis, points: &[(Timestamp, u32)], y: impl Fn(u32) -> f64) -> String {
    let mut path = String::new();
    let mut before: Option<Timestamp> = None;
    for (at, value) in points.iter().filter(|(at, _)| *at >= axis.from) {
        let joined = before.is_some_and(|before| at.since(before) <= gap(axis));
        // Writing to a `String` cannot fail.
        let _ = write!(path, "{}{:.1} {:.1}", if joined { 'L' } else { 'M' }, axis.x(*at), y(*value));
        before = Some(*at);
    }
    path
}

fn hit(svg: &mut Html, axis: Axis, at: Timestamp, count: usize, text: &str) {
    let width = (WIDTH / count.max(1) as f64).clamp(4.0, 12.0);
    let x = (axis.x(at) - width / 2.0).max(0.0);
    svg.markup(&format!(
        "<rect class=\"hit\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{HEIGHT}\"><title>"
    ));
    svg.text(text);
    svg.markup("</title></rect>");
}

/// How long runs took, each a dot.
fn seconds(axis: Axis, runs: &[Run]) -> Chart {
    let took: Vec<_> = runs.iter().filter_map(|run| Some((run, run.took_ms?))).collect();
    let most = took.iter().map(|(_, took)| *took).max().unwrap_or(0).max(1_000);
    let told = |millis: u64| super::words::lasted(Duration::from_millis(millis));
    let mut svg = frame("How long runs took", axis, &told(most));
    for (run, took) in took.iter().rev() {
        let class = if run.state == State::Completed { "t-green" } else { "t-red" };
        let y = TOP + HEIGHT - *took as f64 / most as f64 * HEIGHT;
        svg.markup(&format!(
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"2.5\"><title>",
            axis.x(run.started_at.0)
        ));
        svg.text(&format!("{}: {}, {}", clock(run.started_at.0), told(*took), run.state.as_str()));
        svg.markup("</title></circle>");
    }
    svg.markup("</svg>");
    let rows = took
        .iter()
        .rev()
        .map(|(run, took)| vec![clock(run.started_at.0), told(*took), run.state.as_str().to_owned()]);
    let now =
        took.first().map_or_else(|| "no run ended".to_owned(), |(_, took)| format!("last {}", told(*took)));
    Chart { title: "How long runs took", now, svg, table: table(&["Started (UTC)", "Took", "Outcome"], rows) }
}

/// How runs ended, in bars: good ones below, the others on top of them.
fn outcomes(axis: Axis, runs: &[Run]) -> Chart {
    let mut buckets = vec![(0_u32, 0_u32); axis.buckets];
    for run in runs.iter().filter(|run| run.state != State::Executing) {
        if let Some(bucket) = axis.bucket(run.started_at.0) {
            let (good, bad) = &mut buckets[bucket];
            *(if run.state == State::Completed { good } else { bad }) += 1;
        }
    }
    let most = buckets.iter().map(|(good, bad)| good + bad).max().unwrap_or(0).max(1);
    let mut svg = frame("How runs ended", axis, &most.to_string());
    let width = WIDTH / axis.buckets as f64;
    let step = axis.to.since(axis.from) / u32::try_from(axis.buckets).unwrap_or(1);
    let at = |index: usize| axis.from.plus(step * u32::try_from(index).unwrap_or(0));
    let tall = |count: u32| f64::from(count) / f64::from(most) * HEIGHT;
    for (index, (good, bad)) in buckets.iter().enumerate().filter(|(_, (good, bad))| good + bad > 0) {
        let x = index as f64 * width + 0.5;
        let mut bar = |class: &str, base: f64, height: f64| {
            let (y, width) = (TOP + HEIGHT - base - height, width - 1.0);
            svg.markup(&format!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"));
        };
        bar("b-green", 0.0, tall(*good));
        bar("b-red", tall(*good), tall(*bad));
        hit(
            &mut svg,
            axis,
            at(index).plus(step / 2),
            axis.buckets,
            &format!("{}: {good} completed, {bad} not", clock(at(index))),
        );
    }
    svg.markup("</svg>");
    let (good, bad) = buckets.iter().fold((0, 0), |sum, (good, bad)| (sum.0 + good, sum.1 + bad));
    let rows = buckets.iter().enumerate().filter(|(_, (good, bad))| good + bad > 0);
    let rows = rows.map(|(index, (good, bad))| vec![clock(at(index)), good.to_string(), bad.to_string()]);
    let capped = if runs.len() >= RUNS as usize { " of the last 1,000" } else { "" };
    let now = format!("{good} completed, {bad} not{capped}");
    Chart { title: "How runs ended", now, svg, table: table(&["From (UTC)", "Completed", "Not"], rows) }
}

/// The numbers, for those who do not see the lines.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Html {
    let mut table = Html::default();
    table.markup("<div class=\"table\"><table><thead><tr>");
    for name in head {
        table.markup("<th>");
        table.text(name);
        table.markup("</th>");
    }
    table.markup("</tr></thead><tbody>");
    for row in rows {
        table.markup("<tr>");
        for cell in row {
            table.markup("<td class=\"num\">");
            table.text(&cell);
            table.markup("</td>");
        }
        table.markup("</tr>");
    }
    table.markup("</tbody></table></div>");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn axis() -> Axis {
        Axis { from: NOW.minus(Duration::from_secs(3_600)), to: NOW, buckets: 60, is_day: false }
    }

    #[test]
    fn a_minute_without_samples_is_a_gap_in_the_line() {
        let at = |minutes: u64| NOW.minus(Duration::from_secs(minutes * 60));
        let points = [(at(30), 1), (at(29), 2), (at(20), 4), (at(19), 0)];
        let chart = lines("Waiting jobs", axis(), &points, None);
        let svg = chart.svg.to_string();
        let line = svg.split("l-blue\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!((line.matches('M').count(), line.matches('L').count()), (2, 2), "{line}");
        assert!(line.starts_with("M150.0 60.0L155.0 44.0M200.0 12.0L"), "{line}");
        assert_eq!(chart.now, "0");
        assert_eq!(chart.table.to_string().matches("<tr>").count(), 5);
    }

    #[test]
    fn an_empty_chart_is_a_chart() {
        let chart = lines("Mailbox", axis(), &[], None);
        assert_eq!(chart.now, "no samples yet");
        assert_eq!(outcomes(axis(), &[]).now, "0 completed, 0 not");
        assert_eq!(seconds(axis(), &[]).now, "no run ended");
        assert_eq!(
            [axis().bucket(NOW), axis().bucket(NOW.minus(Duration::from_secs(3_600)))],
            [Some(59), Some(0)]
        );
        assert_eq!(axis().bucket(NOW.plus(Duration::from_secs(1))), None);
    }
}
