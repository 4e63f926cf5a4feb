//! `/nodes`.

use actix_web::web::{Data, Json};

use super::{
    answer::Answer,
    params::{NoParams, Params},
};
use crate::{
    api::{nodes::Node, page::Page},
    http::admin::Admin,
};

pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Node>> {
    Ok(Json(admin.reads.nodes()))
}
