//! A request that nobody has verified yet, and the answer it waits for.

use std::{
    fmt,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{
    DedupeKey, Delivery, DeliveryParts, Headers, ProviderName, ReceiptId, RejectReason, SourceName,
    Timestamp, VerifiedBy, Voucher,
};

/// Which sources a request may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSelector {
    /// `/webhooks/<type>`: every source of the type.
    Any,
    /// `/webhooks/<type>/<source>`: this one alone.
    Source(SourceName),
}

/// Unverified bytes. The body can be read only by verification, which consumes the request.
#[derive(Debug)]
pub struct UnverifiedRequest {
    /// The type in the URL.
    pub provider: ProviderName,
    /// The sources it may belong to.
    pub selector: SourceSelector,
    /// The headers which the provider's protocol asks for, signatures among them.
    pub headers: Headers,
    /// When the body was complete.
    pub at: Timestamp,
    /// When its head came.
    pub begun: Instant,
    /// Where the answer goes.
    pub reply: Reply,
    body: Bytes,
}

impl UnverifiedRequest {
    /// Wraps the raw bytes of a request.
    pub fn new(
        provider: ProviderName,
        selector: SourceSelector,
        headers: Headers,
        body: Bytes,
        at: Timestamp,
        reply: Reply,
    ) -> Self {
        Self { provider, selector, headers, at, begun: Instant::now(), reply, body }
    }

    /// The same, where its head came earlier.
    #[must_use]
    pub fn begun(self, begun: Instant) -> Self {
        Self { begun, ..self }
    }

    /// How many bytes the body has.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Shows headers and raw body to `check`; only what it accepts becomes a [`VerifiedRequest`].
    ///
    /// `check` names the sources whose secret verifies the body, or says why there is none.
    ///
    /// # Errors
    /// What `check` says.
    pub fn verify(
        self,
        check: impl FnOnce(&Headers, &[u8]) -> Result<Vec<Voucher>, RejectReason>,
    ) -> Result<(VerifiedRequest, Reply), (RejectReason, Reply)> {
        let Self { provider, headers, at, reply, body, .. } = self;
        match check(&headers, &body) {
            Ok(vouchers) if vouchers.is_empty() => Err((RejectReason::Unsigned, reply)),
            Ok(vouchers) => {
                let (sources, verified_by) =
                    vouchers.into_iter().map(|voucher| (voucher.source, voucher.by)).unzip();
                Ok((VerifiedRequest { provider, sources, verified_by, headers, body, at }, reply))
            }
            Err(reason) => Err((reason, reply)),
        }
    }
}

/// A request for which at least one source vouches. Only verification makes one, and only this makes
/// a [`Delivery`] of a request.
#[derive(Debug)]
pub struct VerifiedRequest {
    provider: ProviderName,
    sources: Vec<SourceName>,
    verified_by: Vec<VerifiedBy>,
    headers: Headers,
    body: Bytes,
    at: Timestamp,
}

impl VerifiedRequest {
    /// Every source that vouches for it; never empty.
    pub fn sources(&self) -> &[SourceName] {
        &self.sources
    }

    /// Its headers, signatures among them.
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Its body, as it was signed.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Blanks what is not to be kept of the body.
    #[must_use]
    pub(crate) fn redacted(mut self, redact: impl FnOnce(&Headers, Bytes) -> Bytes) -> Self {
        self.body = redact(&self.headers, self.body);
        self
    }

    /// Drops the headers that are not to be kept, signatures among them.
    #[must_use]
    pub(crate) fn with_headers(mut self, kept: &[&str]) -> Self {
        self.headers.retain(kept);
        self
    }

    /// The delivery that it is, under these keys. `own_windows` are those of its sources that remember
    /// deliveries for a time of their own.
    pub(crate) fn into_delivery(
        self,
        keys: Vec<DedupeKey>,
        own_windows: Vec<(SourceName, Duration)>,
    ) -> Delivery {
        let Self { provider, sources, verified_by, headers, body, at } = self;
        let parts = DeliveryParts { provider, sources, verified_by, headers, body, at, keys, own_windows };
        Delivery::new(parts).expect("somebody vouches for a verified request")
    }
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is on disk: 200.
    DeliveryAck(DeliveryAck),
    /// It is on disk, but no provider would send such a body: 400.
    Unparsable {
        /// Under which id it is kept.
        receipt: ReceiptId,
        /// What is wrong with it.
        reason: String,
    },
    /// Not verified: 401, or 429 for [`RejectReason::RateLimited`].
    Rejected(RejectReason),
    /// The provider tried the address, and wants this said: nothing is kept.
    Handshake(HttpReply),
    /// Could not be made durable: 503, nothing claimed.
    Unavailable,
}

/// An answer in a provider's own words, with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// What it is.
    pub content_type: &'static str,
    /// What is said.
    pub body: String,
}

impl HttpReply {
    /// A plain text.
    pub const fn text(body: String) -> Self {
        Self { content_type: "text/plain; charset=utf-8", body }
    }
}

/// A delivery that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryAck {
    /// Under which id.
    pub receipt: ReceiptId,
    /// How many jobs it created.
    pub matched: u32,
    /// How many agents wanted it but got no new job: they had one for it, or their queue is full.
    pub skipped: u32,
    /// Whether the same delivery had been recorded before.
    pub duplicate: bool,
}

/// A receipt that is still being written, as the caller who waits for it sees it.
pub(super) trait Unfinished: Send + Sync {
    /// Commits what is there as unrouted; what comes later is ignored.
    fn commit_now(&self);
}

/// The sending half of an answer. Dropped unused, the caller is told [`Answer::Unavailable`].
pub struct Reply {
    answer: oneshot::Sender<Answer>,
    receipt: Arc<OnceLock<Weak<dyn Unfinished>>>,
    tally: Option<Tally>,
}

/// Is shown an answer on its way out, and the name of the event where it was parsed.
type Tally = Box<dyn FnOnce(&Answer, Option<&str>) + Send>;

impl Reply {
    /// Both ends of an answer.
    pub fn channel() -> (Self, ReplyEnd) {
        let (answer, end) = oneshot::channel();
        let receipt = Arc::new(OnceLock::new());
        let reply = Self { answer, receipt: Arc::clone(&receipt), tally: None };
        (reply, ReplyEnd { answer: end, receipt })
    }

    /// Shows the answer to `tally` before it leaves.
    #[must_use]
    pub(crate) fn tallied(mut self, tally: impl FnOnce(&Answer, Option<&str>) + Send + 'static) -> Self {
        self.tally = Some(Box::new(tally));
        self
    }

    /// Answers; a caller that hung up does not mind.
    pub fn send(self, answer: Answer) {
        self.send_about(answer, None);
    }

    /// Answers, and tells the tally which event it was.
    pub(super) fn send_about(self, answer: Answer, event: Option<&str>) {
        if let Some(tally) = self.tally {
            tally(&answer, event);
        }
        let _ = self.answer.send(answer);
    }

    /// Lets the caller close `receipt` when its patience ends.
    pub(super) fn watch(&self, receipt: Weak<dyn Unfinished>) {
        let _ = self.receipt.set(receipt);
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// The receiving half of an answer.
pub struct ReplyEnd {
    answer: oneshot::Receiver<Answer>,
    receipt: Arc<OnceLock<Weak<dyn Unfinished>>>,
}

impl ReplyEnd {
    /// Waits for the answer.
    pub async fn wait(&mut self) -> Answer {
        (&mut self.answer).await.unwrap_or(Answer::Unavailable)
    }

    /// Commits the receipt as it stands; the upkeep routes it later. Does nothing before the
    /// delivery is verified or after its receipt is closed.
    pub fn commit_now(&self) {
        if let Some(receipt) = self.receipt.get().and_then(Weak::upgrade) {
            receipt.commit_now();
        }
    }
}

impl fmt::Debug for ReplyEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyEnd")
    }
}
