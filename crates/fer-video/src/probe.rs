//! What `ffprobe` says of a video.

use std::time::Duration;

use fer_predict::Size;
use serde::Deserialize;

use crate::frames::frame_size;
use crate::program::{FFPROBE, ask};
use crate::{Error, Input};

/// What is known of a video before its first frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    /// As it is shown: turned, and with square pixels.
    pub(crate) size: Size,
    /// Frames a second, on average.
    pub(crate) rate: Option<f64>,
    /// Frames a second with which each has a place of its own.
    pub(crate) finest: Option<f64>,
    /// How many frames there should be.
    pub(crate) frames: Option<u64>,
    /// Seconds.
    pub(crate) duration: Option<f64>,
    /// From the file's start to the picture's, in seconds: where its sound begins earlier.
    pub(crate) delay: f64,
    /// From the file's start to the picture's end, in seconds.
    pub(crate) end: Option<f64>,
    /// The codec of its sound.
    pub(crate) sound: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
struct Format {
    duration: Option<String>,
    start_time: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<usize>,
    height: Option<usize>,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    nb_frames: Option<String>,
    duration: Option<String>,
    start_time: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize, Default)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Asks `ffprobe`.
pub(crate) fn probe(input: &Input, timeout: Option<Duration>, stop: &dyn Fn() -> bool) -> Result<Probe, Error> {
    let options = ["-v", "error", "-of", "json", "-show_format", "-show_streams"];
    let arguments: Vec<String> = options.map(str::to_owned).into_iter().chain(input.arguments()).collect();
    let said = ask(FFPROBE, &arguments, timeout, stop)?.map_err(|cut| cut.of(input, timeout))?;
    if !said.is_well {
        let reason = said.stderr.lines().last().unwrap_or("").to_owned();
        let reason = reason.rsplit(": ").next().unwrap_or("").trim().to_owned();
        return Err(input.refused(format!("not a video that ffmpeg can read: {}", lower(&reason))));
    }
    read(&said.stdout).map_err(|reason| input.refused(reason))
}

fn lower(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

fn read(answer: &str) -> Result<Probe, String> {
    let answer: Answer =
        serde_json::from_str(answer).map_err(|error| format!("ffprobe's answer is not as expected: {error}"))?;
    let of =
        |kind: &'static str| answer.streams.iter().filter(move |stream| stream.codec_type.as_deref() == Some(kind));
    let Some(video) = of("video").find(|stream| stream.disposition.attached_pic == 0) else {
        return Err(match (of("video").next(), of("audio").next()) {
            (Some(_), _) => "expected a video, found sound with a cover picture".to_owned(),
            (None, Some(_)) => "expected a video, found sound alone".to_owned(),
            (None, None) => "expected a video, found a file without any stream".to_owned(),
        });
    };
    let seconds = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<f64>().ok());
    let starts = seconds(&video.start_time).zip(seconds(&answer.format.start_time));
    let delay = starts.map_or(0.0, |(picture, file)| (picture - file).max(0.0));
    Ok(Probe {
        size: video.shown_size()?,
        rate: [&video.avg_frame_rate, &video.r_frame_rate].into_iter().find_map(|rate| ratio(rate, '/')),
        finest: ratio(&video.r_frame_rate, '/'),
        frames: video.nb_frames.as_deref().and_then(|text| text.parse().ok()),
        duration: seconds(&video.duration).or_else(|| seconds(&answer.format.duration)),
        delay,
        end: seconds(&video.duration).map(|duration| delay + duration),
        sound: of("audio").next().map(|sound| sound.codec_name.clone().unwrap_or_default()),
    })
}

impl Stream {
    fn shown_size(&self) -> Result<Size, String> {
        let (width, height) = (self.width.unwrap_or(0), self.height.unwrap_or(0));
        let aspect = ratio(&self.sample_aspect_ratio, ':').unwrap_or(1.0);
        let width = (width as f64 * aspect).round() as usize;
        let quarters = (self.rotation() / 90.0).round();
        // As ffmpeg's own: it transposes for quarter turns, and keeps the size for any other angle.
        let is_on_its_side = (self.rotation() - 90.0 * quarters).abs() < 1.0 && quarters.rem_euclid(2.0) == 1.0;
        let (height, width) = if is_on_its_side { (width, height) } else { (height, width) };
        frame_size(height, width)
    }

    fn rotation(&self) -> f64 {
        let tagged = || self.tags.rotate.as_deref().and_then(|text| text.parse().ok());
        self.side_data_list.iter().find_map(|data| data.rotation).or_else(tagged).unwrap_or(0.0)
    }
}

/// A positive ratio.
pub(crate) fn ratio(text: &Option<String>, between: char) -> Option<f64> {
    let (over, under) = text.as_deref()?.split_once(between)?;
    let ratio = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stream: &str) -> Result<Probe, String> {
        read(&format!("{{\"streams\": [{stream}], \"format\": {{\"duration\": \"4.5\"}}}}"))
    }

    #[test]
    fn a_picture_is_as_large_as_it_is_shown() {
        let size = |more: &str| {
            let of = of(&format!("{{\"codec_type\": \"video\", \"width\": 720, \"height\": 576{more}}}")).unwrap();
            (of.size.width(), of.size.height())
        };
        assert_eq!(size(""), (720, 576));
        assert_eq!(size(", \"sample_aspect_ratio\": \"0:1\""), (720, 576));
        assert_eq!(size(", \"sample_aspect_ratio\": \"64:45\""), (1024, 576));
        assert_eq!(size(", \"side_data_list\": [{\"side_data_type\": \"x\"}, {\"rotation\": -90}]"), (576, 720));
        assert_eq!(size(", \"side_data_list\": [{\"rotation\": 180}]"), (720, 576));
        assert_eq!(size(", \"side_data_list\": [{\"rotation\": 45}]"), (720, 576));
        assert_eq!(size(", \"tags\": {\"rotate\": \"270\"}, \"sample_aspect_ratio\": \"16:15\""), (576, 768));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let bare = of(r#"{"codec_type": "video", "width": 8, "height": 8, "avg_frame_rate": "0/0"}"#).unwrap();
        assert_eq!((bare.rate, bare.frames, bare.duration, bare.sound), (None, None, Some(4.5), None));
        let told =
            of(r#"{"codec_type": "audio", "codec_name": "aac"}, {"codec_type": "video", "width": 8, "height": 8,
            "avg_frame_rate": "30000/1001", "nb_frames": "99", "duration": "3.3"}"#)
            .unwrap();
        assert_eq!((told.rate, told.frames, told.duration), (Some(30_000.0 / 1001.0), Some(99), Some(3.3)));
        assert_eq!(told.sound.as_deref(), Some("aac"));
    }

    #[test]
    fn what_has_no_moving_picture_is_named() {
        let cover = r#"{"codec_type": "video", "width": 9, "height": 9, "disposition": {"attached_pic": 1}}"#;
        assert_eq!(of(cover).unwrap_err(), "expected a video, found sound with a cover picture");
        assert_eq!(of(r#"{"codec_type": "audio"}"#).unwrap_err(), "expected a video, found sound alone");
        assert_eq!(of("").unwrap_err(), "expected a video, found a file without any stream");
        let size = |width: usize| format!("{{\"codec_type\": \"video\", \"width\": {width}, \"height\": {width}}}");
        for (width, found) in [(0, "0×0"), (15_000, "15000×15000")] {
            let expected = format!("expected a video of 1 to 40 million pixels a frame, found one of {found}");
            assert_eq!(of(&size(width)).unwrap_err(), expected);
        }
    }
}
