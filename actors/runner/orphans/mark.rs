//! How a process of a run is known: by two variables of its environment.

use std::{fmt, str::FromStr};

use crate::domain::RunId;

/// The variable that names the run.
pub(in crate::runner) const RUN_VARIABLE: &str = "HERDGATE_RUN_ID";
/// The variable that names the gate: two gates of one machine never end each other's runs.
pub(in crate::runner) const GATE_VARIABLE: &str = "HERDGATE_GATE";

/// Names a data folder, whichever gate lives on it: drawn once, and kept there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::runner) struct GateId(u64);

impl GateId {
    /// A new one.
    pub(in crate::runner) fn draw() -> Self {
        Self(fastrand::u64(..))
    }
}

impl fmt::Display for GateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that names no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a gate: expected 16 hexadecimal digits")]
pub(in crate::runner) struct InvalidGateId(String);

impl FromStr for GateId {
    type Err = InvalidGateId;

    fn from_str(text: &str) -> Result<Self, InvalidGateId> {
        let digits = Some(text).filter(|text| text.len() == 16);
        let number = digits.and_then(|text| u64::from_str_radix(text, 16).ok());
        number.map(Self).ok_or_else(|| InvalidGateId(text.to_owned()))
    }
}

/// Which run of which gate a process belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) struct Mark {
    pub(in crate::runner) gate: GateId,
    pub(in crate::runner) run: RunId,
}

impl Mark {
    /// Reads it out of an environment as `/proc` shows it: `NAME=value`, each ended by a zero byte.
    #[cfg_attr(not(any(target_os = "linux", test)), expect(dead_code, reason = "nothing is searched"))]
    pub(super) fn of(environment: &[u8]) -> Option<Self> {
        Some(Self { gate: value(environment, GATE_VARIABLE)?, run: value(environment, RUN_VARIABLE)? })
    }
}

fn value<T: FromStr>(environment: &[u8], name: &str) -> Option<T> {
    environment.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "0srk4t5zr0000-1";
    const GATE: &str = "00000000000000af";

    fn mark(environment: &str) -> Option<Mark> {
        Mark::of(environment.as_bytes())
    }

    #[test]
    fn a_process_is_known_by_its_own_two_variables_only() {
        let expected = Some(Mark { gate: GateId(0xaf), run: RUN.parse().unwrap() });
        assert_eq!(mark(&format!("A=1\0HERDGATE_RUN_ID={RUN}\0B=2\0HERDGATE_GATE={GATE}\0")), expected);
        assert_eq!(mark(&format!("HERDGATE_RUN_ID={RUN}\0")), None);
        assert_eq!(mark(&format!("XHERDGATE_RUN_ID={RUN}\0HERDGATE_GATE={GATE}\0")), None);
        assert_eq!(mark(&format!("TEXT=HERDGATE_RUN_ID={RUN}\0HERDGATE_GATE={GATE}\0")), None);
        assert_eq!(mark(&format!("HERDGATE_RUN_ID=\0HERDGATE_GATE={GATE}\0")), None);
        assert_eq!(mark(""), None);
    }

    #[test]
    fn a_gates_id_reads_back_from_its_text() {
        let id = GateId::draw();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "af", "00000000000000ag"] {
            assert!(text.parse::<GateId>().is_err(), "{text}");
        }
    }
}
