//! What names a data folder.

use std::{fs, io};

use super::{
    create::{create_folders, write},
    run_folders::RunFolders,
};
use crate::{
    runner::orphans::GateId,
    telemetry::{Event, emit},
};

impl RunFolders {
    /// The name of the gate that lives on this folder, drawn where there is none yet. A file that is no
    /// name is replaced: what an earlier life left running is not found then.
    pub(in crate::runner) fn gate_id(&self) -> io::Result<GateId> {
        let path = self.common.join("gate");
        match fs::read_to_string(&path) {
            Ok(text) => {
                if let Ok(id) = text.trim().parse() {
                    return Ok(id);
                }
                let detail = format!("{} is not the id of a gate; another one is drawn", path.display());
                emit(Event::Warned { about: "data folder", detail });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        create_folders(&self.common)?;
        let id = GateId::draw();
        // Whole or not at all: a half would be another gate's.
        let half = self.common.join("gate.new");
        let _ = fs::remove_file(&half);
        write(&half, format!("{id}\n").as_bytes())?;
        fs::rename(&half, &path)?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_keeps_its_name_and_no_two_have_the_same() {
        let data = tempfile::tempdir().unwrap();
        let folders = |name: &str| RunFolders::new(&data.path().join(name)).unwrap();
        let id = folders("a").gate_id().unwrap();
        assert_eq!(folders("a").gate_id().unwrap(), id);
        assert_ne!(folders("b").gate_id().unwrap(), id);
    }

    #[test]
    fn a_name_that_cannot_be_read_is_drawn_anew() {
        let data = tempfile::tempdir().unwrap();
        let folders = RunFolders::new(&data.path().join("runs")).unwrap();
        folders.gate_id().unwrap();
        fs::write(data.path().join("runs-common/gate"), "nonsense").unwrap();
        let id = folders.gate_id().unwrap();
        assert_eq!(folders.gate_id().unwrap(), id);
    }
}
