//! A WASI that gives nothing: no environment, argument, directory, stdin or address; virtual clocks, seeded randomness.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::capture::Capture;
use crate::clock::Instant;
use crate::name::Digest;
use crate::unit::Bytes;

/// Each reading moves a clock on by this much, so that a guest that waits by reading comes to an end.
const STEP: u64 = 1_000;

/// Nanoseconds since the start of this clock.
struct Virtual {
    start: u64,
    readings: AtomicU64,
}

impl Virtual {
    fn read(&self) -> u64 {
        self.start.saturating_add(self.readings.fetch_add(1, Ordering::SeqCst).saturating_mul(STEP))
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

/// One stream of randomness for each use, all from one seed.
fn stream(seed: &[u8; 32], of: &str) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(*Digest::of_parts(&[of.as_bytes(), b"\0", seed]).as_bytes())
}

/// The context of one run; `most` is what one call may carry. The host makes random bytes before the guest has the room,
/// and while it makes them no epoch ends the guest.
pub(super) fn context(seed: &[u8; 32], start: Instant, (stdout, stderr): (Capture, Capture), most: Bytes) -> WasiCtx {
    let hash = Digest::of_parts(&[b"insecure-seed\0", seed]);
    let insecure_seed = hash.as_bytes().iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let clock = |start| Virtual { start, readings: AtomicU64::new(0) };
    wasmtime_wasi::WasiCtxBuilder::new()
        .stdout(stdout)
        .stderr(stderr)
        .secure_random(stream(seed, "secure"))
        .insecure_random(stream(seed, "insecure"))
        .insecure_random_seed(insecure_seed)
        .max_random_size(most.0)
        .wall_clock(clock(start.0.saturating_mul(1_000_000)))
        .monotonic_clock(clock(0))
        .allow_ip_name_lookup(false)
        .allow_tcp(false)
        .allow_udp(false)
        .build()
}
