//! What stands in paths: names and ids, each read in one place.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Path};
use herdgate_actors::domain::{AgentName, JobId, ReceiptId, RunId, SourceName};

use super::answer::Refused;
use crate::api::problem::{Kind, Problem};

/// The one thing that a path names.
pub(in crate::http::admin) struct Named<T>(pub(in crate::http::admin) T);

/// A thing that paths can name.
pub(super) trait InPath: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// There can be no such thing.
    fn read(text: String) -> Result<Self, Problem>;
}

impl<T: InPath> FromRequest for Named<T> {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let text = Path::<String>::from_request(request, payload).into_inner();
        let unreadable = |_| Refused::new(Kind::UnknownPath, "the path is not understood");
        ready(text.map_err(unreadable).and_then(|text| Ok(Self(T::read(text.into_inner())?))))
    }
}

impl InPath for AgentName {
    fn read(text: String) -> Result<Self, Problem> {
        Ok(text.into())
    }
}

impl InPath for SourceName {
    fn read(text: String) -> Result<Self, Problem> {
        Ok(text.into())
    }
}

impl InPath for String {
    fn read(text: String) -> Result<Self, Problem> {
        Ok(text)
    }
}

macro_rules! ids {
    ($($id:ty: $kind:ident $noun:literal;)*) => {$(
        impl InPath for $id {
            fn read(text: String) -> Result<Self, Problem> {
                text.parse().map_err(|_| {
                    Problem::new(Kind::$kind, format!(concat!("there is no ", $noun, " {}"), text))
                })
            }
        }
    )*};
}

ids! {
    ReceiptId: UnknownDelivery "delivery";
    JobId: UnknownJob "job";
    RunId: UnknownRun "run";
}
