//! Another user, for what root may do and nobody else.

use std::{fs, process::Command};

use super::Project;

/// Nobody's.
const ID: u32 = 54_321;

/// A user without rights: whoever runs the tests, or where that is root, somebody else.
pub(crate) struct User {
    words: Vec<String>,
    script: String,
}

impl User {
    /// Gives him the project, and a program that he can reach. `None` where root cannot become him.
    pub(crate) fn without_rights(project: &Project) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return Some(Self { words: Vec::new(), script: "exec \"$0\" \"$@\"".to_owned() });
        }
        let found = Command::new("setpriv").arg("--help").output();
        if !found.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let program = project.path().join("herdgate");
        fs::copy(env!("CARGO_BIN_EXE_herdgate"), &program).unwrap();
        let given = Command::new("chown").arg("-R").arg(format!("{ID}:{ID}")).arg(project.path()).status();
        assert!(given.unwrap().success());
        let words = format!("setpriv --reuid {ID} --regid {ID} --clear-groups");
        let words = words.split(' ').map(str::to_owned).collect();
        Some(Self { words, script: format!("exec '{}' \"$@\"", program.display()) })
    }

    /// What stands before a command line of the program, so that he runs it.
    pub(crate) fn serves(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).chain(["sh", "-c", &self.script]).collect()
    }

    /// A command of the system that he gives.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut all = self.words.iter().map(String::as_str).chain(words.iter().copied());
        let mut command = Command::new(all.next().unwrap());
        command.args(all);
        command
    }
}
