//! What a run cannot reach.

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project, User};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn labeled() -> &'static str {
    samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body
}

#[test]
fn a_run_cannot_read_the_environment_of_its_gate() {
    let script = "for part in environ mem maps; do head -c 1 /proc/$PPID/$part > /dev/null 2>&1 && echo readable: $part > $REPORTS; done
        ls /proc/$PPID/fd > /dev/null 2>&1 && echo readable: fd > $REPORTS
        echo done > $REPORTS";
    let project = Project::new("").agent("dev", LABELED, script);
    // As the gate's own user, but without root's right to look anywhere.
    let Some(user) = User::without_rights(&project) else {
        let name = "isolation::a_run_cannot_read_the_environment_of_its_gate";
        herdgate_skip::cannot_run(name, "root may read everything, and setpriv is missing");
        return;
    };
    let gate = Gate::serve_by(&project, &user.serves(), &[("TOKEN_OF_THE_GATE", "x")]);
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "done");
}

#[test]
fn a_run_has_no_controlling_terminal() {
    let script =
        "if (exec 3<> /dev/tty) 2> /dev/null; then echo terminal > $REPORTS; else echo none > $REPORTS; fi
        test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo leader > $REPORTS || echo follower > $REPORTS";
    let project = Project::new("").agent("dev", LABELED, script);
    let Some(terminal) = Terminal::open() else {
        herdgate_skip::cannot_run("isolation::a_run_has_no_controlling_terminal", "no pseudo-terminal here");
        return;
    };
    // `setsid --ctty` makes its standard input the controlling terminal of what it becomes.
    let becomes = format!("exec setsid --ctty \"$0\" \"$@\" < {}", terminal.path);
    let gate = Gate::serve_by(&project, &["sh", "-c", &becomes], &[]);
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "none");
    assert_eq!(project.report(), "leader", "a run has a session of its own");
}

/// A terminal that nobody looks at.
struct Terminal {
    _controller: std::os::fd::OwnedFd,
    path: String,
}

impl Terminal {
    fn open() -> Option<Self> {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).ok()?;
        grantpt(&controller).ok()?;
        unlockpt(&controller).ok()?;
        let path = ptsname(&controller, Vec::new()).ok()?.into_string().ok()?;
        Some(Self { _controller: controller, path })
    }
}

#[test]
fn a_run_gets_the_limit_of_descriptors_that_its_gate_was_given() {
    let project = Project::new("").agent("dev", LABELED, "ulimit -Sn > $REPORTS");
    let gate = Gate::serve_by(&project, &["sh", "-c", "ulimit -Sn 500; exec \"$0\" \"$@\""], &[]);
    gate.github("issues", "one", labeled());
    assert_eq!(project.report(), "500");
}
