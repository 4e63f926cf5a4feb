//! A real gate: the program itself, on free ports, with a project in a folder of its own.

mod collector;
mod disk;
mod gate;
pub(crate) mod http;
mod project;
mod user;
mod wait;

pub(crate) use collector::Collector;
pub(crate) use disk::{DeadShare, SmallDisk};
pub(crate) use gate::{Gate, named, sign, sign_with};
pub(crate) use project::{Project, SECRET};
pub(crate) use user::User;
pub(crate) use wait::{PATIENCE, until, within};
