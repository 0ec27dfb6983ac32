use std::num::NonZeroU32;

/// Which frames of a video are looked at. Times are in seconds from the video's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selection {
    /// From this time on.
    pub from: f64,
    /// Up to this time, and not at it.
    pub to: Option<f64>,
    /// Which of those.
    pub pace: Pace,
}

/// How many frames of a stretch are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The first of each so many; 1 is every one.
    Every(NonZeroU32),
    /// The first of each part of a second, of which there are so many: at most so many frames a second.
    PerSecond(f64),
}

impl Default for Selection {
    fn default() -> Self {
        Self { from: 0.0, to: None, pace: Pace::Every(NonZeroU32::MIN) }
    }
}

impl Pace {
    /// The filter of `ffmpeg` that chooses, if there is something to choose; its times begin at `from`.
    pub(crate) fn filter(self) -> Option<String> {
        match self {
            Self::Every(count) if count == NonZeroU32::MIN => None,
            Self::Every(count) => Some(format!("select='not(mod(n,{count}))'")),
            Self::PerSecond(rate) => {
                let part = |time: &str| format!("floor({time}*{rate}+0.000001)");
                Some(format!("select='isnan(prev_selected_t)+gt({},{})'", part("t"), part("prev_selected_t")))
            }
        }
    }

    /// Whether a frame is chosen, by its number and time, and the time of the last that was.
    pub(crate) fn takes(self, number: u64, time: f64, last: Option<f64>) -> bool {
        match self {
            Self::Every(count) => number.is_multiple_of(u64::from(count.get())),
            Self::PerSecond(rate) => {
                let part = |time: f64| (time * rate + 1e-6).floor();
                last.is_none_or(|last| part(time) > part(last))
            }
        }
    }

    /// Frames a second that are left of so many.
    pub(crate) fn of_rate(self, rate: f64) -> f64 {
        match self {
            Self::Every(count) => rate / f64::from(count.get()),
            Self::PerSecond(most) => rate.min(most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(pace: Pace, rate: f64, frames: u64) -> Vec<u64> {
        let mut last = None;
        let times = (0..frames).map(|number| (number, number as f64 / rate));
        let taken = times.filter(|&(number, time)| {
            let takes = pace.takes(number, time, last);
            last = if takes { Some(time) } else { last };
            takes
        });
        taken.map(|(number, _)| number).collect()
    }

    #[test]
    fn frames_are_chosen_by_number_or_by_time() {
        let every = |count| Pace::Every(NonZeroU32::new(count).unwrap());
        assert_eq!(chosen(every(1), 25.0, 4), [0, 1, 2, 3]);
        assert_eq!(chosen(every(3), 25.0, 8), [0, 3, 6]);
        assert_eq!(chosen(Pace::PerSecond(10.0), 25.0, 11), [0, 3, 5, 8, 10], "ten a second on average");
        assert_eq!(chosen(Pace::PerSecond(50.0), 25.0, 4), [0, 1, 2, 3], "no more than there are");
        assert_eq!(Pace::PerSecond(50.0).of_rate(25.0), 25.0);
        assert_eq!(every(5).of_rate(25.0), 5.0);
    }
}
