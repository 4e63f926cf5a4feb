//! A copy of a store in use, and what becomes of it when it is put back.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use crate::support::{Gate, Project, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

/// Deliveries that were answered so far, while somebody goes on delivering.
#[derive(Default)]
struct Traffic {
    next: AtomicU64,
    answered: Mutex<BTreeSet<String>>,
    is_over: AtomicBool,
}

impl Traffic {
    fn go_on(&self, gate: &Gate) {
        while !self.is_over.load(Ordering::Relaxed) {
            let id = format!("d{}", self.next.fetch_add(1, Ordering::Relaxed));
            if gate.try_github("issues", &id, "{\"action\":\"opened\"}") == Some(200) {
                self.answered.lock().unwrap().insert(id);
            }
        }
    }

    fn answered(&self) -> BTreeSet<String> {
        self.answered.lock().unwrap().clone()
    }
}

#[test]
fn a_backup_made_while_deliveries_go_on_restores_everything_that_was_answered_before_it() {
    let project = Project::new("").agent("dev", ANY, "true");
    let copy = project.path().join("copy.db");
    let gate = Gate::serve(&project);
    let traffic = Traffic::default();
    let before = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| traffic.go_on(&gate));
        }
        until("there is something to lose", || traffic.answered().len() > 50);
        let before = traffic.answered();
        let said = project.herdgate(&["backup", copy.to_str().unwrap()]);
        assert!(said.contains("copied to") && said.contains("copy.db"), "{said}");
        let made = traffic.answered().len();
        until("deliveries go on", || traffic.answered().len() > made + 20);
        traffic.is_over.store(true, Ordering::Relaxed);
        before
    });
    let after = traffic.answered();
    gate.kill();
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);

    // As the README says: the copy in the place of the store, and nothing of the old one beside it.
    let database = project.data().join("herdgate.db");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(project.data().join(format!("herdgate.db{end}")));
    }
    fs::copy(&copy, &database).unwrap();
    let gate = Gate::serve(&project);
    for id in &before {
        let again = gate.github("issues", id, "{\"action\":\"opened\"}");
        assert_eq!(again.json()["duplicate"], true, "{id} was answered before the backup: {}", again.text());
    }
    let news = after
        .iter()
        .rev()
        .find(|id| gate.github("issues", id, "{\"action\":\"opened\"}").json()["duplicate"] != true);
    assert!(news.is_some(), "the copy is of its moment, not of the end");
}

#[test]
fn a_backup_overwrites_nothing_and_says_what_is_wrong() {
    let project = Project::new("").agent("dev", ANY, "true");
    let (mine, copy) = (project.path().join("mine"), project.path().join("copy.db"));
    fs::write(&mine, "mine").unwrap();
    let refused = project.command(&["backup", copy.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1), "there is no store yet");
    drop(Gate::serve(&project));
    let refused = project.command(&["backup", mine.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("is there already and is not overwritten"), "{told}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    let missing = project.path().join("missing/copy.db");
    assert_eq!(project.command(&["backup", missing.to_str().unwrap()]).status.code(), Some(1));
    let said = project.herdgate(&["backup", "--json", copy.to_str().unwrap()]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["bytes"], fs::metadata(&copy).unwrap().len());
    let left: Vec<_> =
        fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");
}
