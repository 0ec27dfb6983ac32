//! All that the template shows, in words ready to print.

use std::cmp::Reverse;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::about::About;
use super::figures::{Span, colour, overview, stacked};
use crate::Story;
use crate::highest::first_highest;
use crate::shots::Shot;
use crate::story::{Counts, Episode, Life, Pictured};
use crate::words::{many, short_clock};

#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    style: &'a str,
    more_style: &'static str,
    title: &'a str,
    facts: Vec<String>,
    notes: Vec<String>,
    legend: Vec<ClassView<'a>>,
    overview: String,
    lanes: usize,
    without_lane: usize,
    faces: Vec<FaceView<'a>>,
    /// Faces without pictures, as there are too many.
    others: Vec<OtherView<'a>>,
}

#[derive(Debug, Serialize)]
struct ClassView<'a> {
    name: &'a str,
    colour: &'static str,
}

#[derive(Debug, Serialize)]
struct FaceView<'a> {
    number: u32,
    lead: String,
    strip: Vec<ShotView<'a>>,
    timeline: String,
    turns: Vec<ShotView<'a>>,
    shares: Vec<ShareView<'a>>,
    episodes: Vec<EpisodeView<'a>>,
    /// Episodes that are not listed.
    more: usize,
}

#[derive(Debug, Serialize)]
struct ShotView<'a> {
    jpeg: String,
    time: String,
    /// The class that begins.
    name: Option<&'a str>,
    colour: &'static str,
}

#[derive(Debug, Serialize)]
struct ShareView<'a> {
    name: &'a str,
    colour: &'static str,
    frames: u64,
    percent: String,
    episodes: usize,
    longest: String,
}

#[derive(Debug, Serialize)]
struct EpisodeView<'a> {
    name: &'a str,
    colour: &'static str,
    from: String,
    to: String,
    seconds: String,
    percent: String,
}

#[derive(Debug, Serialize)]
struct OtherView<'a> {
    number: u32,
    from: String,
    to: String,
    frames: u64,
    name: &'a str,
}

/// Faces of the overview, those that were seen longest; and episodes of a table, the longest.
const LANES: usize = 60;
const LISTED: usize = 100;

impl<'a> Page<'a> {
    pub(crate) fn new(story: &'a Story, about: &'a About<'a>) -> Self {
        let counts = story.counts();
        let span = Span { from: counts.first, to: counts.last };
        let mut lanes: Vec<_> = story.tracks.iter().collect();
        lanes.sort_by_key(|(number, life)| (Reverse(life.frames), **number));
        lanes.truncate(LANES);
        lanes.sort_by_key(|(number, _)| **number);
        let lanes: Vec<_> = lanes.into_iter().map(|(&number, life)| (number, &*life.episodes)).collect();
        let with_pictures =
            story.tracks.iter().filter_map(|(&number, life)| Some((number, life, life.pictured.as_ref()?)));
        let without = story.tracks.iter().filter(|(_, life)| life.pictured.is_none());
        let class = |(class, name): (usize, &'a String)| ClassView { name, colour: colour(class) };
        Self {
            style: about.style,
            more_style: include_str!("report.css"),
            title: about.title,
            facts: facts(&counts),
            notes: notes(&counts, about),
            legend: about.classes.iter().enumerate().map(class).collect(),
            overview: overview(span, &lanes),
            lanes: lanes.len(),
            without_lane: story.tracks.len() - lanes.len(),
            faces: with_pictures.map(|(number, life, kept)| FaceView::new(number, life, kept, about.classes)).collect(),
            others: without.map(|(&number, life)| OtherView::new(number, life, about.classes)).collect(),
        }
    }
}

fn facts(counts: &Counts) -> Vec<String> {
    vec![
        format!("{} to {}", short_clock(counts.first), short_clock(counts.last)),
        many(counts.frames, "frame"),
        many(counts.tracks as u64, "face"),
    ]
}

fn notes(counts: &Counts, about: &About<'_>) -> Vec<String> {
    let share = 100.0 * counts.empty as f64 / counts.frames.max(1) as f64;
    let empty = format!("{} of {} frames ({share:.1} %) show no face that was found.", counts.empty, counts.frames);
    let every = about.following.detect_every;
    let late = if every.get() > 1 {
        format!(
            " New faces are looked for in one of {every} frames, so that one can be seen up to {} frames late.",
            every.get() - 1
        )
    } else {
        String::new()
    };
    let mut notes = vec![
        format!("{empty} Faces that are small, turned away or covered are missing.{late}"),
        format!(
            "{} left out: seen in a single frame, or for the most part within the box of another face.",
            many(counts.dropped, "detection")
        ),
        "A number is one stretch of being seen, not a person: whoever is out of sight for more than a second, or comes \
         back after a cut, gets a new number."
            .to_owned(),
        "The expression is what a network takes a face for, not what somebody feels.".to_owned(),
    ];
    notes.push(match about.following.smoothing {
        0.0 => "Probabilities are as the network gives them, frame by frame.".to_owned(),
        seconds => format!(
            "Probabilities are smoothed over time (time constant {seconds} s): what lasts for less hardly shows. The raw \
             ones stand in the rows of --json and --csv."
        ),
    });
    notes.push("An expression that is on top for less than half a second is no episode.".to_owned());
    notes.extend(about.notes.iter().cloned());
    notes
}

impl<'a> FaceView<'a> {
    fn new(number: u32, life: &'a Life, Pictured { strip, timeline }: &'a Pictured, classes: &'a [String]) -> Self {
        let span = Span { from: life.from, to: life.to };
        let turns: Vec<f64> = life.episodes.iter().skip(1).map(|episode| episode.from).collect();
        let mut listed: Vec<&Episode> = life.episodes.iter().collect();
        listed.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
        listed.truncate(LISTED);
        listed.sort_by(|a, b| a.from.total_cmp(&b.from));
        let shot = |episode: &'a Episode| Some(ShotView::new(episode.shot.as_ref()?, Some(episode.class), classes));
        Self {
            number,
            lead: format!(
                "Seen from {} to {}, in {}.",
                short_clock(life.from),
                short_clock(life.to),
                many(life.frames, "frame")
            ),
            strip: strip.shots.iter().map(|shot| ShotView::new(shot, None, classes)).collect(),
            timeline: stacked(span, &timeline.points(), timeline.step(), &turns),
            turns: life.episodes.iter().skip(1).filter_map(shot).collect(),
            shares: shares(life, classes),
            more: life.episodes.len() - listed.len(),
            episodes: listed.into_iter().map(|episode| EpisodeView::new(episode, classes)).collect(),
        }
    }
}

/// The classes that were on top, the most frequent first.
fn shares<'a>(life: &Life, classes: &'a [String]) -> Vec<ShareView<'a>> {
    let mut shares: Vec<(usize, u64)> =
        life.on_top.iter().copied().enumerate().filter(|(_, frames)| *frames > 0).collect();
    shares.sort_by_key(|&(class, frames)| (std::cmp::Reverse(frames), class));
    let share = |(class, frames): (usize, u64)| {
        let of = || life.episodes.iter().filter(|episode| episode.class == class);
        let longest = of().map(|episode| episode.to - episode.from).fold(0.0, f64::max);
        ShareView {
            name: &classes[class],
            colour: colour(class),
            frames,
            percent: format!("{:.1}", 100.0 * frames as f64 / life.frames as f64),
            episodes: of().count(),
            longest: if of().next().is_some() { format!("{longest:.1} s") } else { "–".to_owned() },
        }
    };
    shares.into_iter().map(share).collect()
}

impl<'a> ShotView<'a> {
    fn new(shot: &Shot, class: Option<usize>, classes: &'a [String]) -> Self {
        let name = class.map(|class| &*classes[class]);
        let colour = class.map_or("transparent", colour);
        Self { jpeg: STANDARD.encode(&shot.jpeg), time: short_clock(shot.time), name, colour }
    }
}

impl<'a> EpisodeView<'a> {
    fn new(episode: &Episode, classes: &'a [String]) -> Self {
        Self {
            name: &classes[episode.class],
            colour: colour(episode.class),
            from: short_clock(episode.from),
            to: short_clock(episode.to),
            seconds: format!("{:.1}", episode.to - episode.from),
            percent: format!("{:.0}", 100.0 * episode.probability),
        }
    }
}

impl<'a> OtherView<'a> {
    fn new(number: u32, life: &Life, classes: &'a [String]) -> Self {
        let top = first_highest(&life.on_top);
        Self {
            number,
            from: short_clock(life.from),
            to: short_clock(life.to),
            frames: life.frames,
            name: &classes[top],
        }
    }
}
