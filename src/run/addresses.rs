//! Where a running gate listens, written into its data folder so that commands find it, also on
//! ports which the system chose.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::config::ResolvedConfig;

/// The file in the data folder.
const FILE: &str = "listening.json";

/// The addresses of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenAddresses {
    /// Where webhooks come in.
    pub public: SocketAddr,
    /// Where operators come in.
    pub admin: SocketAddr,
    /// The process.
    pub pid: u32,
}

impl ListenAddresses {
    /// Where to reach the gate of `plan`: where it said it listens, or else where it is told to.
    pub fn of(plan: &ResolvedConfig) -> Self {
        Self::written(&plan.data_dir).unwrap_or(Self {
            public: reachable(plan.gateway.public),
            admin: reachable(plan.gateway.admin),
            pid: 0,
        })
    }

    /// Where to reach the gate that uses this data folder, if it said where it listens.
    pub fn written(data_dir: &Path) -> Option<Self> {
        let there: Self = serde_json::from_slice(&fs::read(path(data_dir)).ok()?).ok()?;
        Some(Self { public: reachable(there.public), admin: reachable(there.admin), ..there })
    }

    /// Tells the world. A gate that dies leaves its file behind; the next one writes over it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        fs::write(path(data_dir), serde_json::to_vec(self)?)
    }

    /// Takes it back.
    pub fn remove(data_dir: &Path) {
        // Nobody is harmed by a file that stays.
        let _ = fs::remove_file(path(data_dir));
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// An address to connect to for one to listen on.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
