//! What `deploy/` gives to those who run a gate, held against the program.
//!
//! - `files`: what compose, Kubernetes, systemd and the image name is there.
//! - `image`: its user and its variables, on a project that `init` wrote.
//! - `proxies`: nginx and Caddy before a real gate.
//! - `monitoring`: rules and board against the metrics of a real gate, read by a real Prometheus.

mod files;
mod image;
mod monitoring;
mod proxies;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use yaml_rust2::{Yaml, YamlLoader};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

fn yaml(name: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether a program is there. Says so where it is not.
fn is_there(program: &str, package: &str, test: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        herdgate_skip::cannot_run(test, &format!("{program} (of Debian's package {package}) is missing"));
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Another program, ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
