//! Every command of the guides is typed as it stands there, and every piece of configuration is read.
//!
//! A guide is worked through from top to bottom in an empty folder, by one shell, with the program on
//! its PATH. What a block is stands behind its language:
//!
//! | block | |
//! |---|---|
//! | `sh` | is typed; every command must succeed |
//! | `sh,background` | is started; the guide goes on when the gate is ready |
//! | `sh,ignore` | needs what a test has not got; its syntax is checked, and that its commands exist |
//! | `text,output` | stands in the output before it, line by line; `…` is any text |
//! | `…,file=path` | is written to that file first |
//! | `toml` | is read as TOML |

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::support::{PATIENCE, within};

/// A fenced block of a document.
struct Block {
    line: usize,
    language: String,
    attributes: Vec<String>,
    text: String,
}

impl Block {
    fn is(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|given| given == attribute)
    }

    fn file(&self) -> Option<&str> {
        self.attributes.iter().find_map(|given| given.strip_prefix("file="))
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn guides(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(guides(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "md") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (number, line) in document.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                let mut parts = info.split(',').map(str::to_owned);
                let language = parts.next().unwrap_or_default();
                let block =
                    Block { line: number + 1, language, attributes: parts.collect(), text: String::new() };
                open = Some((block, indent));
            }
            (Some(_), Some(_)) => found.extend(open.take().map(|(block, _)| block)),
            (Some((block, indent)), None) => {
                block.text.push_str(line.get(*indent..).unwrap_or_default());
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// A shell that a guide is typed into.
struct Reader {
    folder: tempfile::TempDir,
    gates: Vec<Child>,
    typed: String,
    output: String,
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, gates: Vec::new(), typed: String::new(), output: String::new() }
    }

    /// Where the shell stands: blocks may change it.
    fn cwd(&self) -> PathBuf {
        let kept = fs::read_to_string(self.folder.path().join(".cwd")).unwrap_or_default();
        if kept.is_empty() { self.folder.path().join("here") } else { PathBuf::from(kept.trim()) }
    }

    fn shell(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_herdgate"));
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        fs::create_dir_all(self.folder.path().join("here")).unwrap();
        let mut command = Command::new("bash");
        command.args(["-eu", "-o", "pipefail", "-c", script]).current_dir(self.cwd());
        command.env("PATH", path).env("HOME", home).env("NO_COLOR", "1").env("COLUMNS", "160");
        // Guides speak of the usual ports; those may be somebody's here.
        command.env("HERDGATE__GATEWAY__PORT", "0").env("HERDGATE__GATEWAY__ADMIN_PORT", "0");
        command.env("HERDGATE__GATEWAY__HOST", "127.0.0.1");
        command.stdin(Stdio::null());
        command
    }

    fn type_in(&mut self, text: &str) -> Result<(), String> {
        text.clone_into(&mut self.typed);
        let script = format!("{text}\npwd > {}/.cwd\n", self.folder.path().display());
        let done = self.shell(&self.with_ports(&script)).output().unwrap();
        let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        self.output = format!("{out}{error}");
        if done.status.success() { Ok(()) } else { Err(format!("{}:\n{}", done.status, self.output)) }
    }

    fn start(&mut self, text: &str) -> Result<(), String> {
        let log = self.folder.path().join("gate.log");
        let file = fs::File::create(&log).unwrap();
        let child = self.shell(&format!("exec {text}")).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        self.gates.push(child);
        let is_ready = || fs::read_to_string(&log).unwrap_or_default().contains("ready");
        if within(PATIENCE, is_ready) { Ok(()) } else { Err(fs::read_to_string(&log).unwrap_or_default()) }
    }

    /// The ports that the gate has, for those that a guide names.
    fn with_ports(&self, script: &str) -> String {
        let listening = fs::read(self.cwd().join(".herdgate/listening.json")).unwrap_or_default();
        let listening: Value = serde_json::from_slice(&listening).unwrap_or_default();
        let mut script = script.to_owned();
        for (usual, door) in [("8080", "public"), ("8081", "admin")] {
            if let Some(address) = listening[door].as_str() {
                for host in ["localhost", "127.0.0.1"] {
                    script = script.replace(&format!("{host}:{usual}"), address);
                }
            }
        }
        script
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("here").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Types the last block again until it says what is expected: runs take their time.
    fn says(&mut self, expected: &str) -> Result<(), String> {
        let typed = self.typed.clone();
        within(PATIENCE, || self.said(expected).is_ok() || (self.type_in(&typed).is_err()));
        self.said(expected)
    }

    /// Whether the output has these lines, in this order.
    fn said(&self, expected: &str) -> Result<(), String> {
        let mut lines = self.output.lines();
        for wanted in expected.lines().filter(|line| line.trim() != "…") {
            if !lines.any(|line| fits(line.trim(), wanted.trim())) {
                return Err(format!("`{wanted}` was not said, in this order, in:\n{}", self.output));
            }
        }
        Ok(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for gate in &mut self.gates {
            let _ = gate.kill();
            let _ = gate.wait();
        }
    }
}

/// Whether a line is what a pattern says, where `…` is any text.
fn fits(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn work_through(guide: &Path) -> Result<(), String> {
    let document = fs::read_to_string(guide).unwrap();
    let mut reader = Reader::new();
    for block in blocks(&document) {
        let done = if let Some(path) = block.file() {
            reader.write(path, &block.text);
            Ok(())
        } else if block.language == "sh" && block.is("ignore") {
            is_shell(&block.text)
        } else if block.language == "sh" && block.is("background") {
            reader.start(block.text.trim())
        } else if block.language == "sh" {
            reader.type_in(&block.text)
        } else if block.is("output") {
            reader.says(&block.text)
        } else if block.language == "toml" {
            toml::from_str::<toml::Table>(&block.text).map(|_| ()).map_err(|error| error.to_string())
        } else {
            Ok(())
        };
        done.map_err(|why| format!("{}:{}: {why}", guide.display(), block.line))?;
    }
    Ok(())
}

fn is_shell(text: &str) -> Result<(), String> {
    let checked = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
    let error = String::from_utf8_lossy(&checked.stderr).into_owned();
    if checked.status.success() { Ok(()) } else { Err(error) }
}

#[test]
fn every_guide_can_be_typed_as_it_stands() {
    let guides = guides(&docs());
    assert!(guides.len() > 20, "the guides are not found");
    let failed: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = guides.iter().map(|guide| scope.spawn(|| work_through(guide))).collect();
        readers.into_iter().filter_map(|reader| reader.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn every_link_between_guides_leads_somewhere() {
    for guide in guides(&docs()) {
        let text = fs::read_to_string(&guide).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains("://");
            let target = guide.parent().unwrap().join(path);
            assert!(is_elsewhere || target.exists(), "{}: {link} leads nowhere", guide.display());
        }
    }
}

#[test]
fn every_guide_stands_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    for guide in guides(&docs()) {
        let name = guide.strip_prefix(docs()).unwrap().display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "SUMMARY.md lacks {name}");
    }
}

#[test]
fn every_command_of_the_guides_exists() {
    for guide in guides(&docs()) {
        let text = fs::read_to_string(&guide).unwrap();
        let typed = text.lines().filter_map(|line| line.trim().strip_prefix("herdgate "));
        let quoted = text.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix("herdgate "));
        for line in typed.chain(quoted) {
            let line = line.split('#').next().unwrap_or(line);
            let command: String = line.chars().take_while(char::is_ascii_lowercase).collect();
            let help =
                Command::new(env!("CARGO_BIN_EXE_herdgate")).args([&command, "--help"]).output().unwrap();
            assert!(help.status.success(), "{}: `herdgate {line}` does not exist", guide.display());
            let help = String::from_utf8_lossy(&help.stdout).into_owned();
            for option in line.split_whitespace().filter(|word| word.starts_with("--") && *word != "--") {
                let option = option.split('=').next().unwrap_or(option);
                assert!(help.contains(option), "{}: {option} of `herdgate {line}`", guide.display());
            }
        }
    }
}
