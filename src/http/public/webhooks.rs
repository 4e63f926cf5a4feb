//! `POST /webhooks/<type>[/<source>]`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        ConnectionType, StatusCode,
        header::{self, HeaderValue},
    },
    web,
};
use arc_swap::ArcSwap;
use herdgate_actors::{
    domain::{
        Answer, Clock, Headers, ProviderName, ReceiptId, RejectReason, Reply, ReplyEnd, SourceSelector,
        TRACE_HEADER, UnverifiedRequest,
    },
    ingress::Admission,
    provider::{self, is_form},
    runtime::MailboxSender,
    telemetry::{Event, emit},
};
use serde::Serialize;
use serde_json::json;

use super::{
    body::{self, BodyError, BodyLimits},
    budget::{Budget, form_limit},
};
use crate::{
    http::{TrustedPeers, connection},
    run::health::Health,
};

/// After `answer_within` the receipt is committed as it is; a disk that takes longer than this on
/// top is treated as one that cannot write.
const COMMIT_PATIENCE: Duration = Duration::from_secs(8);
/// What senders are told to wait after a 503, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
/// Header values longer than this are no signature and no id of anybody.
const LONGEST_HEADER: usize = 4096;

/// What one delivery may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookLimits {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a body may take.
    pub body_patience: Duration,
    /// How long routing may hold up the answer.
    pub answer_within: Duration,
}

/// A trace context has 55 characters, and later versions may have more.
const LONGEST_TRACE: usize = 128;

/// What a worker needs to take deliveries.
pub struct Webhooks {
    /// Who may send.
    pub admission: Arc<ArcSwap<Admission>>,
    /// The worker's own ingress actor.
    pub ingress: MailboxSender<UnverifiedRequest>,
    /// Whether deliveries are taken.
    pub health: Health,
    /// Memory for bodies.
    pub budget: Budget,
    /// Who takes no share of it.
    pub trusted: Arc<TrustedPeers>,
    /// What each of them may take.
    pub limits: Arc<ArcSwap<WebhookLimits>>,
    /// The time.
    pub clock: Clock,
}

/// Takes a request to `/webhooks/<type>`.
pub(super) async fn any_source(
    request: HttpRequest,
    payload: web::Payload,
    webhooks: web::Data<Webhooks>,
    path: web::Path<String>,
) -> HttpResponse {
    webhooks.take(&request, payload, &path.into_inner(), SourceSelector::Any).await
}

/// Takes a request to `/webhooks/<type>/<source>`.
pub(super) async fn one_source(
    request: HttpRequest,
    payload: web::Payload,
    webhooks: web::Data<Webhooks>,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (provider, source) = path.into_inner();
    webhooks.take(&request, payload, &provider, SourceSelector::Source(source.into())).await
}

/// Answers every method but POST.
pub(super) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    connection::stop_reading(&request);
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "POST"))
        .force_close()
        .json(json!({ "error": "webhooks are sent by POST" }))
}

impl Webhooks {
    async fn take(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        provider: &str,
        selector: SourceSelector,
    ) -> HttpResponse {
        let begun = Instant::now();
        let provider = match provider.parse::<ProviderName>() {
            Ok(provider) if self.admission.load().sources().has(provider, &selector) => provider,
            _ => {
                connection::stop_reading(request);
                return closing(&mut HttpResponse::NotFound(), "no such webhook type or source");
            }
        };
        if !self.health.takes_deliveries() {
            connection::stop_reading(request);
            return unavailable();
        }
        let headers = self.pick(request, provider);
        if self.admission.load().sources().refuses_unsigned(provider, &selector, &headers) {
            let source = self.admission.load().sources().meant(provider, &selector);
            emit(Event::DeliveryRefused { provider, source, reason: RejectReason::Unsigned });
            connection::stop_reading(request);
            return refused();
        }
        let WebhookLimits { body_limit, body_patience, answer_within } = **self.limits.load();
        let limits = BodyLimits {
            bytes: limit(body_limit, provider, &headers),
            patience: body_patience,
            client: request.peer_addr().and_then(|peer| self.trusted.client_of(peer.ip(), request.headers())),
        };
        match self.read(request, payload, limits).await {
            Ok(body) => {
                let (reply, end) = Reply::channel();
                let unverified =
                    UnverifiedRequest::new(provider, selector, headers, body, self.clock.now(), reply);
                self.answer(request, unverified.begun(begun), end, answer_within).await
            }
            Err(refused) => {
                connection::stop_reading(request);
                match refused {
                    BodyError::TooLarge => {
                        closing(&mut HttpResponse::PayloadTooLarge(), "the body is too large")
                    }
                    BodyError::TooSlow => {
                        closing(&mut HttpResponse::RequestTimeout(), "the body took too long")
                    }
                    BodyError::NoRoom => unavailable(),
                    BodyError::Broken => closing(&mut HttpResponse::BadRequest(), "the body is incomplete"),
                }
            }
        }
    }

    /// Reads the body, while the connection is known to wait for its peer.
    async fn read(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        limits: BodyLimits,
    ) -> Result<web::Bytes, BodyError> {
        if request
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
        {
            // To actix the rest of such a connection is its body, which has no end.
            return Err(BodyError::Broken);
        }
        let announced = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        let connection = connection::of(request);
        if let Some(connection) = &connection {
            connection.reads_body(true);
        }
        let read = body::read(payload, announced, limits, &self.budget).await;
        if let Some(connection) = &connection {
            connection.reads_body(false);
            if connection.gave_way() && read.is_err() {
                return Err(BodyError::TooSlow);
            }
        }
        read
    }

    /// Hands the unverified on and waits for its answer.
    async fn answer(
        &self,
        request: &HttpRequest,
        unverified: UnverifiedRequest,
        mut end: ReplyEnd,
        answer_within: Duration,
    ) -> HttpResponse {
        if self.ingress.try_send(unverified).is_err() {
            return unavailable();
        }
        let in_time = tokio::time::timeout(answer_within, end.wait()).await;
        let answer = if let Ok(answer) = in_time {
            answer
        } else {
            end.commit_now();
            tokio::time::timeout(COMMIT_PATIENCE, end.wait()).await.unwrap_or(Answer::Unavailable)
        };
        if let Answer::DeliveryAck(_) = &answer
            && let Some(connection) = connection::of(request)
        {
            connection.delivered();
        }
        let mut response = respond(answer);
        if self.health.is_draining() {
            // The next life takes new connections only.
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// The few headers that matter, as text. What is no text cannot be an id; where a signature stands
    /// it is a bad one, and no reason to look for a weaker one elsewhere.
    fn pick(&self, request: &HttpRequest, provider: ProviderName) -> Headers {
        let admission = self.admission.load();
        let wanted = admission.wanted_headers(provider);
        let kept = provider::spec(provider).kept_headers;
        let mut headers = Headers::with_capacity(wanted.len());
        for name in wanted {
            let Some(value) = request.headers().get(name) else { continue };
            match value.to_str() {
                Ok(text) if text.len() <= LONGEST_HEADER => headers.push(name.clone(), text),
                _ if kept.contains(&name.as_str()) => {}
                _ => headers.push(name.clone(), ""),
            }
        }
        let trace = request.headers().get(TRACE_HEADER).and_then(|value| value.to_str().ok());
        if let Some(trace) = trace.filter(|trace| trace.len() <= LONGEST_TRACE) {
            headers.push(TRACE_HEADER, trace);
        }
        headers
    }
}

fn limit(body_limit: usize, provider: ProviderName, headers: &Headers) -> usize {
    if provider::spec(provider).sends_forms && is_form(headers) { form_limit(body_limit) } else { body_limit }
}

/// The answer to a delivery that is on disk.
#[derive(Serialize)]
struct Taken {
    ok: bool,
    matched: u32,
    skipped: u32,
    receipt: ReceiptId,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

fn respond(answer: Answer) -> HttpResponse {
    match answer {
        Answer::DeliveryAck(recorded) => HttpResponse::Ok().json(Taken {
            ok: true,
            matched: recorded.matched,
            skipped: recorded.skipped,
            receipt: recorded.receipt,
            duplicate: recorded.duplicate,
        }),
        Answer::Unparsable { receipt, reason } => {
            HttpResponse::BadRequest().json(json!({ "error": reason, "receipt": receipt }))
        }
        Answer::Rejected(RejectReason::RateLimited) => HttpResponse::TooManyRequests()
            .insert_header((header::RETRY_AFTER, RETRY_AFTER))
            .json(json!({ "error": "too many deliveries from this source" })),
        Answer::Rejected(_) => refused(),
        Answer::Handshake(said) => HttpResponse::Ok().content_type(said.content_type).body(said.body),
        Answer::Unavailable => unavailable(),
    }
}

/// The same bytes whatever was wrong, so that nobody learns from them.
fn refused() -> HttpResponse {
    closing(&mut HttpResponse::Unauthorized(), "signature validation failed")
}

fn unavailable() -> HttpResponse {
    closing(
        HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, RETRY_AFTER)),
        "cannot take deliveries now",
    )
}

/// An error that ends the connection: what is left of the body is not worth reading.
fn closing(response: &mut actix_web::HttpResponseBuilder, error: &str) -> HttpResponse {
    response.force_close().json(json!({ "error": error }))
}

/// What the public door says to anything else.
pub(in crate::http) async fn not_found(request: HttpRequest) -> HttpResponse {
    connection::stop_reading(&request);
    HttpResponse::build(StatusCode::NOT_FOUND).force_close().json(json!({ "error": "not found" }))
}
