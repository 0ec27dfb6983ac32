//! The service as its clients see it: requests over HTTP, byte by byte where the bytes matter.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::service::{Answer, Service};
use crate::world::World;

pub(crate) const ASTRONAUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pictures/astronaut.jpg");

/// A PNG file of 60,000 × 60,000 pixels, of which none are there; made by Python's `zlib` and `struct`.
pub(crate) const BOMB: &[u8] = b"\
        \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\xea\x60\x00\x00\xea\x60\
        \x08\x00\x00\x00\x00\xa5\xb9\x2a\x9e\x00\x00\x00\x08\x49\x44\x41\x54\x78\x9c\x03\x00\x00\x00\x00\
        \x01\x48\x06\x89\xd2\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

pub(crate) fn astronaut() -> Vec<u8> {
    std::fs::read(ASTRONAUT).unwrap()
}

/// A picture of one gray.
fn crop(gray: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(vec![]);
    image::GrayImage::from_pixel(48, 48, image::Luma([gray])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// What `fer predict --json` says of a picture, a row a face, without the file's name.
pub(crate) fn predicted(world: &World, arguments: &[&str]) -> Vec<Value> {
    let rows = world.fer(&[&["predict", "--json"], arguments].concat()).succeeded().stdout;
    let row = |line: &str| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("file");
        row
    };
    rows.lines().map(row).collect()
}

#[test]
fn a_picture_has_the_faces_that_predict_finds_field_by_field() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let found = service.post("", "", &astronaut());
    assert_eq!(found.status, 200, "{found:?}");
    assert!(found.head.contains("content-type: application/json") && found.head.contains("cache-control: no-store"));
    assert_eq!(found.json(), json!({"faces": predicted(&world, &[ASTRONAUT])}));
    assert_eq!(found.json()["faces"][0]["class"], "happy");
    let whole = service.post("?detect=false", "content-type: image/jpeg\r\n", &astronaut());
    assert_eq!(whole.json(), json!({"faces": predicted(&world, &[ASTRONAUT, "--no-detect"])}));
    assert_eq!(service.post("", "", &crop(90)).json(), json!({"faces": []}), "a picture without a face");
}

#[test]
fn of_several_pictures_each_has_its_rows_or_its_problem() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let part = |name: &str, bytes: &[u8]| {
        let head = format!("--of-parts\r\ncontent-disposition: form-data; name=\"p\"; filename=\"{name}\"\r\n\r\n");
        [head.as_bytes(), bytes, b"\r\n"].concat()
    };
    let parts = [
        part("a.jpg", &astronaut()),
        part("gray.png", &crop(9)),
        part("b.txt", b"no picture"),
        part("c.jpg", &astronaut()),
    ];
    let body = [&parts.concat()[..], b"--of-parts--\r\n"].concat();
    let answer = service.post("", "content-type: multipart/form-data; boundary=of-parts\r\n", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let (answer, expected) = (answer.json(), predicted(&world, &[ASTRONAUT]));
    let faces = answer["faces"].as_array().unwrap();
    assert_eq!(faces.iter().map(|face| &face["file"]).collect::<Vec<_>>(), ["a.jpg", "c.jpg"]);
    assert_eq!((&faces[0]["box"], &faces[1]["landmarks"]), (&expected[0]["box"], &expected[0]["landmarks"]));
    let problems = answer["problems"].as_array().unwrap();
    assert_eq!(problems[0], json!({"file": "gray.png", "problem": "no face"}));
    assert_eq!(problems[1]["file"], "b.txt");
    assert!(problems[1]["problem"].as_str().unwrap().contains("expected png, jpg"), "{problems:?}");
    let cut = service.post("", "content-type: multipart/form-data; boundary=of-parts\r\n", &parts[0]);
    assert!(cut.problem(400).contains("found a broken one"), "{cut:?}");
    assert!(service.post("", "content-type: multipart/form-data\r\n", &body).problem(400).contains("boundary"));
}

#[test]
fn what_cannot_be_answered_is_told_with_what_was_expected_and_found() {
    let world = World::new();
    let service = Service::start(&world, &["--max-body=1"]);
    let picture = astronaut();
    assert!(service.post("", "", &picture[..picture.len() / 2]).problem(422).contains("ends before its end"));
    let page = service.post("", "content-type: image/png\r\n", b"<html>not found</html>").problem(415);
    assert_eq!(
        page,
        "not a picture: found an HTML page: a download that failed?; expected png, jpg, webp, bmp, gif, tiff or pnm"
    );
    assert!(service.post("", "", b"").problem(400).contains("found an empty body"));
    assert!(service.post("?detekt=false", "", &picture).problem(400).contains("unknown field `detekt`"));
    assert!(service.post("?detect=no", "", &picture).problem(400).contains("expected `detect=true`"));
    let model = service.post("?model=mine", "", &picture).problem(400);
    assert_eq!(model, "expected the name of a model, `fer48`, found `mine`");
    let large = service.post("", "", &vec![0; (1 << 20) + 1]).problem(413);
    assert_eq!(large, "expected a body of at most 1048576 bytes (--max-body), found 1048577");
    let bomb = service.post("", "", BOMB).problem(413);
    assert_eq!(bomb, "too large: expected at most 128 million pixels, found 60000×60000");
    assert!(service.get("/v1/face", "").problem(404).contains("/openapi.json"));
    let get = service.get("/v1/faces", "");
    assert_eq!(get.problem(405), "expected POST for /v1/faces, found GET");
    assert!(get.head.contains("allow: post"), "{get:?}");
    // After all that it works as before.
    assert_eq!(service.post("", "", &picture).json()["faces"].as_array().unwrap().len(), 1);
    service.terminate();
    assert_eq!(service.ended(), (Some(0), String::new()), "nothing is logged");
}

#[test]
fn slow_and_silent_clients_are_dropped() {
    let world = World::new();
    let service = Service::start(&world, &["--timeout=1", "--connections=3"]);
    let (silent, mut half_head, mut half_body) = (service.connect(), service.connect(), service.connect());
    half_head.write_all(b"POST /v1/faces HTTP/1.1\r\nhost: lo").unwrap();
    let request = service.request("", "", &astronaut());
    half_body.write_all(&request[..request.len() / 2]).unwrap();
    // There are three slots: this one waits for the first that is dropped.
    assert_eq!(service.get("/healthz", "").body, "ok\n");
    assert_eq!(Answer::read(silent).status, 0);
    // It may be told why, before it is dropped.
    assert!([0, 408].contains(&Answer::read(half_head).status));
    let told = Answer::read(half_body).problem(408);
    assert_eq!(told, "expected the whole body within 1 s (--timeout), found less");
}

#[test]
fn foreign_pages_and_strangers_are_refused() {
    let world = World::new();
    let service = Service::start(&world, &["--origin=https://faces.example"]);
    let foreign = service.post("", "origin: https://evil.example\r\n", &astronaut()).problem(403);
    assert!(foreign.contains("found one of https://evil.example"), "{foreign}");
    assert_eq!(service.get("/v1/models", "origin: https://faces.example\r\n").status, 200);
    let own = format!("origin: http://{}\r\n", service.address);
    assert_eq!(service.get("/v1/models", &own).status, 200);
    let rebound = service.send(b"GET /v1/models HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n");
    assert!(rebound.problem(403).contains("found rebound.example"), "{rebound:?}");

    std::fs::write(world.path("token"), "correct-horse\n").unwrap();
    let service = Service::start(&world, &["--token-file=token"]);
    let stranger = service.post("", "", &astronaut());
    assert!(stranger.problem(401).contains("found none") && stranger.head.contains("www-authenticate: bearer"));
    assert!(
        service.get("/metrics", "authorization: Bearer correct-hors\r\n").problem(401).contains("found another one")
    );
    assert_eq!(service.post("", "authorization: Bearer correct-horse\r\n", &astronaut()).status, 200);
    assert_eq!(service.get("/healthz", "").status, 200, "whoever watches over it has no token");
    std::fs::write(world.path("token"), "\n").unwrap();
    let ended = world.fer(&["serve", "--listen=127.0.0.1:0", "--token-file=token"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("expected a token of visible letters"), "{ended:?}");
}

#[test]
fn a_full_queue_sends_away_and_recovers() {
    let world = World::new();
    let service = Service::start(&world, &["--queue=1"]);
    service.until_ready_says(200);
    let request = service.request("", "", &astronaut());
    let mut first = service.connect();
    first.write_all(&request[..request.len() - 1]).unwrap();
    service.until_ready_says(503);
    let second = service.post("", "", &astronaut());
    assert_eq!(second.problem(503), "expected at most 1 request with pictures at once, found as many under way");
    assert!(second.head.contains("retry-after: 1"), "{second:?}");
    first.write_all(&request[request.len() - 1..]).unwrap();
    assert_eq!(Answer::read(first).status, 200);
    assert_eq!(service.post("", "", &astronaut()).status, 200);
}

#[test]
fn what_is_in_flight_is_answered_after_sigterm() {
    let world = World::new();
    let service = Service::start(&world, &["--queue=1"]);
    let request = service.request("", "", &astronaut());
    let (idle, mut under_way) = (service.connect(), service.connect());
    under_way.write_all(&request[..request.len() / 2]).unwrap();
    service.until_ready_says(503);
    service.terminate();
    let mut tries = 0..1000;
    while TcpStream::connect(service.address).is_ok() {
        assert!(tries.next().is_some(), "it goes on to listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    under_way.write_all(&request[request.len() / 2..]).unwrap();
    assert_eq!(Answer::read(under_way).json()["faces"][0]["class"], "happy");
    assert_eq!(Answer::read(idle).status, 0);
    assert_eq!(service.ended(), (Some(0), String::new()));
}

#[test]
fn after_a_kill_under_load_it_starts_again_at_its_address() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let request = service.request("", "", &astronaut());
    let mut clients: Vec<TcpStream> = (0..20).map(|_| service.connect()).collect();
    clients.iter_mut().for_each(|client| client.write_all(&request).unwrap());
    let address = service.address.to_string();
    drop(service);
    let again = Service::start_at(&address, &world, &[]);
    assert_eq!(again.address.to_string(), address);
    assert_eq!(again.post("", "", &astronaut()).status, 200);
    // Who was under way when it was killed has no answer, or a whole one.
    let answers: Vec<u16> = clients.into_iter().map(|client| Answer::read(client).status).collect();
    assert!(answers.iter().all(|status| [0, 200].contains(status)), "{answers:?}");
}

#[test]
fn hundreds_of_connections_at_once_are_answered_and_counted() {
    const CLIENTS: usize = 300;
    let world = World::new();
    let service = Service::start(&world, &["--queue=300", "--connections=200"]);
    let body = crop(120);
    let expected = service.post("?detect=false", "", &body).json();
    let nearly = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5;
    std::thread::scope(|scope| {
        let client = || {
            let answer = service.post("?detect=false", "", &body);
            assert_eq!(answer.status, 200, "{answer:?}");
            let (face, known) = (&answer.json()["faces"][0], &expected["faces"][0]);
            // Neighbours in a batch move a probability by rounding.
            assert!(nearly(&face["probability"], &known["probability"]), "{face} {known}");
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    let metrics = service.get("/metrics", "");
    assert!(metrics.head.contains("content-type: application/openmetrics-text"), "{metrics:?}");
    let value = |start: &str| {
        let line =
            metrics.body.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {metrics:?}"));
        line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()
    };
    let all = CLIENTS as f64 + 1.0;
    assert_eq!(value("fer_requests_total{method=\"POST\",route=\"/v1/faces\",status=\"200\"}"), all);
    assert_eq!(value("fer_request_duration_seconds_count{route=\"/v1/faces\"}"), all);
    assert_eq!((value("fer_faces_total"), value("fer_pictures_total{outcome=\"faces\"}")), (all, all));
    assert_eq!((value("fer_queue_requests "), value("fer_queue_limit_requests ")), (0.0, 300.0));
    assert_eq!(value("fer_batch_crops_sum"), all);
    assert!(value("fer_batch_crops_count") < all, "no crops went together");
    assert!(metrics.body.ends_with("# EOF\n"));
}

#[test]
fn models_are_listed_and_chosen_by_name() {
    let world = World::ran();
    let service = Service::start(&world, &["--model=run", "--model=built-in=fer48"]);
    let models = service.get("/v1/models", "").json();
    let told = |number: usize| (models["models"][number]["name"].clone(), models["models"][number]["default"].clone());
    assert_eq!((told(0), told(1)), ((json!("run"), json!(true)), (json!("built-in"), json!(false))), "{models}");
    assert_eq!(models["models"][1]["classes"].as_array().unwrap().len(), 7);
    let body = crop(200);
    std::fs::write(world.path("crop.png"), &body).unwrap();
    for (query, model) in [("", Some("--model=run")), ("&model=run", Some("--model=run")), ("&model=built-in", None)] {
        let expected = predicted(&world, &[&["crop.png", "--no-detect"], model.as_slice()].concat());
        assert_eq!(
            service.post(&format!("?detect=false{query}"), "", &body).json()["faces"],
            json!(expected),
            "{query}"
        );
    }
    let twice = world.fer(&["serve", "--listen=127.0.0.1:0", "--model=run", "--model=run=fer48"]);
    assert!(twice.code == 1 && twice.stderr.contains("found several named `run`"), "{twice:?}");
}

#[test]
fn a_request_chooses_how_the_network_looks() {
    let world = World::ran();
    let service = Service::start(&world, &["--model=run", "--model=fer48"]);
    // Dark on the left, bright on the right: another picture than its mirror image.
    let mut bytes = std::io::Cursor::new(vec![]);
    let slope = image::GrayImage::from_fn(48, 48, |x, y| image::Luma([(4 * x + y / 4) as u8]));
    slope.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let body = bytes.into_inner();
    let mirrored = image::imageops::flip_horizontal(&slope);
    let mut bytes = std::io::Cursor::new(vec![]);
    mirrored.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let mirror = bytes.into_inner();
    let of = |query: &str, body: &[u8]| -> Vec<f64> {
        let answer = service.post(&format!("?detect=false&model=run{query}"), "", body).json();
        let probabilities = answer["faces"][0]["probabilities"].as_object().unwrap();
        probabilities.values().map(|probability| probability.as_f64().unwrap()).collect()
    };
    let (plain, other, flip) = (of("", &body), of("&tta=none", &mirror), of("&tta=flip", &body));
    assert_ne!(plain, other);
    for ((one, other), both) in plain.iter().zip(&other).zip(&flip) {
        assert!(((one + other) / 2.0 - both).abs() < 1e-6, "{plain:?} {other:?} {flip:?}");
    }
    // A network without fully connected layers of a fixed size takes crops, the linear one does not.
    assert_eq!(service.post("?detect=false&model=fer48&tta=ten-crop", "", &body).status, 200);
    let crops = service.post("?detect=false&model=run&tta=ten-crop", "", &body).problem(400);
    assert!(crops.starts_with("expected another `tta`: `tta: ten-crop` needs a network that takes"), "{crops}");
    let wrong = service.post("?tta=flop", "", &body).problem(400);
    assert!(wrong.contains("`tta=flip`") && wrong.contains("unknown variant `flop`"), "{wrong}");
}

/// Every `$ref` below this.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => vec![],
    }
}

#[test]
fn the_description_has_every_address_and_every_field() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let described = service.get("/openapi.json", "").json();
    assert_eq!(described["openapi"], "3.1.0");
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    for path in ["/healthz", "/metrics", "/openapi.json", "/readyz", "/v1/models"] {
        assert_eq!(service.get(path, "").status, 200, "{path}");
        assert!(paths.iter().any(|known| *known == path), "{paths:?}");
    }
    let post = &described["paths"]["/v1/faces"]["post"];
    let parameters: Vec<&Value> =
        post["parameters"].as_array().unwrap().iter().map(|parameter| &parameter["name"]).collect();
    assert_eq!(parameters, ["detect", "model", "tta"]);
    assert!(["/", "/v1/explain", "/v1/live"].iter().all(|path| paths.iter().any(|known| known == path)), "{paths:?}");
    assert_eq!(described["paths"]["/readyz"]["get"]["security"], json!([]), "whoever watches over it has no token");
    assert_eq!(described["paths"]["/v1/live"]["get"]["security"][2], json!({"protocol": []}));
    let reference = post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
    let resolved = |reference: &str| {
        described.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference}"))
    };
    references(&described).into_iter().for_each(|reference| _ = resolved(reference));
    let item = resolved(reference)["properties"]["faces"]["items"]["$ref"].as_str().unwrap();
    let known = resolved(item)["properties"].as_object().unwrap();
    let answer = service.post("", "", &astronaut()).json();
    let missing: Vec<&String> =
        answer["faces"][0].as_object().unwrap().keys().filter(|field| !known.contains_key(*field)).collect();
    assert!(missing.is_empty() && known.contains_key("file"), "{missing:?} {known:?}");
}

#[test]
fn a_number_that_cannot_be_had_is_told_before_anything_else() {
    let world = World::new();
    for option in ["connections", "queue", "live"] {
        for wrong in ["0", "1000001", "18446744073709551615", "-1", "many"] {
            let told = world.fer(&["serve", "--listen=127.0.0.1:0", &format!("--{option}={wrong}")]);
            let expected = format!("expected a whole number from 1 to 1000000, found `{wrong}`");
            assert!(told.code == 2 && told.stdout.is_empty() && told.stderr.contains(&expected), "{told:?}");
        }
    }
    let most = ["--connections=1000000", "--queue=1000000", "--live=1000000"];
    assert_eq!(Service::start(&world, &most).get("/healthz", "").status, 200);
}

#[test]
fn an_address_that_cannot_be_had_is_told() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let taken = world.fer(&["serve", &format!("--listen={}", service.address)]);
    assert!(taken.code == 1 && taken.stderr.contains("cannot listen there"), "{taken:?}");
    let wrong = world.fer(&["serve", "--listen=8080"]);
    assert!(wrong.stderr.contains("expected an address such as 127.0.0.1:8080, found `8080`"), "{wrong:?}");
}
