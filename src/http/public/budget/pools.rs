//! The pools, and the decision who gives way; pure but for the wakers of those who must.

use std::{
    collections::HashMap,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::http::peer::PeerKey;

/// Bytes of each request that are not counted.
pub(super) const FREE: usize = 16 * 1024;
/// Up to here a body takes from the pool for beginnings.
const SMALL: usize = 64 * 1024;
/// Bytes are counted in pages of this size.
const PAGE: usize = 4096;
/// Who has brought a step of its body within this time is at work, and gives way to nobody.
const AT_WORK: Duration = Duration::from_millis(250);
/// A step of a body up to [`SMALL`], in bytes: 64 KiB/s count as work there.
const SMALL_STEP: usize = 16 * 1024;
/// A step beyond: large bodies have to come at 1 MiB/s to be left alone while others wait.
const LARGE_STEP: usize = 256 * 1024;

/// The name of one that holds pages.
pub(super) type HolderId = u64;

/// Pages by pool: beginnings, and what is beyond.
type Pages = [usize; 2];

/// Whether a body may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Granted {
    /// It may.
    Yes,
    /// Others are giving way: ask again when something came back.
    Soon,
    /// No room, and nobody to give way.
    No,
}

/// All pages and who has them.
#[derive(Debug)]
pub(super) struct Pools {
    size: Pages,
    used: Pages,
    holders: HashMap<HolderId, Holder>,
    shares: HashMap<PeerKey, Pages>,
    next: HolderId,
}

#[derive(Debug)]
struct Holder {
    client: Option<PeerKey>,
    pages: Pages,
    bytes: usize,
    /// When it last brought a step of its body.
    step_at: Instant,
    step_from: usize,
    state: State,
    reader: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for bytes.
    Reads,
    /// Has been told to go.
    GivesWay,
    /// Has all its bytes.
    Complete,
}

fn pages_in(small: usize, large: usize) -> Pages {
    [small, large].map(|bytes| (bytes / PAGE).max(SMALL / PAGE))
}

impl Pools {
    pub(super) fn new(small: usize, large: usize) -> Self {
        let size = pages_in(small, large);
        Self { size, used: [0; 2], holders: HashMap::new(), shares: HashMap::new(), next: 0 }
    }

    /// Changes how much there is. What is held already is held on to.
    pub(super) fn resize(&mut self, small: usize, large: usize) {
        self.size = pages_in(small, large);
    }

    /// Takes in a request that holds nothing yet.
    pub(super) fn join(&mut self, client: Option<PeerKey>, now: Instant) -> HolderId {
        self.next += 1;
        let holder = Holder {
            client,
            pages: [0; 2],
            bytes: 0,
            step_at: now,
            step_from: 0,
            state: State::Reads,
            reader: None,
        };
        self.holders.insert(self.next, holder);
        self.next
    }

    /// Lets `id` grow to `bytes`, or makes others give way to it.
    pub(super) fn grow(&mut self, id: HolderId, bytes: usize, now: Instant) -> Granted {
        let Some(holder) = self.holders.get_mut(&id) else {
            return Granted::No;
        };
        holder.heard(bytes, now);
        if holder.state == State::GivesWay {
            return Granted::No;
        }
        let (had, client) = (holder.pages, holder.client);
        let wanted = pages_of(bytes);
        let more = [wanted[0].saturating_sub(had[0]), wanted[1].saturating_sub(had[1])];
        for pool in 0..2 {
            let share = client.and_then(|client| self.shares.get(&client)).map_or(0, |share| share[pool]);
            // A single body may always have what it needs: its limit is another one.
            let over_share =
                client.is_some() && share > had[pool] && share + more[pool] > self.size[pool] / 4;
            let missing = more[pool].saturating_sub(self.size[pool].saturating_sub(self.used[pool]));
            if more[pool] > 0 && over_share {
                return self.make_room(id, pool, more[pool], client, now);
            }
            if missing > 0 {
                return self.make_room(id, pool, missing, None, now);
            }
        }
        self.take(id, more);
        Granted::Yes
    }

    /// Makes the slowest give way, of `client` or of all, until `missing` pages are on their way back.
    fn make_room(
        &mut self,
        id: HolderId,
        pool: usize,
        missing: usize,
        client: Option<PeerKey>,
        now: Instant,
    ) -> Granted {
        let of_client = |holder: &Holder| client.is_none() || holder.client == client;
        let mut coming: usize = self
            .holders
            .values()
            .filter(|holder| holder.state == State::GivesWay && of_client(holder))
            .map(|holder| holder.pages[pool])
            .sum();
        while coming < missing {
            let slowest = self
                .holders
                .iter_mut()
                .filter(|(other, holder)| {
                    **other != id
                        && of_client(holder)
                        && holder.state == State::Reads
                        && holder.pages[pool] > 0
                        && now.saturating_duration_since(holder.step_at) >= AT_WORK
                })
                .min_by_key(|(_, holder)| holder.step_at);
            let Some((_, slowest)) = slowest else {
                break;
            };
            coming += slowest.pages[pool];
            slowest.state = State::GivesWay;
            if let Some(reader) = slowest.reader.take() {
                reader.wake();
            }
        }
        if coming > 0 { Granted::Soon } else { Granted::No }
    }

    fn take(&mut self, id: HolderId, more: Pages) {
        let Some(holder) = self.holders.get_mut(&id) else {
            return;
        };
        for (pool, more) in more.into_iter().enumerate() {
            holder.pages[pool] += more;
            self.used[pool] += more;
            if let Some(client) = holder.client {
                self.shares.entry(client).or_default()[pool] += more;
            }
        }
    }

    pub(super) fn poll_gives_way(&mut self, id: HolderId, task: &Context<'_>) -> Poll<()> {
        match self.holders.get_mut(&id) {
            Some(holder) if holder.state == State::GivesWay => Poll::Ready(()),
            Some(holder) => {
                holder.reader = Some(task.waker().clone());
                Poll::Pending
            }
            None => Poll::Pending,
        }
    }

    /// `id` has all its bytes.
    pub(super) fn complete(&mut self, id: HolderId) {
        if let Some(holder) = self.holders.get_mut(&id) {
            holder.state = State::Complete;
            holder.reader = None;
        }
    }

    /// `id` is gone, and gives back what it had.
    pub(super) fn leave(&mut self, id: HolderId) {
        let Some(holder) = self.holders.remove(&id) else {
            return;
        };
        for (pool, pages) in holder.pages.into_iter().enumerate() {
            self.used[pool] -= pages;
        }
        if let Some(client) = holder.client
            && let Some(share) = self.shares.get_mut(&client)
        {
            for (pool, pages) in holder.pages.into_iter().enumerate() {
                share[pool] -= pages;
            }
            if *share == [0; 2] {
                self.shares.remove(&client);
            }
        }
    }

    /// Makes everybody's last step lie further back.
    #[cfg(test)]
    pub(super) fn age(&mut self, by: Duration) {
        for holder in self.holders.values_mut() {
            holder.step_at -= by;
        }
    }
}

impl Holder {
    fn heard(&mut self, bytes: usize, now: Instant) {
        self.bytes = self.bytes.max(bytes);
        let step = if self.bytes > SMALL { LARGE_STEP } else { SMALL_STEP };
        if self.bytes - self.step_from >= step {
            self.step_from = self.bytes;
            self.step_at = now;
        }
    }
}

/// What a body of `bytes` takes from each pool.
fn pages_of(bytes: usize) -> Pages {
    let small = bytes.min(SMALL).saturating_sub(FREE).div_ceil(PAGE);
    [small, bytes.saturating_sub(SMALL).div_ceil(PAGE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;

    fn client(last: u8) -> Option<PeerKey> {
        crate::http::peer::TrustedPeers::default().share_of([203, 0, 113, last].into())
    }

    fn held(pools: &mut Pools, client: Option<PeerKey>, bytes: usize, now: Instant) -> HolderId {
        let id = pools.join(client, now);
        assert_eq!(pools.grow(id, bytes, now), Granted::Yes, "{bytes} bytes");
        id
    }

    #[test]
    fn large_bodies_cannot_shut_out_small_ones() {
        let (mut pools, now) = (Pools::new(MIB, MIB), Instant::now());
        held(&mut pools, None, MIB, now);
        let large = pools.join(None, now);
        assert_eq!(pools.grow(large, 512 * KIB, now), Granted::No);
        held(&mut pools, None, SMALL, now);
    }

    #[test]
    fn what_was_held_comes_back() {
        let (mut pools, now) = (Pools::new(MIB, MIB), Instant::now());
        let id = held(&mut pools, client(1), 512 * KIB, now);
        pools.leave(id);
        assert_eq!((pools.used, pools.shares.len()), ([0; 2], 0));
    }

    #[test]
    fn the_slowest_gives_way_and_those_at_work_do_not() {
        let (mut pools, begun) = (Pools::new(2 * MIB, 2 * MIB), Instant::now());
        let slowest = held(&mut pools, None, MIB, begun);
        let slow = held(&mut pools, None, MIB, begun + AT_WORK);
        let now = begun + AT_WORK * 2;
        let newcomer = pools.join(None, now);
        assert_eq!(pools.grow(newcomer, MIB, now), Granted::Soon);
        assert_eq!(pools.holders[&slowest].state, State::GivesWay);
        assert_eq!(pools.holders[&slow].state, State::Reads);
        assert_eq!(pools.grow(slowest, MIB + 1, now), Granted::No, "it is on its way out");
        pools.leave(slowest);
        assert_eq!(pools.grow(newcomer, MIB, now), Granted::Yes);
    }

    #[test]
    fn who_drips_is_no_faster_than_who_stalls() {
        let (mut pools, begun) = (Pools::new(MIB, MIB), Instant::now());
        let drips = held(&mut pools, None, 900 * KIB, begun);
        for tick in 1..=10 {
            let now = begun + Duration::from_millis(100) * tick;
            assert_eq!(pools.grow(drips, 900 * KIB + tick as usize * 1600, now), Granted::Yes);
        }
        let now = begun + Duration::from_secs(1);
        let newcomer = pools.join(None, now);
        assert_eq!(pools.grow(newcomer, 512 * KIB, now), Granted::Soon);
    }

    #[test]
    fn one_client_has_a_quarter_of_each_pool_but_may_always_send_one_body() {
        let (mut pools, now) = (Pools::new(4 * MIB, 4 * MIB), Instant::now());
        held(&mut pools, client(1), 3 * MIB, now);
        let second = pools.join(client(1), now);
        assert_eq!(pools.grow(second, MIB / 2, now), Granted::No);
        held(&mut pools, client(2), MIB / 2, now);
        held(&mut pools, None, MIB / 4, now);
    }

    #[test]
    fn beyond_its_share_a_client_gives_way_to_itself() {
        let (mut pools, begun) = (Pools::new(4 * MIB, 4 * MIB), Instant::now());
        let (own, other) = (held(&mut pools, client(1), MIB, begun), held(&mut pools, client(2), MIB, begun));
        let now = begun + AT_WORK;
        let second = pools.join(client(1), now);
        assert_eq!(pools.grow(second, MIB, now), Granted::Soon);
        assert_eq!(pools.holders[&own].state, State::GivesWay);
        assert_eq!(pools.holders[&other].state, State::Reads);
    }

    #[test]
    fn the_first_bytes_are_free() {
        let (mut pools, now) = (Pools::new(SMALL, SMALL), Instant::now());
        for _ in 0..10_000 {
            held(&mut pools, None, FREE, now);
        }
        assert_eq!(pools.used, [0; 2]);
    }
}
