//! Query parameters. One that a call does not know is an error that names those that it knows: a
//! mistyped `agent=` must not widen what is asked for.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{IntoParams, openapi::path::ParameterIn};

use super::answer::Refused;
use crate::api::problem::{Kind, Problem};

/// The parameters of a call.
pub(in crate::http::admin) struct Params<T>(pub(in crate::http::admin) T);

/// Of calls that have no parameters.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http::admin) struct NoParams {}

impl IntoParams for NoParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<utoipa::openapi::path::Parameter> {
        Vec::new()
    }
}

impl<T: DeserializeOwned + IntoParams> FromRequest for Params<T> {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(Self))
    }
}

fn read<T: DeserializeOwned + IntoParams>(query: &str) -> Result<T, Refused> {
    let wrong = |error: actix_web::error::QueryPayloadError| {
        let why = match error {
            actix_web::error::QueryPayloadError::Deserialize(why) => why.to_string(),
            other => other.to_string(),
        };
        Refused::new(Kind::InvalidRequest, format!("the query is not understood: {why}"))
    };
    let pairs = Query::<Vec<(String, String)>>::from_query(query).map_err(wrong)?.into_inner();
    let known = T::into_params(|| Some(ParameterIn::Query));
    let is_known = |name: &str| known.iter().any(|parameter| parameter.name == name);
    if let Some((unknown, _)) = pairs.iter().find(|(name, _)| !is_known(name)) {
        let detail = match known.len() {
            0 => format!("there is no parameter `{unknown}`: this call has none"),
            _ => format!("there is no parameter `{unknown}`; `known` lists those that there are"),
        };
        let names = known.iter().map(|parameter| parameter.name.as_str());
        return Err(Problem::new(Kind::UnknownParameter, detail).knowing(names).into());
    }
    Query::<T>::from_query(query).map(Query::into_inner).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::jobs::JobsQuery;

    fn refused(query: &str) -> Problem {
        read::<JobsQuery>(query).err().map(|refused| refused.0).unwrap()
    }

    #[test]
    fn a_parameter_that_is_not_known_is_answered_with_those_that_are() {
        let problem = refused("agnet=dev");
        assert_eq!(problem.kind(), Some(Kind::UnknownParameter));
        assert!(problem.detail.contains("`agnet`"), "{}", problem.detail);
        assert!(problem.known.iter().any(|name| name == "agent"), "{:?}", problem.known);
    }

    #[test]
    fn values_of_the_wrong_kind_say_what_would_do() {
        let problem = refused("state=waiting");
        assert_eq!(problem.kind(), Some(Kind::InvalidRequest));
        assert!(problem.detail.contains("`available`"), "{}", problem.detail);
        assert!(refused("limit=many").detail.contains("limit") || !refused("limit=many").detail.is_empty());
    }
}
