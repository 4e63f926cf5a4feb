//! A real gate: the program itself, on free ports, with a project in a folder of its own.

mod gate;
pub(crate) mod http;
mod project;

pub(crate) use gate::{Gate, sign};
pub(crate) use project::{Project, SECRET};
