//! What the votes for an image come to: whether it is clear what they say, and what that is.

use fer_artifact::first_largest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which rows stay by the votes for them, and what is to be learnt of those (Barsoum et al., *Training Deep Networks for Facial
/// Expression Recognition with Crowd-Sourced Label Distribution*, 2016). A row is left out where most votes are for none of the classes,
/// and, but by [`Protocol::All`], where the classes named here have half of the votes or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Protocol {
    /// The class with more than half of the votes.
    Majority,
    /// The shares of the classes with the most votes: as many as have three quarters of them together, at most three.
    Probability,
    /// The same by the paper's other name.
    CrossEntropy,
    /// Equal shares of the classes with 30 % of the votes or more each.
    MultiTarget,
    /// The shares of all classes.
    All,
}

/// A row that stays.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    /// The class with the most votes, the first of equals.
    pub(crate) label: u8,
    /// What is to be learnt, one number a class, 1 together.
    pub(crate) shares: Vec<f32>,
}

/// Why the votes leave a row out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unclear {
    /// There are none.
    NoVotes,
    /// None is left without those that count as outliers.
    Outliers,
    /// The votes are for no class; the number is the place behind the classes.
    Other(usize),
    /// They differ too much.
    NoMajority,
}

/// Share of the votes at which classes are enough for [`Protocol::Probability`]. [`Protocol::CrossEntropy`] is the paper's name where
/// the shares are learnt themselves, and no label is drawn by them.
const MOST: f64 = 0.75;
/// Most classes of [`Protocol::Probability`].
const MOST_CLASSES: usize = 3;
/// Share of the votes from which on a class counts for [`Protocol::MultiTarget`].
const ONE_OF_MANY: f64 = 0.3;

impl Protocol {
    /// What these votes come to: those for `classes` classes, and behind them those for none of the classes. As many votes for one
    /// thing as `outliers`, or fewer, do not count.
    pub(crate) fn judge(self, votes: &[f64], classes: usize, outliers: f64) -> Result<Verdict, Unclear> {
        let left: Vec<f64> = votes.iter().map(|&count| if count > outliers { count } else { 0.0 }).collect();
        let all: f64 = left.iter().sum();
        if all == 0.0 {
            return Err(if votes.iter().any(|&count| count > 0.0) { Unclear::Outliers } else { Unclear::NoVotes });
        }
        let most = left[first_largest(&left)];
        let kept: Vec<f64> = match self {
            Self::Majority => only(&left, |count| count == most),
            Self::Probability | Self::CrossEntropy => most_voted(&left, all, classes)?,
            Self::MultiTarget => only(&left, |count| count >= ONE_OF_MANY * all),
            Self::All => left,
        };
        let sum: f64 = kept.iter().sum();
        let is_clear = match self {
            Self::Majority => most > 0.5 * all,
            Self::All => true,
            _ => sum > 0.5 * all,
        };
        match first_largest(&kept) {
            _ if !is_clear => Err(Unclear::NoMajority),
            place if place >= classes => Err(Unclear::Other(place - classes)),
            label => Ok(Verdict { label: label as u8, shares: self.shares(&kept[..classes]) }),
        }
    }

    fn shares(self, kept: &[f64]) -> Vec<f32> {
        match self {
            Self::MultiTarget => {
                shares(&kept.iter().map(|&count| f64::from(u8::from(count > 0.0))).collect::<Vec<_>>())
            }
            _ => shares(kept),
        }
    }
}

/// Numbers that are 1 together are shares as they are, but for the rounding of a file.
const ROUNDING: f64 = 1e-6;

/// Parts of 1 in proportion to these numbers.
pub(crate) fn shares(counts: &[f64]) -> Vec<f32> {
    let sum: f64 = counts.iter().sum();
    let sum = if (sum - 1.0).abs() < ROUNDING { 1.0 } else { sum };
    counts.iter().map(|count| (count / sum) as f32).collect()
}

fn only(counts: &[f64], is_kept: impl Fn(f64) -> bool) -> Vec<f64> {
    counts.iter().map(|&count| if is_kept(count) { count } else { 0.0 }).collect()
}

/// Takes what has the most votes, then what has the most of the rest, equal ones together, until enough of the votes are taken.
/// Votes for no class end it, and count only where they come first.
fn most_voted(left: &[f64], all: f64, classes: usize) -> Result<Vec<f64>, Unclear> {
    let (mut kept, mut taken, mut count) = (vec![0.0; left.len()], 0.0, 0);
    let mut counts: Vec<f64> = left.iter().copied().filter(|&votes| votes > 0.0).collect();
    counts.sort_by(|a, b| b.total_cmp(a));
    counts.dedup();
    for most in counts {
        if taken >= MOST * all || count >= MOST_CLASSES {
            break;
        }
        let equal = |places: std::ops::Range<usize>| places.filter(|&place| left[place] == most).collect::<Vec<_>>();
        let (of_classes, others) = (equal(0..classes), equal(classes..left.len()));
        of_classes.iter().for_each(|&place| kept[place] = most);
        (taken, count) = (taken + most * of_classes.len() as f64, count + of_classes.len());
        if let Some(&other) = others.first() {
            if count == 0 {
                kept[other] = most;
            }
            break;
        }
    }
    if count > MOST_CLASSES { Err(Unclear::NoMajority) } else { Ok(kept) }
}
