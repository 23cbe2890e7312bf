//! A WASI that gives nothing: no environment, argument, directory, stdin or address; virtual clocks, seeded randomness.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{SeedableRng as _, TryRng};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::capture::Capture;
use crate::clock::Instant;
use crate::unit::Bytes;

/// Each reading moves a clock on by this much, so that a guest that waits by reading comes to an end.
const STEP: u64 = 1_000;

/// How far the wall clock of one run is ahead of where it began: it moves on while an invocation waits, and nowhere else.
#[derive(Debug, Clone)]
pub struct Skew {
    start: Instant,
    millis: Arc<AtomicU64>,
}

impl Skew {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn from(start: Instant) -> Self {
        Self { start, millis: Arc::default() }
    }

    /// The clock goes on from `now`; never back.
    pub fn moves_to(&self, now: Instant) {
        self.millis.fetch_max(now.0.saturating_sub(self.start.0), Ordering::SeqCst);
    }

    fn nanos(&self) -> u64 {
        self.millis.load(Ordering::SeqCst).saturating_mul(1_000_000)
    }
}

/// Nanoseconds since the start of this clock.
struct Virtual {
    start: u64,
    skew: Option<Skew>,
    readings: AtomicU64,
}

impl Virtual {
    fn read(&self) -> u64 {
        let start = self.start.saturating_add(self.skew.as_ref().map_or(0, Skew::nanos));
        start.saturating_add(self.readings.fetch_add(1, Ordering::SeqCst).saturating_mul(STEP))
    }
}

impl HostWallClock for Virtual {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(STEP)
    }
    fn now(&self) -> Duration {
        Duration::from_nanos(self.read())
    }
}

impl HostMonotonicClock for Virtual {
    fn resolution(&self) -> u64 {
        STEP
    }
    fn now(&self) -> u64 {
        self.read()
    }
}

/// What all of a guest's randomness comes from; journaled, so that a run can be replayed.
#[derive(Debug, Clone, Copy)]
pub struct Seed {
    /// Of the streams.
    pub streams: [u8; 32],
    /// What std seeds its hash maps with.
    pub maps: [u8; 16],
}

impl Seed {
    /// The seed that [`Seed::bytes`] wrote.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (streams, maps) = bytes.split_first_chunk()?;
        Some(Self { streams: *streams, maps: maps.try_into().ok()? })
    }

    /// As one text of bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [&self.streams[..], &self.maps[..]].concat()
    }
}

/// Streams of randomness, all of one seed; ChaCha keeps its streams apart.
#[derive(Debug, Clone, Copy)]
enum Use {
    Secure,
    Insecure,
}

/// One stream, made when the guest first asks: most never do.
struct Stream {
    seed: [u8; 32],
    of: Use,
    begun: Option<ChaCha20Rng>,
}

fn stream(seed: &Seed, of: Use) -> Stream {
    Stream { seed: seed.streams, of, begun: None }
}

impl Stream {
    fn begun(&mut self) -> &mut ChaCha20Rng {
        self.begun.get_or_insert_with(|| {
            let mut stream = ChaCha20Rng::from_seed(self.seed);
            stream.set_stream(self.of as u64);
            stream
        })
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.begun().try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.begun().try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.begun().try_fill_bytes(bytes)
    }
}

/// The context of one run; `most` is what one call may carry. The host makes random bytes before the guest has the room,
/// and while it makes them no epoch ends the guest.
pub(super) fn context(seed: &Seed, clock: &Skew, (stdout, stderr): (Capture, Capture), most: Bytes) -> WasiCtx {
    let wall =
        Virtual { start: clock.start.0.saturating_mul(1_000_000), skew: Some(clock.clone()), readings: AtomicU64::new(0) };
    let monotonic = Virtual { start: 0, skew: None, readings: AtomicU64::new(0) };
    wasmtime_wasi::WasiCtxBuilder::new()
        .stdout(stdout)
        .stderr(stderr)
        .secure_random(stream(seed, Use::Secure))
        .insecure_random(stream(seed, Use::Insecure))
        .insecure_random_seed(u128::from_le_bytes(seed.maps))
        .max_random_size(most.0)
        .wall_clock(wall)
        .monotonic_clock(monotonic)
        .allow_ip_name_lookup(false)
        .allow_tcp(false)
        .allow_udp(false)
        .build()
}
