//! What the image does with a project that `init` wrote, without a Docker engine: its user, its variables and
//! its command line, on the folders that the README's two lines mount.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::Running;

/// The folders of one container.
struct Mounts {
    _folder: tempfile::TempDir,
    program: PathBuf,
    project: PathBuf,
    credentials: PathBuf,
    data: PathBuf,
}

impl Mounts {
    /// A project of `owner`'s, as `init` writes it.
    fn new(owner: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| folder.path().join(name);
        let (program, project) = (at("herdgate"), at("project"));
        fs::copy(env!("CARGO_BIN_EXE_herdgate"), &program).unwrap();
        let made = Command::new(&program).arg("init").arg(&project).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        own(&project, owner);
        Self { program, project, credentials: at("credentials"), data: at("data"), _folder: folder }
    }

    /// Whether the gate comes up as `user`, by the image's variables and command.
    fn serves_as(&self, user: u32) -> Result<(), String> {
        let image = fs::read_to_string(super::path("../Dockerfile")).unwrap();
        let command = image.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
        let arguments: Vec<String> = serde_json::from_str(command).unwrap();
        let mut serve = Command::new("setpriv");
        serve.args(["--reuid", &user.to_string(), "--regid", &user.to_string(), "--clear-groups"]);
        serve.arg(&self.program).args(arguments).env_clear().env("PATH", "/usr/bin:/bin");
        for line in image.lines().filter(|line| line.contains("HERDGATE_")) {
            let pair = line.trim_start_matches("ENV ").trim().trim_end_matches([' ', '\\']);
            let (name, value) = pair.split_once('=').unwrap();
            serve.env(name, self.outside(value));
        }
        // Every test has ports of its own.
        serve.env("HERDGATE__GATEWAY__PORT", "0").env("HERDGATE__GATEWAY__ADMIN_PORT", "0");
        serve.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut gate = Running(serve.spawn().unwrap());
        let mut told = String::new();
        for line in BufReader::new(gate.0.stderr.take().unwrap()).lines().map_while(Result::ok) {
            let fact: Value = serde_json::from_str(&line).unwrap_or_default();
            if fact["message"] == "ready" {
                return Ok(());
            }
            told.push_str(&line);
            told.push('\n');
        }
        Err(told)
    }

    /// Where a path of the container lies.
    fn outside(&self, inside: &str) -> String {
        let mounts =
            [("/project", &self.project), ("/credentials", &self.credentials), ("/data", &self.data)];
        let found = mounts.iter().find(|(path, _)| *path == inside);
        found.map_or_else(|| inside.to_owned(), |(_, path)| path.display().to_string())
    }
}

fn own(folder: &Path, user: u32) {
    chown(folder, Some(user), Some(user)).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { own(&path, user) } else { chown(&path, Some(user), Some(user)).unwrap() }
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
}

fn private_folder(path: &Path, user: u32) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    chown(path, Some(user), Some(user)).unwrap();
}

#[test]
fn the_image_serves_what_init_wrote_by_both_lines_of_the_readme() {
    if !rustix::process::geteuid().is_root() {
        let test = "deploy::image::the_image_serves_what_init_wrote_by_both_lines_of_the_readme";
        herdgate_skip::cannot_run(test, "only root can become the user of the image");
        return;
    }
    let (of_image, oneself) = (10_001, 54_321);
    // As the image's user, with secrets that were copied and given to it.
    let mounts = Mounts::new(oneself);
    copy(&mounts.project.join("credentials"), &mounts.credentials);
    private_folder(&mounts.data, of_image);
    own(&mounts.credentials, oneself);
    let told = mounts.serves_as(of_image).unwrap_err();
    assert!(told.contains("permission denied"), "secrets of somebody else: {told}");
    own(&mounts.credentials, of_image);
    mounts.serves_as(of_image).unwrap_or_else(|told| panic!("{told}"));

    // As oneself.
    let mounts = Mounts::new(oneself);
    std::os::unix::fs::symlink(mounts.project.join("credentials"), &mounts.credentials).unwrap();
    private_folder(&mounts.data, oneself);
    mounts.serves_as(oneself).unwrap_or_else(|told| panic!("{told}"));
}
