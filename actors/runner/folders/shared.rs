//! Files that several runs share by hard links, which saves their inodes, their blocks and the time
//! to write them.
//!
//! Where a file system has no links, or no more of them, a run gets a file of its own.

use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::create::{SHARED_MODE, create_folders, create_with_mode};
use crate::domain::ReceiptId;

/// The agents of one delivery run close together; later ones write the payload once more.
const PAYLOADS_KNOWN: usize = 1024;
/// More agents than most gates have; beyond, their files are looked up by their content again.
const INSTRUCTIONS_KNOWN: usize = 4096;

#[derive(Debug)]
pub(super) struct SharedFiles {
    folder: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// By the address of the text, which is held so that the address stays its own.
    instructions: HashMap<usize, (Arc<str>, PathBuf)>,
    payloads: HashMap<ReceiptId, PathBuf>,
    oldest_payloads: VecDeque<ReceiptId>,
}

impl SharedFiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, known: Mutex::default() }
    }

    /// Gives a run its agent's instructions.
    pub(super) fn link_instructions(&self, text: &Arc<str>, path: &Path) -> io::Result<()> {
        let source = self.instructions(text);
        let content = text.as_bytes();
        if link(&source, path, content) {
            return Ok(());
        }
        create_folders(&self.folder)?;
        // The first run with this text, or the link count is used up: a new file takes its place.
        let _ = fs::remove_file(&source);
        if write_shared(&source, content).is_ok() && link(&source, path, content) {
            return Ok(());
        }
        write_shared(path, content)
    }

    fn instructions(&self, text: &Arc<str>) -> PathBuf {
        let address = text.as_ptr().addr();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, path)) = known.instructions.get(&address) {
            return path.clone();
        }
        let digest = Sha256::digest(text.as_bytes());
        let name = HEXLOWER.encode(&digest[..16]);
        let path = self.folder.join(format!("instructions-{name}.md"));
        if known.instructions.len() >= INSTRUCTIONS_KNOWN {
            known.instructions.clear();
        }
        known.instructions.insert(address, (Arc::clone(text), path.clone()));
        path
    }

    /// Gives a run the body of its delivery: that of the attempt before, or that of another run of the
    /// same receipt, or a file of its own.
    pub(super) fn link_payload(
        &self,
        receipt: Option<ReceiptId>,
        earlier: Option<&Path>,
        content: &[u8],
        path: &Path,
    ) -> io::Result<()> {
        let of_another = receipt.and_then(|receipt| self.payload(receipt));
        let mut sources = earlier.into_iter().chain(of_another.as_deref());
        if !sources.any(|source| link(source, path, content)) {
            write_shared(path, content)?;
        }
        if let Some(receipt) = receipt {
            self.remember_payload(receipt, path);
        }
        Ok(())
    }

    fn payload(&self, receipt: ReceiptId) -> Option<PathBuf> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.payloads.get(&receipt).cloned()
    }

    fn remember_payload(&self, receipt: ReceiptId, path: &Path) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.payloads.insert(receipt, path.to_owned()).is_none() {
            known.oldest_payloads.push_back(receipt);
        }
        if known.oldest_payloads.len() > PAYLOADS_KNOWN
            && let Some(oldest) = known.oldest_payloads.pop_front()
        {
            known.payloads.remove(&oldest);
        }
    }
}

/// Links a file that is what it should be. A run may have put another one in its place.
fn link(source: &Path, path: &Path, content: &[u8]) -> bool {
    if fs::hard_link(source, path).is_err() {
        return false;
    }
    let is_sound = fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == content.len() as u64);
    is_sound || {
        let _ = fs::remove_file(path);
        false
    }
}

fn write_shared(path: &Path, content: &[u8]) -> io::Result<()> {
    create_with_mode(path, SHARED_MODE)?.write_all(content)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn inode(path: &Path) -> u64 {
        fs::metadata(path).unwrap().ino()
    }

    #[test]
    fn runs_of_one_receipt_share_its_payload_and_others_do_not() {
        let data = tempfile::tempdir().unwrap();
        let shared = SharedFiles::new(data.path().join(".shared"));
        let path = |name: &str| data.path().join(name);
        let receipt = |number| Some(ReceiptId::from_raw(number));
        for (name, receipt) in [("a", receipt(1)), ("b", receipt(1)), ("c", receipt(2)), ("d", None)] {
            shared.link_payload(receipt, None, b"body", &path(name)).unwrap();
            assert_eq!(fs::read(path(name)).unwrap(), b"body");
        }
        assert_eq!(inode(&path("a")), inode(&path("b")));
        assert_ne!(inode(&path("a")), inode(&path("c")));
        assert_ne!(inode(&path("c")), inode(&path("d")));
    }

    #[test]
    fn a_file_that_a_run_replaced_is_not_passed_on() {
        let data = tempfile::tempdir().unwrap();
        let shared = SharedFiles::new(data.path().join(".shared"));
        let (first, second) = (data.path().join("first"), data.path().join("second"));
        let receipt = Some(ReceiptId::from_raw(1));
        shared.link_payload(receipt, None, b"body", &first).unwrap();
        fs::remove_file(&first).unwrap();
        fs::write(&first, "something else").unwrap();
        shared.link_payload(receipt, Some(&first), b"body", &second).unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"body");
    }

    #[test]
    fn instructions_are_one_file_for_all_runs_with_the_same_text() {
        let data = tempfile::tempdir().unwrap();
        let shared = SharedFiles::new(data.path().join(".shared"));
        let path = |name: &str| data.path().join(name);
        for (name, text) in [("a", "be kind"), ("b", "be kind"), ("c", "be brief")] {
            shared.link_instructions(&text.into(), &path(name)).unwrap();
            assert_eq!(fs::read_to_string(path(name)).unwrap(), text);
        }
        assert_eq!(inode(&path("a")), inode(&path("b")));
        assert_ne!(inode(&path("a")), inode(&path("c")));
    }
}
