//! A collector of traces that speaks OTLP over HTTP.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;

/// What it was sent, and what it answers.
pub(crate) struct Collector {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    spans: Mutex<Vec<Span>>,
    services: Mutex<Vec<String>>,
    headers: Mutex<Vec<String>>,
    status: AtomicU16,
    is_over: AtomicBool,
}

impl Collector {
    /// Listens on a free port.
    pub(crate) fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Arc::new(Shared {
            spans: Mutex::default(),
            services: Mutex::default(),
            headers: Mutex::default(),
            status: AtomicU16::new(200),
            is_over: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in socket.incoming() {
                if of_thread.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&of_thread);
                thread::spawn(move || connection.map(|connection| shared.serve(&connection)));
            }
        });
        Self { address, shared }
    }

    /// Its URL, as configurations name it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::Relaxed);
    }

    /// The spans that it took, in the order of their coming.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.shared.spans.lock().unwrap().clone()
    }

    /// The names of those who sent them.
    pub(crate) fn services(&self) -> Vec<String> {
        self.shared.services.lock().unwrap().clone()
    }

    /// The lines of all heads that came.
    pub(crate) fn headers(&self) -> Vec<String> {
        self.shared.headers.lock().unwrap().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut connection: &TcpStream) {
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        loop {
            let mut length = 0;
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let line = line.trim_end().to_owned();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                lines.push(line);
            }
            self.headers.lock().unwrap().extend(lines);
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let status = self.status.load(Ordering::Relaxed);
            if status == 200 {
                self.keep(&ExportTraceServiceRequest::decode(&body[..]).unwrap());
            }
            let answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n");
            if connection.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn keep(&self, request: &ExportTraceServiceRequest) {
        for of_resource in &request.resource_spans {
            let resource = of_resource.resource.as_ref().unwrap();
            let name = resource.attributes.iter().find(|attribute| attribute.key == "service.name");
            let name = name.and_then(|name| name.value.clone()?.value);
            if let Some(Value::StringValue(name)) = name {
                self.services.lock().unwrap().push(name);
            }
            for scope in &of_resource.scope_spans {
                self.spans.lock().unwrap().extend(scope.spans.iter().cloned());
            }
        }
    }
}
