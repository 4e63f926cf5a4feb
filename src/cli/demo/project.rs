//! The project of the demo.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use crate::credentials;

const CONFIG: &str = r#"
credentials_dir = "credentials"

[gateway]
host = "127.0.0.1"
port = 0
admin_port = 0
shutdown_grace = 1

[webhooks.github]
type = "github"
credential = "demo"

[webhooks.sentry]
type = "sentry"
credential = "demo"

[webhooks.linear]
type = "linear"
credential = "demo"

[webhooks.mintlify]
type = "mintlify"
credential = "demo"

# Stands where `claude -p` would stand: it reads the prompt and shows what it was given.
[run]
command = ["sh", "-c", "echo \"$HERDGATE_AGENT, by $HERDGATE_TRIGGER:\"; grep -E '^(\\{\"source\"|You are)' | cut -c 1-96"]
"#;

/// Folder, configuration, instructions.
const AGENTS: [(&str, &str, &str); 5] = [
    (
        "developer",
        "[[webhooks]]\nsource = \"github\"\nrepos = [\"acme/*\"]\nevents = [\"issues\"]\nactions = [\"labeled\"]\nlabels = [\"agent\"]\n\n[params]\ntriggerLabel = \"agent\"\n",
        "You are a developer. Solve the issue and open a pull request.",
    ),
    (
        "firefighter",
        "[[webhooks]]\nsource = \"sentry\"\nresources = [\"event_alert\", \"metric_alert\"]\n",
        "You are a firefighter. Find the cause of the alert.",
    ),
    (
        "planner",
        "[[webhooks]]\nsource = \"linear\"\nevents = [\"issues\"]\nactions = [\"create\", \"update\"]\nlabels = [\"ready-for-dev\"]\n",
        "You are a planner. Break the ticket down.",
    ),
    (
        "scribe",
        "[[webhooks]]\nsource = \"mintlify\"\nevents = [\"build\"]\nactions = [\"failed\"]\nprojects = [\"my-docs\"]\n",
        "You are a scribe. Mend the documentation.",
    ),
    ("watchman", "schedule = \"*/3 * * * * *\"\n", "You are a watchman. Look for anything unusual."),
];

/// Writes the project into an empty folder, with a secret of its own for each source.
pub(super) fn write(root: &Path) -> io::Result<()> {
    fs::write(root.join("config.toml"), CONFIG)?;
    for kind in
        ["github_webhook_secret", "sentry_client_secret", "linear_webhook_secret", "mintlify_webhook_secret"]
    {
        let folder = root.join("credentials").join(kind).join("demo");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join("secret"))?;
        io::Write::write_all(&mut file, credentials::random_hex()?.as_bytes())?;
    }
    for (name, config, instructions) in AGENTS {
        let folder = root.join("agents").join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("agent-config.toml"), config)?;
        fs::write(folder.join("ACTIONS.md"), instructions)?;
    }
    Ok(())
}
