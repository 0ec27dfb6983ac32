//! One camera's WebSocket, from its first frame to its end.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use fer_artifact::with_causes;
use fer_predict::Picture;
use fer_video::{Tracked, Tracker};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::frame_answer::{FrameAnswer, Seen};
use crate::house::{Clock, House};
use crate::limits::FRAME_PIXELS;
use crate::problem::of_network;

/// How long the other side is waited for once it has been told that this is the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// A frame as it came.
#[derive(Debug, Clone)]
struct Frame {
    /// Those that nobody looked at are counted.
    number: u64,
    /// Seconds since the WebSocket was opened.
    time: f64,
    /// The bytes of a picture, or what is wrong with the message.
    content: Result<Bytes, &'static str>,
}

/// Why a session ends.
#[derive(Debug, Clone)]
enum Ending {
    /// The client has said so, or is gone.
    Gone,
    /// No message came for so long, or an answer was not taken.
    Idle(Duration),
    /// What came is no message of a WebSocket, or a larger one than is read.
    Refused(String),
    /// The service is about to end.
    Closing,
    /// A defect of ours.
    Defect,
}

/// Answers the newest frame that there is, one after the other: a channel that holds one value and no more drops those that
/// come faster.
pub(crate) struct Session {
    house: Arc<House>,
    /// Away while it works.
    tracker: Option<Tracker>,
    /// Number of the frame that is answered next, if none is dropped.
    next: u64,
}

impl Session {
    pub(crate) fn new(house: Arc<House>, tracker: Tracker) -> Self {
        Self { house, tracker: Some(tracker), next: 0 }
    }

    pub(crate) async fn run(mut self, socket: WebSocket) {
        let (house, (mut sender, receiver)) = (Arc::clone(&self.house), socket.split());
        house.metrics.camera_opened();
        let (newest, frames) = watch::channel(None);
        let mut reader = tokio::spawn(read(receiver, newest, house.limits.patience, Arc::clone(&house.clock)));
        let ending = match self.answer(&mut sender, frames).await {
            Some(ending) => ending,
            None => (&mut reader).await.unwrap_or(Ending::Defect),
        };
        if let Some(close) = ending.frame() {
            let told = timeout(FAREWELL, sender.send(Message::Close(Some(close)))).await;
            // Whoever is hung up on while frames of his are unread may lose the last word.
            if told.is_ok() && !reader.is_finished() {
                let _ = timeout(FAREWELL, &mut reader).await;
            } else if matches!(ending, Ending::Refused(_)) {
                sleep(FAREWELL).await;
            }
        }
        reader.abort();
        house.metrics.camera_closed();
    }

    /// Answers until no frame comes any more, or until there is another reason to end.
    async fn answer(
        &mut self,
        sender: &mut SplitSink<WebSocket, Message>,
        mut frames: watch::Receiver<Option<Frame>>,
    ) -> Option<Ending> {
        let house = Arc::clone(&self.house);
        loop {
            tokio::select! {
                () = house.closed() => return Some(Ending::Closing),
                changed = frames.changed() => changed.ok()?,
            }
            let Some(frame) = frames.borrow_and_update().clone() else { continue };
            let Ok(answer) = self.look(frame).await else { return Some(Ending::Defect) };
            match timeout(house.limits.patience, sender.send(Message::text(answer))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Some(Ending::Gone),
                Err(_) => return Some(Ending::Idle(house.limits.patience)),
            }
        }
    }

    /// What is said of a frame, as JSON.
    async fn look(&mut self, frame: Frame) -> Result<String, Defect> {
        let Frame { number, time, content } = frame;
        let dropped = number - self.next;
        self.next = number + 1;
        self.house.metrics.frames_dropped(dropped);
        let seen = match content {
            Ok(bytes) => self.track(bytes, time).await?,
            Err(problem) => Err(problem.to_owned()),
        };
        self.house.metrics.frame(seen.is_ok());
        let classes = self.tracker.as_ref().ok_or(Defect)?.classes();
        let answer = FrameAnswer::new(number, time, dropped, classes, &seen);
        Ok(serde_json::to_string(&answer).expect("texts and finite numbers"))
    }

    /// What a frame shows, or why nothing can be said of it.
    async fn track(&mut self, bytes: Bytes, time: f64) -> Result<Result<Seen, String>, Defect> {
        let turn = self.house.turn().await;
        let mut tracker = self.tracker.take().ok_or(Defect)?;
        let look = move || {
            let _turn = turn;
            let seen = picture(&bytes).and_then(|picture| {
                let tracked = tracker.push(&picture, time);
                let Tracked { faces, .. } = tracked.map_err(|error| of_network(&error))?;
                Ok(Seen { size: picture.size(), faces })
            });
            (tracker, seen)
        };
        let (tracker, seen) = tokio::task::spawn_blocking(look).await.map_err(|_| Defect)?;
        self.tracker = Some(tracker);
        Ok(seen)
    }
}

/// A panic: it costs this session.
#[derive(Debug)]
struct Defect;

impl Ending {
    /// What the client is told; nothing if it is gone.
    fn frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Idle(patience) => (
                close_code::AWAY,
                format!("no frame came, or no answer was taken, for {} s (--timeout)", patience.as_secs_f64()),
            ),
            Self::Refused(reason) => (close_code::SIZE, reason.clone()),
            Self::Closing => (close_code::AWAY, "the service is about to end".to_owned()),
            Self::Defect => (close_code::ERROR, "a defect of the service".to_owned()),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// Reads frames; of those that nobody has taken yet, the newest is left.
async fn read(
    mut receiver: SplitStream<WebSocket>,
    newest: watch::Sender<Option<Frame>>,
    patience: Duration,
    clock: Clock,
) -> Ending {
    let (start, mut number) = (clock(), 0);
    loop {
        let content = match timeout(patience, receiver.next()).await {
            Err(_) => return Ending::Idle(patience),
            Ok(None | Some(Ok(Message::Close(_)))) => return Ending::Gone,
            Ok(Some(Err(error))) => return refused(error),
            Ok(Some(Ok(Message::Binary(bytes)))) => Ok(bytes),
            Ok(Some(Ok(Message::Text(_)))) => Err("expected a picture as a binary message, found text"),
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
        };
        let time = (1000.0 * clock().saturating_sub(start).as_secs_f64()).round() / 1000.0;
        newest.send_replace(Some(Frame { number, time, content }));
        number += 1;
    }
}

/// A message that is too long; anything else is a connection that is broken.
fn refused(error: axum::Error) -> Ending {
    match error.into_inner().downcast_ref() {
        Some(long @ tungstenite::Error::Capacity(_)) => Ending::Refused(long.to_string()),
        _ => Ending::Gone,
    }
}

/// A frame's picture.
fn picture(bytes: &[u8]) -> Result<Picture, String> {
    let size = Picture::size_of_bytes(bytes).ok().filter(|size| size.area() > FRAME_PIXELS);
    if let Some(size) = size {
        let most = FRAME_PIXELS / 1_000_000;
        return Err(format!(
            "too large: expected at most {most} million pixels of a frame, found {}×{}",
            size.width(),
            size.height()
        ));
    }
    Picture::decode(bytes).map_err(|problem| with_causes(&problem))
}
