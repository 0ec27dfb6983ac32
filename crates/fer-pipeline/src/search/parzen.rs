//! Densities of a range's places, from places where something was seen.

use std::f64::consts::{PI, SQRT_2};

/// A mixture of normal distributions on 0 to 1: one around each place that was seen, as wide as the way to its farther
/// neighbour, and a wide one in the middle, which stands for what was not seen (Bergstra et al., 2011).
pub(super) struct Parzen {
    /// Mean and standard deviation.
    parts: Vec<(f64, f64)>,
}

impl Parzen {
    pub(super) fn of(mut places: Vec<f64>) -> Self {
        places.sort_by(f64::total_cmp);
        let narrowest = 1.0 / (places.len() as f64 + 1.0).min(100.0);
        let width = |index: usize| {
            let before = if index == 0 { 0.0 } else { places[index - 1] };
            let after = places.get(index + 1).copied().unwrap_or(1.0);
            (places[index] - before).max(after - places[index]).clamp(narrowest, 1.0)
        };
        let seen = (0..places.len()).map(|index| (places[index], width(index)));
        Self { parts: seen.chain([(0.5, 1.0)]).collect() }
    }

    /// The density at a place.
    pub(super) fn density(&self, place: f64) -> f64 {
        let of = |&(mean, deviation): &(f64, f64)| {
            let z = (place - mean) / deviation;
            let inside = below(1.0, mean, deviation) - below(0.0, mean, deviation);
            libm::exp(-0.5 * z * z) / (deviation * (2.0 * PI).sqrt() * inside)
        };
        self.parts.iter().map(of).sum::<f64>() / self.parts.len() as f64
    }

    /// A place drawn by the density; `unit` gives numbers from 0 to below 1.
    pub(super) fn draw(&self, unit: &mut dyn FnMut() -> f64) -> f64 {
        let part = (unit() * self.parts.len() as f64) as usize;
        let (mean, deviation) = self.parts[part.min(self.parts.len() - 1)];
        loop {
            // Box and Muller; 1 − u is never 0.
            let radius = (-2.0_f64 * libm::log(1.0 - unit())).sqrt();
            let place = mean + deviation * radius * libm::cos(2.0 * PI * unit());
            if (0.0..1.0).contains(&place) {
                return place;
            }
        }
    }
}

/// The share of a normal distribution below a place.
fn below(place: f64, mean: f64, deviation: f64) -> f64 {
    0.5 * (1.0 + libm::erf((place - mean) / (deviation * SQRT_2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_has_an_integral_of_one_and_its_draws() {
        let mut state = 1_u64;
        let mut unit = || {
            // Knuth's generator, from its upper bits.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for places in [vec![], vec![0.1], vec![0.9, 0.2, 0.21], vec![0.0, 1.0]] {
            let parzen = Parzen::of(places.clone());
            let step = 1e-4;
            let share =
                |to: usize| (0..to).map(|index| parzen.density((index as f64 + 0.5) * step) * step).sum::<f64>();
            assert!((share(10_000) - 1.0).abs() < 1e-6, "{places:?}: {}", share(10_000));
            let draws: Vec<f64> = (0..4000).map(|_| parzen.draw(&mut unit)).collect();
            let found = draws.iter().filter(|&&place| place < 0.3).count() as f64 / 4000.0;
            // Three standard deviations of a share are at most 0.024.
            assert!((found - share(3000)).abs() < 0.025, "{places:?}: {found}, expected {}", share(3000));
        }
    }

    #[test]
    fn parts_are_as_wide_as_the_way_to_the_farther_neighbour() {
        let parts = Parzen::of(vec![0.5, 0.2]).parts;
        let expected = [(0.2, 1.0 / 3.0), (0.5, 0.5), (0.5, 1.0)];
        assert!(parts.iter().zip(expected).all(|(part, e)| part.0 == e.0 && (part.1 - e.1).abs() < 1e-12), "{parts:?}");
    }
}
