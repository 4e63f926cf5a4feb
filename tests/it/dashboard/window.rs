//! A browser of a test's own.

use std::{
    future::Future,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Gate, PATIENCE};

const BROWSER: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";
/// Between two looks at a page.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a driver is started that does not come up.
const STARTS: usize = 5;
/// How long a browser may take to close.
const GOODBYE: Duration = Duration::from_secs(10);
/// A root that may not sandbox, no network of its own, nothing of an earlier test.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// A window of a browser that looks at a gate.
pub(super) struct Window {
    runtime: Runtime,
    client: Client,
    driver: Driver,
    session: String,
    admin: SocketAddr,
    _profile: tempfile::TempDir,
}

/// The driver, which takes its browser along when it ends.
struct Driver {
    child: Child,
    address: SocketAddr,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Driver {
    /// The port that it chooses may be taken by another one before it listens there.
    fn start() -> Self {
        let started = (0..STARTS).find_map(|_| Self::try_to_start());
        started.unwrap_or_else(|| panic!("{DRIVER} does not start"))
    }

    fn try_to_start() -> Option<Self> {
        let mut command = Command::new(DRIVER);
        let command =
            command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map_while(Result::ok).find(|line| line.contains("started successfully on port"));
        let Some(said) = said else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        let port = said.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap();
        Some(Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) })
    }
}

impl Window {
    /// Opens one; `None`, told loudly, where there is no browser.
    pub(super) fn open(gate: &Gate, test: &str) -> Option<Self> {
        if ![BROWSER, DRIVER].iter().all(|file| std::path::Path::new(file).exists()) {
            herdgate_skip::cannot_run(test, "there is no chromium with its driver");
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let driver = Driver::start();
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({
            "goog:chromeOptions": { "binary": BROWSER, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (client, session) = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let builder = builder.capabilities(capabilities);
            let client = builder.connect(&format!("http://{}", driver.address)).await.unwrap();
            let session = client.session_id().await.unwrap().unwrap();
            (client, session)
        });
        Some(Self { runtime, client, driver, session, admin: gate.admin, _profile: profile })
    }

    /// Opens one and signs in.
    pub(super) fn signed_in(gate: &Gate, test: &str) -> Option<Self> {
        let window = Self::open(gate, test)?;
        window.go("/dashboard");
        window.type_into("input[name=key]", gate.key());
        window.click("button.main-act");
        window.see("h1", "Overview");
        Some(window)
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        let patient = async { tokio::time::timeout(PATIENCE, future).await };
        self.runtime.block_on(patient).expect("the browser answers")
    }

    /// Opens a page of the admin door.
    pub(super) fn go(&self, path: &str) {
        self.wait(self.client.goto(&format!("http://{}{path}", self.admin))).unwrap();
    }

    /// Where it is, without the host.
    pub(super) fn path(&self) -> String {
        let url = self.wait(self.client.current_url()).unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The first element there is, waited for.
    fn find(&self, css: &str) -> Element {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.wait(self.client.find(Locator::Css(css))) {
                Ok(element) => return element,
                Err(_) if Instant::now() < end => std::thread::sleep(LOOK_EVERY),
                Err(error) => panic!("{css} is not on {}: {error}\n{}", self.path(), self.text("body")),
            }
        }
    }

    /// Whether there is such an element now.
    pub(super) fn has(&self, css: &str) -> bool {
        self.wait(self.client.find(Locator::Css(css))).is_ok()
    }

    /// How many such elements there are.
    pub(super) fn count(&self, css: &str) -> usize {
        self.wait(self.client.find_all(Locator::Css(css))).unwrap().len()
    }

    /// The text of the first such element.
    pub(super) fn text(&self, css: &str) -> String {
        let text = self.js("return document.querySelector(arguments[0])?.textContent ?? ''", &[json!(css)]);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an element says something.
    pub(super) fn see(&self, css: &str, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.text(css).contains(text) {
            let now = self.text(css);
            assert!(Instant::now() < end, "{css} on {} never said {text:?}, but {now:?}", self.path());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    pub(super) fn click(&self, css: &str) {
        let element = self.find(css);
        self.wait(element.click()).unwrap_or_else(|error| panic!("cannot click {css}: {error}"));
    }

    pub(super) fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.wait(element.clear()).unwrap();
        self.wait(element.send_keys(text)).unwrap();
    }

    /// Types on whatever has the focus.
    pub(super) fn press(&self, keys: &str) {
        let active = self.wait(self.client.active_element()).unwrap();
        self.wait(active.send_keys(keys)).unwrap();
    }

    /// Presses Enter on whatever has the focus.
    pub(super) fn enter(&self) {
        self.press(&String::from(char::from(Key::Enter)));
    }

    /// What a script says.
    pub(super) fn js(&self, script: &str, arguments: &[Value]) -> Value {
        self.wait(self.client.execute(script, arguments.to_vec())).unwrap()
    }

    /// Shows pages as a screen of this size does.
    pub(super) fn resize(&self, width: u32, height: u32) {
        // A phone's scroll bars take no room.
        let mobile = width < 500;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Shows pages as a system does that is dark, or not.
    pub(super) fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Runs no scripts of pages any more, or does again.
    pub(super) fn scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": !run }));
    }

    /// A picture of the whole page, as PNG.
    pub(super) fn picture(&self) -> Vec<u8> {
        let taken = self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.driver_call("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// What the browser complained about so far: errors of scripts, and what the policy forbade.
    pub(super) fn complaints(&self) -> Vec<String> {
        let log = self.driver_call("se/log", &json!({ "type": "browser" }));
        let lines = log.as_array().unwrap().iter();
        let bad = lines.filter(|line| line["level"] != "DEBUG" && line["level"] != "INFO");
        bad.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Nothing was complained about.
    pub(super) fn is_content(&self) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// A call that only this driver knows. It keeps its connections open, so the length counts.
    fn driver_call(&self, call: &str, body: &Value) -> Value {
        let (path, body) = (format!("/session/{}/{call}", self.session), body.to_string());
        let mut connection = TcpStream::connect(self.driver.address).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.driver.address,
            body.len()
        );
        connection.write_all((head + &body).as_bytes()).unwrap();
        let mut reader = BufReader::new(connection);
        let mut length = 0;
        for line in reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer["value"]["error"].is_null(), "{call}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The browser ends with its session; the driver alone would leave it behind.
        let client = self.client.clone();
        let _ = self.runtime.block_on(async { tokio::time::timeout(GOODBYE, client.close()).await });
    }
}
