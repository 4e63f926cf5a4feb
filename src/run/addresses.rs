//! Where a running gate listens, written into its data folder so that commands find it, also on
//! ports which the system chose.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
    process::{Pid, test_kill_process},
};

use serde::{Deserialize, Serialize};

/// The file in the data folder.
const FILE: &str = "listening.json";
/// What a gate holds for as long as it lives.
const LOCK: &str = "herdgate.lock";

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
    /// Where to reach the gate with this data: where it said it listens, or else where its
    /// configuration says.
    pub fn of(data_dir: &Path, public: SocketAddr, admin: SocketAddr) -> Self {
        let told = Self { public: reachable(public), admin: reachable(admin), pid: 0 };
        Self::written(data_dir).unwrap_or(told)
    }

    /// Where to reach the gate that uses this data folder, if it said where it listens.
    pub fn written(data_dir: &Path) -> Option<Self> {
        let there: Self = serde_json::from_slice(&fs::read(path(data_dir)).ok()?).ok()?;
        Some(Self { public: reachable(there.public), admin: reachable(there.admin), ..there })
    }

    /// Tells the commands of this user. A gate that dies leaves its file behind; the next one puts
    /// another in its place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        let fresh = data_dir.join(format!("{FILE}.{}", self.pid));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        fs::rename(&fresh, path(data_dir))
    }

    /// Whether the gate that wrote them still lives. After a crash anybody on this machine may listen
    /// on its ports, and must not be shown the API key.
    pub fn is_alive(&self, data_dir: &Path) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // A process of another user is there too.
        if pid.is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM))) {
            return true;
        }
        // It may live where its processes cannot be seen, as in another container.
        fs::File::open(data_dir.join(LOCK))
            .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared).is_err())
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
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn here(pid: u32) -> ListenAddresses {
        let address = SocketAddr::from(([127, 0, 0, 1], 8081));
        ListenAddresses { public: address, admin: address, pid }
    }

    #[test]
    fn the_file_is_for_its_owner_and_never_half_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path()), "left behind").unwrap();
        fs::set_permissions(path(folder.path()), fs::Permissions::from_mode(0o666)).unwrap();
        here(7).write(folder.path()).unwrap();
        let mode = fs::metadata(path(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read: ListenAddresses = serde_json::from_slice(&fs::read(path(folder.path())).unwrap()).unwrap();
        assert_eq!(read, here(7));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_gate_is_alive_while_its_process_is_there_or_its_lock_is_held() {
        let folder = tempfile::tempdir().unwrap();
        // No process has this number.
        let gone = here(i32::MAX as u32);
        assert!(here(std::process::id()).is_alive(folder.path()));
        assert!(!gone.is_alive(folder.path()));
        let lock = fs::File::create(folder.path().join(LOCK)).unwrap();
        assert!(!gone.is_alive(folder.path()));
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        assert!(gone.is_alive(folder.path()));
    }
}
