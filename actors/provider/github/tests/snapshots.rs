//! What each fixture reads as, whole.

use std::fs;

use super::{Fixture, folder};

#[test]
fn every_fixture_reads_as_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for fixture in Fixture::all() {
            insta::assert_json_snapshot!(fixture.name.as_str(), fixture.read());
        }
    });
}

#[test]
fn no_snapshot_outlives_its_fixture() {
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(fixture) = name.strip_suffix(".snap") {
            assert!(folder().join(format!("{fixture}.json")).exists(), "{name}");
        }
    }
}
