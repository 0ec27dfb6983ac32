//! A service that runs, and a client that sends it bytes.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::world::World;

/// A service that runs; it is killed at the end.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// At a port that is free.
    pub(crate) fn start(world: &World, options: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", world, options)
    }

    pub(crate) fn start_at(listen: &str, world: &World, options: &[&str]) -> Self {
        Self::of(world.command(&[&["serve", "--listen", listen], options].concat()))
    }

    /// In a process that may open so many files.
    pub(crate) fn start_with_files(world: &World, files: usize, options: &[&str]) -> Self {
        let fer = world.command(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")]).arg(fer.get_program());
        command.args(fer.get_args()).stdin(Stdio::null());
        command.current_dir(fer.get_current_dir().unwrap());
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("http://").unwrap_or_else(|| panic!("no address: {line:?}"));
        let address = address.parse().unwrap();
        Self { child, address }
    }

    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// The answer to these bytes, or none if the connection is closed without one.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // It may have been refused and closed before all of it is written.
        let _ = stream.write_all(bytes);
        Answer::read(stream)
    }

    pub(crate) fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", self.address).as_bytes(),
        )
    }

    pub(crate) fn post(&self, query: &str, headers: &str, body: &[u8]) -> Answer {
        self.send(&self.request(query, headers, body))
    }

    pub(crate) fn request(&self, query: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let (address, length) = (self.address, body.len());
        let head = format!(
            "POST /v1/faces{query} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        [head.as_bytes(), body].concat()
    }

    /// Waits for an answer of this status from `/readyz`.
    pub(crate) fn until_ready_says(&self, status: u16) {
        let mut tries = 0..1000;
        while self.get("/readyz", "").status != status {
            assert!(tries.next().is_some(), "/readyz never said {status}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end; gives the exit code and what it said.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 if there was none.
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = vec![];
        // Where a request is refused before all of it is read, the connection may be reset after the answer.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What a problem document says, of this status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.head.contains("content-type: application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["type"]), (&json!(status), &json!("about:blank")), "{self:?}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}
