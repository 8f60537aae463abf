//! Percentiles, medians and spreads.

/// Several rounds of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounds {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

impl Rounds {
    /// Sums up rounds; of none, all is NaN.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values = sorted(values);
        let first = values.first().copied().unwrap_or(f64::NAN);
        let last = values.last().copied().unwrap_or(f64::NAN);
        Self { median: median(&values), min: first, max: last }
    }

    /// A figure that was taken once.
    pub fn once(value: f64) -> Self {
        Self { median: value, min: value, max: value }
    }
}

/// The values in order.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value that a share of the sorted values does not exceed (nearest rank); NaN of none.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

/// The middle of sorted values, or the mean of the two in the middle.
fn median(sorted: &[f64]) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
    f64::midpoint(sorted[low], sorted[high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values = sorted((1..=100).map(f64::from));
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| percentile(&values, share)), [1.0, 50.0, 99.0, 100.0]);
        assert!(percentile(&[], 0.5).is_nan());
    }

    #[test]
    fn rounds_have_a_middle_and_a_spread() {
        let rounds = Rounds::of([4.0, 1.0, 2.0, 10.0]);
        assert_eq!(rounds, Rounds { median: 3.0, min: 1.0, max: 10.0 });
    }
}
