//! The names of agent programs.

/// The name of a program that Herdgate knows how to drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PresetName(&'static str);

impl PresetName {
    /// A name that stands in the registry of presets.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// As it stands in the configuration.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for PresetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
