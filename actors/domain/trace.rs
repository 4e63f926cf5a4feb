//! Where something belongs in a distributed trace: <https://www.w3.org/TR/trace-context/>.
//!
//! The ids of our own spans follow from the trace and from what they are about, so that a later life of
//! the gate goes on with a trace without having kept more of it than its text.

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::domain::{JobId, ReceiptId, RunId};

/// The header, and the variable of a run, in which a trace context travels.
pub const TRACE_HEADER: &str = "traceparent";

/// A span, within its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

impl SpanId {
    /// Its number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

/// A place in a trace: what is begun from here has this span for its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: NonZeroU128,
    span: SpanId,
    is_sampled: bool,
}

impl TraceParent {
    /// The beginning of the trace `trace`, before a job that nothing but the gate caused: the span of the
    /// job is the first.
    pub fn of_job(trace: NonZeroU128, job: JobId, is_sampled: bool) -> Self {
        let start = Self { trace, span: SpanId(NonZeroU64::MIN), is_sampled };
        Self { span: start.job(job), ..start }
    }

    /// The beginning of the trace `trace`, at a receipt.
    pub fn of_receipt(trace: NonZeroU128, receipt: ReceiptId, is_sampled: bool) -> Self {
        let start = Self { trace, span: SpanId(NonZeroU64::MIN), is_sampled };
        Self { span: start.receipt(receipt), ..start }
    }

    /// The id of the whole trace.
    pub const fn trace(self) -> u128 {
        self.trace.get()
    }

    /// The parent of what is begun from here.
    pub const fn span(self) -> SpanId {
        self.span
    }

    /// Whether spans of this trace are recorded.
    pub const fn is_sampled(self) -> bool {
        self.is_sampled
    }

    /// The same trace from another span on.
    #[must_use]
    pub const fn at(self, span: SpanId) -> Self {
        Self { span, ..self }
    }

    /// The span of the request that brought a receipt.
    pub fn request(self, receipt: ReceiptId) -> SpanId {
        self.part(!receipt.get().cast_unsigned())
    }

    /// The span of a receipt.
    pub fn receipt(self, receipt: ReceiptId) -> SpanId {
        self.part(receipt.get().cast_unsigned())
    }

    /// The span of a job.
    pub fn job(self, job: JobId) -> SpanId {
        self.part(job.get().cast_unsigned())
    }

    /// The span of a run.
    pub fn run(self, run: RunId) -> SpanId {
        self.part(self.job(run.job).get().wrapping_add(u64::from(run.attempt.0)))
    }

    /// Ids of a gate are unique in it; mixed with those of the trace they are so among gates that share
    /// one, but for one chance in 2^64.
    fn part(self, of: u64) -> SpanId {
        // The finalizer of splitmix64: <https://prng.di.unimi.it/splitmix64.c>
        let trace = self.trace.get();
        let mut mixed = of ^ ((trace & 0xffff_ffff_ffff_ffff) as u64) ^ ((trace >> 64) as u64);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        SpanId(NonZeroU64::new(mixed ^ (mixed >> 31)).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span.0)
    }
}

/// A text that is no trace context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no traceparent of W3C's form")]
pub struct InvalidTraceParent;

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    /// Later versions may have more behind the flags, which is passed over.
    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let mut parts = text.splitn(5, '-');
        let mut hex = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let is_lower = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if is_lower { u128::from_str_radix(part, 16).ok() } else { None }
        };
        let (version, trace, span, flags) = (hex(2), hex(32), hex(16), hex(2));
        let has_more = parts.next().is_some();
        let known = matches!(version, Some(0) if !has_more) || matches!(version, Some(1..=0xfe));
        let (Some(trace), Some(span), Some(flags), true) = (trace, span, flags, known) else {
            return Err(InvalidTraceParent);
        };
        let span = u64::try_from(span).ok().and_then(NonZeroU64::new).ok_or(InvalidTraceParent)?;
        let trace = NonZeroU128::new(trace).ok_or(InvalidTraceParent)?;
        Ok(Self { trace, span: SpanId(span), is_sampled: flags & 1 == 1 })
    }
}

impl Serialize for TraceParent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceParent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The trace of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryTrace {
    /// From its receipt on.
    pub context: TraceParent,
    /// The span of its sender, where that told it.
    pub caller: Option<SpanId>,
}

impl Serialize for DeliveryTrace {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.context.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_is_read_and_written_as_w3c_has_it() {
        let context: TraceParent = TEXT.parse().unwrap();
        assert_eq!(context.trace(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(context.span().get(), 0x00f0_67aa_0ba9_02b7);
        assert!(context.is_sampled());
        assert_eq!(context.to_string(), TEXT);
        let later = TEXT.replacen("00-", "42-", 1) + "-what-comes-later";
        assert_eq!(later.parse(), Ok(context));
    }

    #[test]
    fn what_is_no_context_is_refused() {
        for wrong in [
            String::new(),
            TEXT.to_uppercase(),
            TEXT.replace('-', ""),
            TEXT.replacen("00-", "ff-", 1),
            TEXT.to_owned() + "-more",
            TEXT[..54].to_owned(),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01".to_owned(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01".to_owned(),
            TEXT.replace('4', "+"),
            TEXT.replace('4', "ä"),
        ] {
            assert_eq!(wrong.parse::<TraceParent>(), Err(InvalidTraceParent), "{wrong}");
        }
    }

    #[test]
    fn each_thing_has_a_span_of_its_own_which_a_later_life_finds_again() {
        let context: TraceParent = TEXT.parse().unwrap();
        let (receipt, job) = (ReceiptId::from_raw(7_000_000), JobId::from_raw(7_000_001));
        let run = |attempt| RunId { job, attempt: crate::domain::Attempt(attempt) };
        let spans = [
            context.request(receipt),
            context.receipt(receipt),
            context.job(job),
            context.run(run(1)),
            context.run(run(2)),
        ];
        let distinct: std::collections::HashSet<_> = spans.iter().map(|span| span.get()).collect();
        assert_eq!(distinct.len(), spans.len());
        assert_eq!(context.at(spans[1]).run(run(1)), spans[3], "whatever span one comes from");
    }
}
