//! `/v1/live` as its clients see it: frames in over a WebSocket, followed faces out.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message, WebSocket};

use crate::serve::{ASTRONAUT, BOMB, astronaut, predicted};
use crate::service::Service;
use crate::world::World;

/// A client of one WebSocket.
struct Client(WebSocket<TcpStream>);

impl Client {
    /// Opens a WebSocket, or gives the status and the detail of the refusal.
    fn open(service: &Service, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, (u16, String)> {
        let mut request = format!("ws://{}/v1/live{query}", service.address).into_client_request().unwrap();
        headers.iter().for_each(|(name, value)| _ = request.headers_mut().insert(*name, value.parse().unwrap()));
        match tungstenite::client(request, service.connect()) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(Error::Http(answer))) => {
                let problem: Value = serde_json::from_slice(answer.body().as_deref().unwrap()).unwrap();
                Err((answer.status().as_u16(), problem["detail"].as_str().unwrap().to_owned()))
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn send(&mut self, frame: &[u8]) {
        self.0.send(Message::binary(frame.to_vec())).unwrap();
    }

    fn answer(&mut self) -> Value {
        match self.0.read().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The answer to a frame.
    fn ask(&mut self, frame: &[u8]) -> Value {
        self.send(frame);
        self.answer()
    }

    /// How the service ends it.
    fn end(mut self) -> CloseFrame {
        loop {
            match self.0.read().unwrap() {
                Message::Close(frame) => return frame.unwrap(),
                Message::Text(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_face_is_followed_with_the_fields_of_watch_and_the_values_of_predict() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let mut client = Client::open(&service, "", &[]).unwrap();
    let (first, second) = (client.ask(&astronaut()), client.ask(&astronaut()));
    assert_eq!((&first["frame"], &first["dropped"], &second["frame"]), (&json!(0), &json!(0), &json!(1)));
    assert!(first["time"].as_f64().unwrap() <= second["time"].as_f64().unwrap());
    assert_eq!((&first["width"], &first["height"]), (&json!(320), &json!(256)), "the picture's");
    let (face, expected) = (&first["faces"][0], &predicted(&world, &[ASTRONAUT])[0]);
    let fields: Vec<&String> = face.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["box", "class", "landmarks", "probabilities", "score", "smoothed", "track"]);
    for field in ["box", "landmarks", "score", "class", "probabilities"] {
        assert_eq!(face[field], expected[field], "{field}");
    }
    // It may be a lone false detection, until it is seen again.
    assert_eq!((&face["track"], &second["faces"][0]["track"]), (&Value::Null, &json!(1)));
}

#[test]
fn of_frames_that_come_faster_the_newest_is_answered_and_the_others_are_counted() {
    const FRAMES: u64 = 60;
    let world = World::new();
    let service = Service::start(&world, &["--threads=1"]);
    let mut client = Client::open(&service, "", &[]).unwrap();
    let frame = astronaut();
    (0..FRAMES).for_each(|_| client.send(&frame));
    let (mut answered, mut dropped, mut last) = (0, 0, None);
    while last != Some(FRAMES - 1) {
        let answer = client.answer();
        answered += 1;
        dropped += answer["dropped"].as_u64().unwrap();
        let frame = answer["frame"].as_u64();
        assert!(frame > last, "{frame:?} after {last:?}");
        last = frame;
    }
    assert_eq!(answered + dropped, FRAMES, "each frame is answered or counted");
    assert!(dropped > 0, "{answered} of {FRAMES} frames had an answer");
    let metrics = service.get("/metrics", "").body;
    for (outcome, count) in [("answered", answered), ("dropped", dropped)] {
        let line = format!("fer_live_frames_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} {metrics}");
    }
    assert!(metrics.contains("fer_live_cameras 1\n"), "{metrics}");
}

#[test]
fn a_broken_frame_has_a_problem_and_the_next_one_an_answer() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let mut client = Client::open(&service, "", &[]).unwrap();
    let whole = astronaut();
    let problem = |answer: Value| {
        assert!(answer.get("faces").is_none(), "{answer}");
        answer["problem"].as_str().unwrap().to_owned()
    };
    assert!(problem(client.ask(&whole[..whole.len() / 2])).contains("ends before its end"));
    assert!(problem(client.ask(b"<html>")).starts_with("not a picture: "));
    assert_eq!(
        problem(client.ask(b"")),
        "not a picture: found an empty file; expected png, jpg, webp, bmp, gif, tiff or pnm"
    );
    assert!(problem(client.ask(BOMB)).starts_with("too large: expected at most"));
    let largest = format!("P5 2000 2000 255\n{}", "-".repeat(2000 * 2000));
    assert_eq!(client.ask(largest.as_bytes())["faces"], json!([]), "nobody is on it");
    let large = format!("P5 2001 2000 255\n{}", "-".repeat(2001 * 2000));
    let expected = "too large: expected at most 4 million pixels of a frame, found 2001×2000";
    assert_eq!(problem(client.ask(large.as_bytes())), expected);
    client.0.send(Message::text("a frame")).unwrap();
    assert_eq!(problem(client.answer()), "expected a picture as a binary message, found text");
    let answer = client.ask(&whole);
    assert_eq!((answer["frame"].as_u64(), answer["faces"].as_array().unwrap().len()), (Some(7), 1), "{answer}");
}

#[test]
fn strangers_foreign_pages_and_too_many_are_refused() {
    let world = World::new();
    std::fs::write(world.path("token"), "s3cret\n").unwrap();
    let service = Service::start(&world, &["--token-file=token", "--live=1"]);
    let refused = |query: &str, headers: &[(&'static str, &str)]| Client::open(&service, query, headers).err().unwrap();
    assert_eq!(refused("", &[]).0, 401);
    // As Python's `base64.urlsafe_b64encode(b"s3cre")` and `(b"s3cret")` have it, without `=`.
    assert_eq!(refused("", &[("sec-websocket-protocol", "fer.live, fer.token.czNjcmU")]).0, 401);
    let token = [("sec-websocket-protocol", "fer.live, fer.token.czNjcmV0")];
    let foreign = refused("", &[token[0], ("origin", "https://evil.example")]);
    assert!(foreign.0 == 403 && foreign.1.contains("found one of https://evil.example"), "{foreign:?}");
    let model = refused("?model=mine", &token);
    assert_eq!(model, (400, "expected the name of a model, `fer48`, found `mine`".to_owned()));
    assert!(refused("?smoothing=0", &token).1.contains("expected `model=NAME` or no query"));
    let own = format!("http://{}", service.address);
    let mut first = Client::open(&service, "?model=fer48", &[token[0], ("origin", &own)]).unwrap();
    assert_eq!(first.ask(&astronaut())["faces"].as_array().unwrap().len(), 1);
    let second = refused("", &token);
    assert_eq!(second, (503, "expected at most 1 camera at once (--live), found as many".to_owned()));
    first.0.close(None).unwrap();
    let mut tries = 0..1000;
    let mut third = loop {
        match Client::open(&service, "", &[("authorization", "Bearer s3cret")]) {
            Ok(client) => break client,
            Err(_) => assert!(tries.next().is_some(), "its place is not free again"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(third.ask(&astronaut())["frame"], 0, "it begins anew");
    let plain = service.get("/v1/live", "authorization: Bearer s3cret\r\n");
    assert!(plain.problem(503).contains("--live"), "an ordinary request says why, too: {plain:?}");
    drop(third);
}

#[test]
fn a_plain_request_is_told_what_was_expected() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let plain = service.get("/v1/live", "");
    assert!(plain.problem(426).contains("expected the request of a WebSocket"), "{plain:?}");
    assert!(plain.head.contains("upgrade: websocket"), "{plain:?}");
}

#[test]
fn silent_clients_and_giants_are_told_why_it_ends() {
    let world = World::new();
    let service = Service::start(&world, &["--timeout=1"]);
    let mut silent = Client::open(&service, "", &[]).unwrap();
    silent.ask(&astronaut());
    let close = silent.end();
    assert_eq!(
        (u16::from(close.code), close.reason.as_str()),
        (1001, "no frame came, or no answer was taken, for 1 s (--timeout)")
    );
    let mut giant = Client::open(&service, "", &[]).unwrap();
    // What it was to say has no end within a second: the head alone says how long it is.
    let head = [&[0x82, 0xff][..], &((8_u64 << 20) + 1).to_be_bytes(), &[0; 4]].concat();
    std::io::Write::write_all(giant.0.get_mut(), &head).unwrap();
    let close = giant.end();
    assert_eq!(u16::from(close.code), 1009, "{close:?}");
    assert!(close.reason.contains("8388608"), "{close:?}");
}

#[test]
fn the_largest_frame_has_an_answer() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let pixels = 2000 * 1398;
    let head = "P6 2000 1398 255\n";
    // What follows a picture in its file is none of its.
    let frame = [head.as_bytes(), &vec![b'-'; (8 << 20) - head.len()]].concat();
    assert!(frame.len() == 8 << 20 && frame.len() - head.len() >= 3 * pixels);
    assert_eq!(Client::open(&service, "", &[]).unwrap().ask(&frame)["faces"], json!([]));
}

#[test]
fn sigterm_ends_a_session_in_order() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let (mut busy, idle) = (Client::open(&service, "", &[]).unwrap(), Client::open(&service, "", &[]).unwrap());
    busy.ask(&astronaut());
    service.terminate();
    for client in [busy, idle] {
        let close = client.end();
        assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "the service is about to end"));
    }
    assert_eq!(service.ended(), (Some(0), String::new()));
}
