//! Probabilities over a track's time, at as fine steps as there is room for.

/// Steps that are kept, and the seconds of the first ones.
const STEPS: usize = 480;
const FINEST: f64 = 0.02;

/// Means of probabilities over equal steps of time. Where there are too many steps, each two become one.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: f64,
    step: f64,
    /// Sums, and how many.
    steps: Vec<(Vec<f64>, u32)>,
}

impl Timeline {
    pub(crate) fn new(start: f64) -> Self {
        Self { start, step: FINEST, steps: vec![] }
    }

    pub(crate) fn see(&mut self, time: f64, probabilities: &[f64]) {
        let at = |step: f64| ((time - self.start).max(0.0) / step + 1e-9) as usize;
        while at(self.step) >= STEPS {
            self.step *= 2.0;
            self.steps = self.steps.chunks(2).map(|pair| pair.iter().fold((vec![], 0), joined)).collect();
        }
        let at = at(self.step);
        if self.steps.len() <= at {
            self.steps.resize(at + 1, (vec![], 0));
        }
        self.steps[at] = joined(std::mem::take(&mut self.steps[at]), &(probabilities.to_vec(), 1));
    }

    /// Time of each step that has something, its middle, with the mean probabilities.
    pub(crate) fn points(&self) -> Vec<(f64, Vec<f64>)> {
        let steps = self.steps.iter().enumerate().filter(|(_, (_, count))| *count > 0);
        let point = |(at, (sums, count)): (usize, &(Vec<f64>, u32))| {
            let time = self.start + (at as f64 + 0.5) * self.step;
            (time, sums.iter().map(|sum| sum / f64::from(*count)).collect())
        };
        steps.map(point).collect()
    }

    /// Seconds of a step.
    pub(crate) fn step(&self) -> f64 {
        self.step
    }
}

fn joined(to: (Vec<f64>, u32), more: &(Vec<f64>, u32)) -> (Vec<f64>, u32) {
    let (mut sums, count) = to;
    sums.resize(sums.len().max(more.0.len()), 0.0);
    sums.iter_mut().zip(&more.0).for_each(|(sum, more)| *sum += more);
    (sums, count + more.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_and_means_stay() {
        let mut timeline = Timeline::new(10.0);
        for frame in 0..10_000 {
            let happy = if frame < 5000 { 0.25 } else { 0.75 };
            timeline.see(10.0 + f64::from(frame) / 25.0, &[happy, 1.0 - happy]);
        }
        let points = timeline.points();
        assert!((STEPS / 2..=STEPS).contains(&points.len()), "{}", points.len());
        let (first, last) = (&points[0], &points[points.len() - 1]);
        assert_eq!((&first.1[..], &last.1[..]), (&[0.25, 0.75][..], &[0.75, 0.25][..]));
        assert!((first.0 - 10.0).abs() < 1.0 && (last.0 - 410.0).abs() < 1.0, "{} {}", first.0, last.0);
        assert!(points.iter().all(|(_, p)| (p[0] + p[1] - 1.0).abs() < 1e-9));
    }
}
