//! TLS in front of a gate.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{command, out, run, told};
use crate::support::{Gate, Project};

/// Makes an authority, and a certificate of it for 127.0.0.1. `false` where openssl is missing.
fn certify(folder: &Path) -> bool {
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).current_dir(folder).output();
        made.is_ok_and(|output| output.status.success())
    };
    fs::write(folder.join("leaf.ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(
        &[
            &["req", "-x509"][..],
            &key,
            &["-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test"],
        ]
        .concat(),
    ) && openssl(
        &[&["req"][..], &key, &["-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=gate"]].concat(),
    ) && openssl(&[
        "x509",
        "-req",
        "-in",
        "leaf.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        "leaf.pem",
        "-days",
        "2",
        "-extfile",
        "leaf.ext",
    ])
}

/// Takes TLS off each connection and passes one request on, as a proxy does.
fn proxy(folder: &Path, to: SocketAddr) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(folder.join("leaf.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client =
                StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), client.unwrap());
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match client.read(&mut piece) {
                    Ok(read) if read > 0 => request.extend(&piece[..read]),
                    _ => break,
                }
            }
            if request.is_empty() {
                continue;
            }
            let request =
                String::from_utf8(request).unwrap().replacen("\r\n", "\r\nconnection: close\r\n", 1);
            let mut gate = TcpStream::connect(to).unwrap();
            gate.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            gate.read_to_end(&mut answer).unwrap();
            let _ = client.write_all(&answer);
            client.conn.send_close_notify();
            let _ = client.flush();
        }
    });
    address
}

#[test]
fn a_gate_behind_tls_is_asked_where_its_certificate_is_trusted() {
    let project = Project::new("").agent("dev", "schedule = \"@yearly\"\n", "true");
    let gate = Gate::serve(&project);
    if !certify(project.path()) {
        let name = "cli::tls::a_gate_behind_tls_is_asked_where_its_certificate_is_trusted";
        herdgate_skip::cannot_run(name, "openssl is missing");
        return;
    }
    let url = format!("https://{}", proxy(project.path(), gate.admin));
    let arguments = ["agents", "--url", &url, "--key-file", ".herdgate/api-key"];
    let trusting =
        command(project.path(), &arguments).env("SSL_CERT_FILE", project.path().join("ca.pem")).output();
    let trusting = trusting.unwrap();
    assert!(out(&trusting).contains("dev"), "{}", told(&trusting));
    let wary = run(project.path(), &arguments);
    assert_eq!(wary.status.code(), Some(1), "{}", out(&wary));
    assert!(
        told(&wary).contains("cannot reach the gate") || told(&wary).contains("trusted"),
        "{}",
        told(&wary)
    );
}
