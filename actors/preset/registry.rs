//! Every preset there is.

use super::{
    Preset,
    claude::Claude,
    codex::Codex,
    gemini::Gemini,
    opencode::OpenCode,
    plain::{Aider, Goose},
};

static PRESETS: [&dyn Preset; 6] = [&Claude, &Codex, &Gemini, &OpenCode, &Goose, &Aider];

/// Their names, in the same order.
pub const NAMES: [&str; PRESETS.len()] = ["claude", "codex", "gemini", "opencode", "goose", "aider"];

/// All of them, in the order in which they are listed to people.
pub fn presets() -> &'static [&'static dyn Preset] {
    &PRESETS
}

/// The preset of a name.
pub fn find(name: &str) -> Option<&'static dyn Preset> {
    PRESETS.into_iter().find(|preset| preset.spec().name.as_str() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_options_are_not_given_twice() {
        let names: BTreeSet<_> = PRESETS.iter().map(|preset| preset.spec().name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(NAMES));
        for preset in PRESETS {
            let options: BTreeSet<_> = preset.spec().options.iter().map(|option| option.name).collect();
            assert_eq!(options.len(), preset.spec().options.len(), "{}", preset.spec().name);
            assert_eq!(find(preset.spec().name.as_str()).unwrap().spec().name, preset.spec().name);
        }
    }
}
