//! `/nodes`.

use actix_web::web::{Data, Json};

use super::{
    answer::Answer,
    doc::Refusals,
    params::{NoParams, Params},
};
use crate::{
    api::{nodes::Node, page::Page},
    http::admin::Admin,
};

/// The nodes that share the work, and the actors that carry them.
#[utoipa::path(get, path = "/nodes", tag = "nodes", responses((status = 200, body = Page<Node>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Node>> {
    Ok(Json(admin.reads.nodes()))
}
