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
            quantile(this, 0.5),
            quantile(other, 0.5),
            quantile(ratios.clone(), 0.5),
            quantile(ratios.clone(), 0.25),
            quantile(ratios, 0.75)
        );
    }
}

fn quantile(mut values: Vec<f64>, at: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = at * (values.len() - 1) as f64;
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    below + (above - below) * place.fract()
}
