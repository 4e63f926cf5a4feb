//! Ports, paths, variables and arguments that the files name.

use std::{collections::BTreeSet, fs, process::Command};

use yaml_rust2::Yaml;

use super::{is_there, path, text, yaml};
use crate::support::{Gate, Project};

/// What runs get of time after SIGTERM by default, and then to die.
const GRACE_SECONDS: i64 = 30 + 10;
const AGENT: &str = "schedule = \"0 0 1 1 *\"\n";

fn dockerfile() -> String {
    fs::read_to_string(path("../Dockerfile")).unwrap()
}

/// Every variable must mean something to the program, which refuses what it does not know.
fn assert_known(variables: &[(String, String)]) {
    let project = Project::new("").agent("dev", AGENT, "true");
    let mut command = Command::new(env!("CARGO_BIN_EXE_herdgate"));
    command.args(["check", "--config"]).arg(project.path());
    let ours = variables.iter().filter(|(name, _)| name.starts_with("HERDGATE__"));
    let output = command.envs(ours.map(|(name, value)| (name, value))).output().unwrap();
    assert!(output.status.success(), "{variables:?}: {}", String::from_utf8_lossy(&output.stderr));
    let known = ["HERDGATE_CONFIG", "HERDGATE_CREDENTIALS_DIR"];
    for (name, _) in variables.iter().filter(|(name, _)| !name.starts_with("HERDGATE__")) {
        assert!(known.contains(&name.as_str()), "{name}");
    }
}

/// The arguments that follow the program must make sense to it.
fn assert_parses(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_herdgate")).args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn pairs(table: &Yaml) -> Vec<(String, String)> {
    let pair = |(name, value): (&Yaml, &Yaml)| {
        let value = value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned);
        (name.as_str().unwrap().to_owned(), value)
    };
    table.as_hash().unwrap().iter().map(pair).collect()
}

fn strings(list: &Yaml) -> Vec<&str> {
    list.as_vec().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn compose_names_what_is_there() {
    let compose = &yaml("compose/compose.yaml")[0];
    let gate = &compose["services"]["herdgate"];
    let variables = pairs(&gate["environment"]);
    assert_known(&variables);
    let grace = gate["stop_grace_period"].as_str().unwrap().trim_end_matches('s').parse::<i64>().unwrap();
    assert!(grace > GRACE_SECONDS);
    let image = dockerfile();
    for mount in strings(&gate["volumes"]) {
        let inside = mount.split(':').nth(1).filter(|inside| inside.starts_with('/'));
        let inside = inside.or_else(|| mount.split(':').find(|part| part.starts_with('/'))).unwrap();
        assert!(image.contains(&format!("={inside}")), "the image knows no {inside}");
    }
    for service in ["prometheus", "grafana"] {
        let mounts = strings(&compose["services"][service]["volumes"]);
        for file in mounts.iter().filter_map(|mount| mount.strip_prefix("../")?.split(':').next()) {
            assert!(path(file).exists(), "{file}");
        }
    }
    // Prometheus asks by the service's name, which the admin door must know.
    let target = yaml("monitoring/prometheus.yml")[0]["scrape_configs"][0]["static_configs"][0]["targets"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let (host, port) = target.split_once(':').unwrap();
    assert!(variables.contains(&("HERDGATE__GATEWAY__ADMIN_HOSTS".into(), host.into())), "{variables:?}");
    assert_eq!(port, "8081");
    let project = Project::new(
        "[gateway]\nhost = \"127.0.0.1\"\nport = 0\nadmin_host = \"0.0.0.0\"\nadmin_port = 0\nadmin_hosts = \"herdgate\"\n",
    );
    let gate = Gate::serve(&project.agent("dev", AGENT, "true"));
    let asked = crate::support::http::request(gate.admin, "GET", "/metrics", &[("host", &target)], b"");
    assert_eq!(asked.unwrap().status, 200);
}

#[test]
fn kubernetes_names_what_is_there() {
    let documents = yaml("kubernetes/herdgate.yaml");
    let kinds: Vec<_> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["StatefulSet", "Service", "NetworkPolicy", "Ingress"]);
    let set = &documents[0]["spec"];
    assert_eq!(set["replicas"].as_i64(), Some(1), "a store belongs to one process");
    let pod = &set["template"]["spec"];
    assert!(pod["terminationGracePeriodSeconds"].as_i64().unwrap() > GRACE_SECONDS);
    let user = pod["securityContext"]["runAsUser"].as_i64().unwrap();
    assert!(dockerfile().contains(&format!("USER {user}:{user}")));
    let gate = &pod["containers"][0];
    assert_parses(&strings(&gate["args"]));
    let of_variable = |variable: &Yaml| {
        let part = |name: &str| variable[name].as_str().unwrap().to_owned();
        (part("name"), part("value"))
    };
    let variables: Vec<_> = gate["env"].as_vec().unwrap().iter().map(of_variable).collect();
    assert_known(&variables);
    let ports: BTreeSet<_> =
        gate["ports"].as_vec().unwrap().iter().map(|port| port["name"].as_str().unwrap()).collect();
    assert_eq!(ports, BTreeSet::from(["admin", "webhooks"]));
    assert_eq!(documents[1]["spec"]["ports"][0]["targetPort"].as_str(), Some("webhooks"));
    let mounts: Vec<_> = gate["volumeMounts"].as_vec().unwrap().iter().collect();
    let claims = set["volumeClaimTemplates"].as_vec().unwrap().iter().map(|claim| &claim["metadata"]["name"]);
    let volumes = pod["volumes"].as_vec().unwrap().iter().map(|volume| &volume["name"]);
    let there: Vec<_> = claims.chain(volumes).collect();
    for mount in &mounts {
        assert!(there.contains(&&mount["name"]), "{mount:?}");
    }
    // The folder of a volume is open to the group of `fsGroup`, which the gate refuses for its data.
    let data = &variables.iter().find(|(name, _)| name == "HERDGATE__DATA_DIR").unwrap().1;
    let mounted = mounts.iter().find(|mount| mount["name"].as_str() == Some("data")).unwrap();
    assert!(data.starts_with(&format!("{}/", mounted["mountPath"].as_str().unwrap())), "{data}");

    let running = Gate::serve(&Project::new("").agent("dev", AGENT, "true"));
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let ask = &gate[probe]["httpGet"];
        let door = match ask["port"].as_str().unwrap() {
            "admin" => running.admin,
            "webhooks" => running.public,
            other => panic!("no port {other}"),
        };
        let answer = crate::support::http::request(door, "GET", ask["path"].as_str().unwrap(), &[], b"");
        assert_eq!(answer.unwrap().status, 200, "{probe}");
    }
}

#[test]
fn a_volume_that_its_group_can_write_takes_the_data_of_a_gate_below_it() {
    use std::os::unix::fs::PermissionsExt;

    let volume = tempfile::tempdir().unwrap();
    // As kubelets leave a volume with `fsGroup`.
    fs::set_permissions(volume.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    let gate = Gate::serve(&Project::with_data_in(volume.path()).agent("dev", AGENT, "true"));
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}

#[test]
fn the_image_names_what_is_there() {
    let image = dockerfile();
    let command = image.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let command: Vec<String> = serde_json::from_str(command).unwrap();
    assert_parses(&command.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(image.contains("EXPOSE 8080") && image.contains("herdgate\", \"healthcheck\""));
    for label in ["title", "description", "licenses", "version", "revision"] {
        assert!(image.contains(&format!("org.opencontainers.image.{label}=")), "{label}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert!(image.contains(&format!("ARG VERSION={version}")), "the image says it is another version");
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    let unit = text("systemd/herdgate.service");
    let setting = |name: &str| -> Vec<String> {
        let values = unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.map(str::to_owned).collect()
    };
    let start = setting("ExecStart").remove(0);
    assert_parses(&start.split(' ').skip(1).collect::<Vec<_>>());
    let variables: Vec<_> = setting("Environment")
        .iter()
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap())
        .collect();
    assert_known(&variables);
    let state = format!("/var/lib/{}", setting("StateDirectory")[0]);
    assert!(variables.contains(&("HERDGATE__DATA_DIR".into(), state)), "{variables:?}");
    assert!(setting("TimeoutStopSec")[0].parse::<i64>().unwrap() > GRACE_SECONDS);

    let test = "deploy::files::systemd_finds_no_fault_with_the_units";
    if !is_there("systemd-analyze", "systemd", test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_herdgate");
    let placed = folder.path().join("herdgate.service");
    fs::write(&placed, unit.replace("/usr/local/bin/herdgate", program)).unwrap();
    fs::copy(path("systemd/herdgate.socket"), folder.path().join("herdgate.socket")).unwrap();
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&placed)
            .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()))
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (sound, said) = analyze(&["verify", "--man=no"]);
    let about_us: Vec<_> = said.lines().filter(|line| line.contains("herdgate")).collect();
    assert!(sound && about_us.is_empty(), "{said}");
    // Of 10, which is a service without any protection.
    let (tight, said) = analyze(&["security", "--offline=yes", "--threshold=45"]);
    assert!(tight, "{said}");
}
