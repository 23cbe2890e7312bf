//! Where every draw comes from: SplitMix64, one stream for each name.

use sha2::{Digest as _, Sha256};

/// A stream of draws.
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// The stream of this name: its state is the first 8 bytes of the name's digest, big-endian.
    #[must_use]
    pub fn named(seed: u32, name: &str) -> Self {
        let digest = Sha256::digest(format!("tollgate-replay/1:{seed}:{name}"));
        Self(digest.iter().take(8).fold(0, |state, byte| (state << 8) | u64::from(*byte)))
    }

    /// The next output.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, bound: u16) -> u16 {
        // The upper half of a product with a number of 16 bits has 16 bits.
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u16
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: u16) -> bool {
        self.below(100) < percent
    }

    /// So many different numbers below this one, in the order in which they were drawn.
    pub fn distinct(&mut self, count: usize, bound: u16) -> Vec<u16> {
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count {
            let number = self.below(bound);
            if !drawn.contains(&number) {
                drawn.push(number);
            }
        }
        drawn
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.below(all.len() as u16))]
    }
}
