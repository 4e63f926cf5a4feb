//! Sends samples to the public door as a provider would, signed or forged: what is forged must be
//! refused.

use actix_web::{HttpResponse, web};
use herdgate_actors::domain::{Source, SourceName};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    error::Trouble,
    links::encoded,
    page,
    sources::PublicDoor,
    visitor::{Flash, Operator},
};
use crate::{
    api::problem::Kind,
    client, credentials,
    http::admin::api::{Deed, Refused, audited},
    samples::{self, Sample},
};

/// The sample that is to be sent.
#[derive(Debug, Deserialize)]
pub(super) struct SampleForm {
    sample: String,
    how: How,
}

/// How it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Signed,
    Unsigned,
    Tampered,
}

impl How {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
            Self::Tampered => "tampered",
        }
    }
}

/// A request as a provider sends it.
struct Request {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What was answered.
struct Answered {
    text: String,
    is_success: bool,
    receipt: Option<String>,
}

/// `POST /dashboard/sources/{name}`.
pub(super) async fn send(
    operator: Operator,
    name: web::Path<String>,
    form: web::Form<SampleForm>,
    door: web::Data<PublicDoor>,
) -> Result<HttpResponse, Trouble> {
    let SampleForm { sample, how } = form.into_inner();
    let name = SourceName::from(name.into_inner());
    let topology = operator.0.control().topology();
    let source = topology.source(&name).ok_or_else(|| Trouble::Missing(format!("source {name}")))?;
    let sample = samples::find(source.provider, &sample)
        .ok_or_else(|| Trouble::Wrong(format!("there is no sample `{sample}` of {}", source.provider)))?;
    let request = request(source, &sample, how, **door)?;
    let (admin, caller) = operator.asks();
    let (of, how_word) = (sample.name, how.as_str());
    let sent = audited(&admin, caller, Deed::to("source.sample", &name), async move {
        let sent = client::deliver(&request.url, &request.headers, request.body.as_bytes()).await;
        let answered = sent.map_err(|error| Refused::new(Kind::Unavailable, error.to_string()))?;
        let receipt = answered.json()["receipt"].as_str().map(str::to_owned);
        let after = json!({
            "sample": of, "how": how_word, "answered": answered.status.as_u16(), "receipt": receipt,
        });
        let is_success = answered.status.is_success();
        Ok((Answered { text: answered.to_string(), is_success, receipt }, Some(after)))
    });
    let (to, flash) = match sent.await {
        Ok(web::Json(Answered { text, is_success, receipt })) => {
            let text = format!("{of} ({how_word}) was answered {text}");
            let to = receipt.map(|receipt| format!("/dashboard/deliveries/{}", encoded(&receipt)));
            let as_it_should = is_success == (how == How::Signed);
            (to, if as_it_should { Flash::done(text) } else { Flash::failed(text) })
        }
        Err(refused) => (None, Flash::failed(format!("Not sent: {refused}"))),
    };
    let to = to.unwrap_or_else(|| format!("/dashboard/sources#s-{}", encoded(name.as_str())));
    Ok(page::went(&to, &flash))
}

fn request(source: &Source, sample: &Sample, how: How, door: PublicDoor) -> Result<Request, Trouble> {
    let id = credentials::random_hex().map_err(|error| Trouble::Wrong(error.to_string()))?;
    let mut body = sample.body_of(&id);
    let url =
        format!("http://{}/webhooks/{}/{}", door.reached(), source.provider, encoded(source.name.as_str()));
    let mut headers: Vec<_> =
        sample.headers(&id).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if how != How::Unsigned {
        headers.extend(signature(source, &headers, body.as_bytes()));
    }
    if how == How::Tampered {
        // Still JSON, but no more what was signed.
        body.push(' ');
    }
    Ok(Request { url, headers, body })
}

fn signature(source: &Source, headers: &[(String, String)], body: &[u8]) -> Option<(String, String)> {
    let (secret, signature) = (source.secrets.first()?, source.signatures.first()?);
    let value = secret.sign(signature, &headers.iter().cloned().collect(), body)?;
    Some((signature.header.to_string(), value))
}
