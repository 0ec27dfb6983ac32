//! The service under load, and under clients who mean it harm.
#![cfg(all(target_os = "linux", feature = "serve", feature = "faces"))]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::service::{Answer, Service};
use crate::world::World;

/// A PGM file of 48 × 48 pixels of one gray.
fn crop(gray: u8) -> Vec<u8> {
    [b"P5 48 48 255\n", &[gray; 48 * 48][..]].concat()
}

/// A request on a connection that stays open.
fn kept(service: &Service, body: &[u8]) -> Vec<u8> {
    let request = String::from_utf8_lossy(&service.request("?detect=false", "", &[])).into_owned();
    let length = format!("content-length: {}", body.len());
    let head = request.replace("connection: close\r\n", "").replace("content-length: 0", &length);
    [head.as_bytes(), body].concat()
}

/// Reads one answer of a connection that stays open; gives its status.
fn answered(stream: &mut TcpStream) -> u16 {
    let (mut bytes, mut part) = (vec![], [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).expect("a length").split("\r\n").next().unwrap();
            if body.len() >= length.parse().unwrap() {
                return head.split(' ').nth(1).unwrap().parse().unwrap();
            }
        }
        match stream.read(&mut part).unwrap() {
            0 => return 0,
            read => bytes.extend(&part[..read]),
        }
    }
}

/// A number that the system tells of the service.
fn told(service: &Service, name: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Resident memory of the service, in KiB.
fn memory(service: &Service) -> usize {
    told(service, "VmRSS:")
}

/// Most files that a process may open here.
fn file_limit() -> usize {
    let output = Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap_or(1024)
}

#[test]
fn ten_thousand_connections_are_held_at_once_or_as_many_as_files_may_be_open() {
    let count = (file_limit() - 500).min(10_000);
    let world = World::new();
    let service = Service::start(&world, &[&format!("--connections={}", count + 10), "--timeout=60"]);
    let before = memory(&service);
    let mut streams: Vec<TcpStream> = (0..count).map(|_| service.connect()).collect();
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", service.address);
    streams.iter_mut().for_each(|stream| stream.write_all(request.as_bytes()).unwrap());
    assert!(streams.iter_mut().all(|stream| answered(stream) == 200));
    let open = format!("fer_connections {}\n", count + 1);
    let metrics = service.get("/metrics", "").body;
    assert!(metrics.contains(&open), "expected {open}, found {metrics}");
    let grown = memory(&service).saturating_sub(before);
    assert!(grown < 48 * count, "{grown} KiB more for {count} connections");
    // Pictures are answered all the while, and after.
    assert_eq!(service.post("?detect=false", "", &crop(90)).status, 200);
    drop(streams);
    assert_eq!(service.post("?detect=false", "", &crop(90)).status, 200);
}

#[test]
fn a_program_that_may_open_few_files_goes_on_when_others_leave() {
    let world = World::new();
    let service = Service::start_with_files(&world, 64, &["--timeout=60"]);
    let streams: Vec<TcpStream> = (0..200).map(|_| service.connect()).collect();
    std::thread::sleep(Duration::from_millis(200));
    drop(streams);
    assert_eq!(service.post("?detect=false", "", &crop(90)).status, 200);
    service.terminate();
    assert_eq!(service.ended(), (Some(0), String::new()));
}

#[test]
fn memory_stays_flat_over_many_requests() {
    let world = World::ran();
    let service = Service::start(&world, &["--model=run"]);
    let rounds = |count: usize| {
        std::thread::scope(|scope| {
            for gray in 0..8 {
                let service = &service;
                scope.spawn(move || {
                    let mut stream = service.connect();
                    let request = kept(service, &crop(20 * gray));
                    for _ in 0..count / 8 {
                        stream.write_all(&request).unwrap();
                        assert_eq!(answered(&mut stream), 200);
                    }
                });
            }
        });
    };
    rounds(1600);
    let before = memory(&service);
    rounds(2400);
    let grown = memory(&service).saturating_sub(before);
    assert!(grown < 24 << 10, "{grown} KiB more after 2400 requests");
    // Each thread keeps memory of its own, so that they must not become more and more.
    let (threads, cores) = (told(&service, "Threads:"), std::thread::available_parallelism().unwrap().get());
    assert!(threads <= 10 + 2 * cores, "{threads} threads on {cores} cores");
}

#[test]
fn who_sends_drop_by_drop_or_takes_nothing_in_is_dropped() {
    let world = World::new();
    let service = Service::start(&world, &["--timeout=1", "--connections=3"]);
    let body = crop(90);
    let request = kept(&service, &body);
    let mut by_drops = service.connect();
    // It sends something all the time, but not all in time.
    by_drops.write_all(&request[..request.len() - body.len()]).unwrap();
    let start = Instant::now();
    let dropped = body.chunks(10).any(|drop| {
        std::thread::sleep(Duration::from_millis(50));
        by_drops.write_all(drop).is_err()
    });
    assert!(dropped && start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    // It asks on and on and reads no answer, until both sides can hold no more.
    let ask = format!("GET /openapi.json HTTP/1.1\r\nhost: {}\r\n\r\n", service.address).repeat(50);
    let mut deaf = service.connect();
    deaf.set_write_timeout(Some(Duration::from_secs(8))).unwrap();
    let end = (0..100_000).find_map(|_| deaf.write_all(ask.as_bytes()).err());
    let end = end.expect("it is dropped").kind();
    assert!(matches!(end, std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe), "{end:?}");
    assert_eq!(service.get("/healthz", "").status, 200);
}

#[test]
fn who_leaves_before_the_answer_costs_nothing() {
    let world = World::new();
    let service = Service::start(&world, &["--queue=4"]);
    let request = kept(&service, &crop(90));
    for length in [request.len(), request.len() - 1, 20] {
        for _ in 0..10 {
            let mut stream = service.connect();
            stream.write_all(&request[..length]).unwrap();
        }
    }
    service.until_ready_says(200);
    let mut tries = 0..200;
    while !service.get("/metrics", "").body.contains("fer_queue_requests 0\n") {
        assert!(tries.next().is_some(), "a place is not given back");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(service.post("?detect=false", "", &crop(90)).status, 200);
}

#[test]
fn bombs_and_broken_requests_are_refused() {
    let world = World::new();
    let service = Service::start(&world, &["--max-body=1"]);
    let address = service.address;
    let send = |text: String| service.send(text.as_bytes());
    let head = |more: &str| {
        format!("POST /v1/faces?detect=false HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{more}\r\n")
    };
    // Two lengths, or none that is one, as those who smuggle requests through proxies send.
    for more in ["content-length: 5\r\ncontent-length: 6\r\n", "content-length: -1\r\n", "content-length: 5x\r\n"] {
        assert_eq!(send(head(more) + "hello").status, 400, "{more}");
    }
    let head_bomb = format!("x: {}\r\n", "y".repeat(100 << 10));
    assert!([0, 431].contains(&send(head(&head_bomb)).status));
    let many = (0..2000).map(|number| format!("x{number}: y\r\n")).collect::<String>();
    assert!([0, 431].contains(&send(head(&many)).status));
    // A body without an end.
    let mut endless = service.connect();
    endless.write_all(head("transfer-encoding: chunked\r\n").as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "z".repeat(0x10000));
    let _ = (0..64).try_for_each(|_| endless.write_all(chunk.as_bytes()));
    let status = Answer::read(endless).status;
    assert!([0, 413].contains(&status), "{status}");
    // What is packed is not unpacked.
    let packed = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0; 100]].concat();
    let found = service.post("?detect=false", "content-encoding: gzip\r\n", &packed).problem(415);
    assert!(found.starts_with("not a picture"), "{found}");
    let pictures = |count: usize| {
        let part = b"--p\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nP5 1 1 255\n7\r\n";
        let parts = [&part.repeat(count)[..], b"--p--\r\n"].concat();
        service.post("?detect=false", "content-type: multipart/form-data; boundary=p\r\n", &parts)
    };
    assert_eq!(pictures(256).json()["faces"].as_array().unwrap().len(), 256);
    assert_eq!(pictures(257).problem(413), "expected at most 256 pictures in a request, found more");
    for pretended in ["content-type: video/mp4\r\n", "content-type: application/json\r\n", "content-type: nonsense\r\n"]
    {
        assert_eq!(service.post("?detect=false", pretended, &crop(7)).status, 200, "{pretended}");
    }
    assert_eq!(send("\0\x01\x02 nonsense\r\n\r\n".to_owned()).status, 400);
    assert_eq!(service.post("?detect=false", "", &crop(7)).status, 200);
}
