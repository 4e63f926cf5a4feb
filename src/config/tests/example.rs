//! `config.example.toml` is the documentation of the defaults, so it is held against them; and
//! the example project is sound.

use std::path::Path;

use super::Fixture;
use crate::config::{
    ColorMode, Env, Project, ResolvedConfig, Warning,
    agent_settings::AGENT,
    layers::Layers,
    schema::{Key, Kind},
    settings::{self, PROJECT, Settings},
};

const CONFIG: &str = include_str!("../../../config.example.toml");
const AGENT_CONFIG: &str = include_str!("../../../examples/agents/triage/agent-config.toml");

/// How the file writes keys that are not set.
#[derive(Clone, Copy)]
enum Commented {
    /// `#port = 8080`
    Default,
    /// `# scale = 8`
    Example,
}

/// The file with these keys set.
fn with(file: &str, commented: &[Commented]) -> String {
    let uncomment = |line: &str| {
        let setting = commented.iter().find_map(|style| match style {
            Commented::Default => line.strip_prefix('#').filter(|rest| is_setting(rest)),
            Commented::Example => line.strip_prefix("# ").filter(|rest| is_setting(rest)),
        });
        setting.unwrap_or(line).to_owned() + "\n"
    };
    file.lines().map(uncomment).collect()
}

/// Whether a line reads `key = …` and is no prose.
fn is_setting(line: &str) -> bool {
    let key = line.split(" = ").next().unwrap_or_default();
    line.contains(" = ")
        && !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Whether `text` sets `key` or shows how, or has a table of that name.
fn shows(text: &str, key: &Key) -> bool {
    text.lines().any(|line| {
        let setting = line.trim_start_matches(['#', ' ']);
        let rest = setting.strip_prefix(key.name);
        rest.is_some_and(|rest| rest.starts_with(" = "))
            || [format!("[{}", key.name), format!("[[{}", key.name)]
                .iter()
                .any(|table| line.starts_with(table))
    })
}

#[test]
fn it_shows_every_type_of_credential() {
    for kind in crate::config::providers::credential_types() {
        assert!(CONFIG.contains(&format!("# {kind} = ")), "{kind}");
    }
}

/// Keys of tables that are written inline stand in them.
fn missing(text: &str, keys: &'static [Key]) -> Vec<&'static str> {
    let own = keys.iter().filter(|key| !matches!(key.kind, Kind::Foreign | Kind::Credentials));
    own.flat_map(|key| {
        let inner = match key.kind {
            Kind::Table(inner) | Kind::Named(inner) => missing(text, inner),
            _ => Vec::new(),
        };
        let inline =
            text.contains(&format!("{{ {} = ", key.name)) || text.contains(&format!(", {} = ", key.name));
        let own = (!shows(text, key) && !inline).then_some(key.name);
        own.into_iter().chain(inner)
    })
    .collect()
}

fn settings(text: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let mut problems = Vec::new();
    let layers = Layers::read(&path, &Env::default(), &[], &mut problems);
    assert_eq!(problems, []);
    layers.unwrap().merge().unwrap().settings
}

fn example() -> ResolvedConfig {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    Project::at(&path)
        .with_env([("PATH", "/usr/bin:/bin")].into_iter().collect())
        .load()
        .unwrap_or_else(|problems| panic!("{}", problems.render(ColorMode::Plain, 120)))
}

#[test]
fn its_values_are_the_defaults() {
    let mut shown = settings(&with(CONFIG, &[Commented::Default]));
    let default = Settings::default();
    // What makes the example project run is no default.
    assert_eq!(std::mem::replace(&mut shown.agents_dir, default.agents_dir.clone()), "examples/agents");
    assert_eq!(
        std::mem::replace(&mut shown.credentials_dir, default.credentials_dir.clone()),
        "examples/credentials"
    );
    assert_eq!(std::mem::replace(&mut shown.gateway.host, default.gateway.host.clone()), "127.0.0.1");
    assert_eq!(std::mem::take(&mut shown.webhooks).len(), 4);
    assert_eq!(std::mem::take(&mut shown.run.command), ["cat"]);
    assert_eq!(shown, default);
}

#[test]
fn the_defaults_that_it_tells_in_words_are_the_defaults() {
    for (key, default) in [
        ("agents_dir", Settings::default().agents_dir),
        ("credentials_dir", Settings::default().credentials_dir),
        ("host", Settings::default().gateway.host),
    ] {
        assert!(CONFIG.contains(&format!("Default: \"{default}\"")), "{key}");
    }
}

#[test]
fn its_defaults_are_set_by_lines_and_not_by_their_absence() {
    let lines = CONFIG.lines().filter(|line| line.strip_prefix('#').is_some_and(is_setting)).count();
    assert!(lines > 20, "{lines}");
}

#[test]
fn it_shows_every_key() {
    assert_eq!(missing(CONFIG, PROJECT), [""; 0]);
}

#[test]
fn the_triage_agent_shows_every_key_of_an_agent() {
    let own: Vec<_> =
        AGENT.iter().filter(|key| !matches!(key.kind, Kind::Foreign | Kind::Credentials)).collect();
    let missing: Vec<_> =
        own.into_iter().filter(|key| !shows(AGENT_CONFIG, key)).map(|key| key.name).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn its_examples_of_optional_keys_can_be_used() {
    let shown = settings(&with(CONFIG, &[Commented::Default, Commented::Example]));
    assert_eq!((shown.scale, shown.max_runs), (Some(8), Some(64)));
    assert_eq!(shown.gateway.trusted_proxies.len(), 2);
    assert!(shown.webhooks["linear-main"].tolerance.is_some());
    let rate = settings::Rate { per_second: Some(50), burst: Some(200) };
    assert_eq!(shown.webhooks["my-github"].rate_limit, Some(rate));
}

#[test]
fn the_triage_agents_examples_of_optional_keys_can_be_used() {
    let plan = Fixture::new("[run]\ncommand = [\"cat\"]\n[webhooks.my-github]\ntype = \"github\"\n")
        .agent("triage", &with(AGENT_CONFIG, &[Commented::Example]))
        .plan();
    let agent = plan.agent("triage").unwrap();
    assert_eq!((agent.spec.scale, agent.spec.queue_limit, agent.spec.retry.attempts), (2, 100, 5));
    assert_eq!(agent.schedule.as_ref().unwrap().zone, chrono_tz::Europe::Berlin);
}

#[test]
fn the_example_project_is_sound_but_for_secrets_that_git_opens_to_others() {
    let plan = example();
    let others: Vec<_> =
        plan.warnings.iter().filter(|warning| !matches!(warning, Warning::Exposed { .. })).collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(plan.sources.len(), 4);
    assert!(plan.sources.iter().all(|source| source.secrets.len() == 1));
    assert_eq!(plan.agents.len(), 5);
    assert!(plan.agent("janitor").unwrap().schedule.is_some());
    assert!(plan.agent("triage").unwrap().schedule.is_some());
}
