//! Two programs in turn, so that what the machine does meanwhile happens to both.

/// What a round has measured, by name.
pub(crate) type Figures = Vec<(&'static str, f64)>;

/// Measures both in short rounds, which first in turn, and prints for each figure the medians, and the
/// median and quartiles of the ratio pair by pair.
pub(crate) fn compare(pairs: usize, this: impl Fn() -> Figures, other: impl Fn() -> Figures) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        if pair % 2 == 0 {
            ours.push(this());
            theirs.push(other());
        } else {
            theirs.push(other());
            ours.push(this());
        }
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{pairs} pairs, load average {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    println!("{:>16} {:>10} {:>10} {:>8}  quartiles", "", "this", "other", "ratio");
    for at in 0..ours.first().map_or(0, Vec::len) {
        let of = |rounds: &[Figures]| rounds.iter().map(|round| round[at].1).collect::<Vec<_>>();
        let (this, other) = (of(&ours), of(&theirs));
        let ratios: Vec<_> = this.iter().zip(&other).map(|(this, other)| this / other.max(1e-9)).collect();
        println!(
            "{:>16} {:>10.1} {:>10.1} {:>8.3}  {:.3} to {:.3}",
            ours[0][at].0,
            quartile(this, 2),
            quartile(other, 2),
            quartile(ratios.clone(), 2),
            quartile(ratios.clone(), 1),
            quartile(ratios, 3)
        );
    }
}

fn quartile(mut values: Vec<f64>, quarters: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = quarters * (values.len() - 1);
    let (below, above) = (values[place / 4], values[place.div_ceil(4)]);
    below + (above - below) * (place % 4) as f64 / 4.0
}
