//! What makes two deliveries the same, and two jobs of one agent the same job.
//!
//! A delivery's jobs are named after the receipt that owns its dedupe key, not after its own key:
//! ids grow with time, so that a million jobs are filed in order instead of all over an index,
//! which costs a store a third of its speed. A key that expires has a new owner, and with it the
//! delivery may make its jobs again.

use std::time::Duration;

use super::{KeyOwner, LookUp};
use crate::domain::{Delivery, DeliveryKey, ReceiptId, SourceName};

/// What is known of a delivery that has just come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Dedupe {
    /// The keys to be written, with their owner.
    pub(in crate::store) take: Vec<(SourceName, DeliveryKey, KeyOwner)>,
    /// The first receipt of the same delivery, and the key that says so.
    pub(in crate::store) duplicate_of: Option<(ReceiptId, DeliveryKey)>,
    /// After whom its jobs are named.
    pub(in crate::store) owners: Owners,
}

/// After which receipt the jobs of a delivery are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Owners {
    /// One for each source.
    Known(Vec<(SourceName, KeyOwner)>),
    /// The one that had the key when this receipt came, as far as that can be found out.
    OfReceipt(ReceiptId),
    /// A replay is a delivery of its own.
    Replay,
}

/// Finds out what a delivery that came under `receipt` is. A key is remembered up to and with the
/// last moment of its window, counted from the first delivery.
pub(in crate::store) fn dedupe<L: LookUp>(
    receipt: ReceiptId,
    delivery: &Delivery,
    window: Duration,
    look: &L,
) -> Result<Dedupe, L::Error> {
    let mut found = Dedupe { take: Vec::new(), duplicate_of: None, owners: Owners::Replay };
    let mut owners = Vec::with_capacity(delivery.sources().len());
    for source in delivery.sources() {
        let mut owner = KeyOwner { receipt, until: delivery.at() };
        let mut free = Vec::with_capacity(delivery.keys().len());
        for key in delivery.keys() {
            let known = look.key_owner(source, &key.key)?.filter(|known| known.until >= delivery.at());
            match known {
                Some(known) => {
                    if owner.receipt == receipt {
                        owner.receipt = known.receipt;
                        found.duplicate_of.get_or_insert_with(|| (known.receipt, key.key.clone()));
                    }
                    owner.until = owner.until.max(known.until);
                }
                None => free.push((key, delivery.at().plus(delivery.window(source, key).unwrap_or(window)))),
            }
        }
        // A new key of a known delivery leads to the receipt that the others lead to.
        for (key, until) in free {
            owner.until = owner.until.max(until);
            found.take.push((source.clone(), key.key.clone(), KeyOwner { receipt: owner.receipt, until }));
        }
        owners.push((source.clone(), owner));
    }
    found.owners = Owners::Known(owners);
    Ok(found)
}

impl Owners {
    /// Who owns the delivery of `receipt` at `source`; `None` for a replay, which nobody else has.
    pub(super) fn of<L: LookUp>(
        &self,
        receipt: ReceiptId,
        source: &SourceName,
        delivery: &Delivery,
        look: &L,
    ) -> Result<Option<KeyOwner>, L::Error> {
        let unknown = |receipt| KeyOwner { receipt, until: delivery.at() };
        match self {
            Self::Replay => Ok(None),
            Self::Known(owners) => {
                let known = owners.iter().find(|(known, _)| known == source);
                Ok(Some(known.map_or(unknown(receipt), |(_, owner)| *owner)))
            }
            Self::OfReceipt(original) => {
                let Some(key) = delivery.keys().first() else { return Ok(Some(unknown(*original))) };
                // Whoever took the key after this receipt came is somebody else's original.
                let known = look.key_owner(source, &key.key)?.filter(|known| known.receipt <= receipt);
                Ok(Some(known.unwrap_or(unknown(*original))))
            }
        }
    }
}
