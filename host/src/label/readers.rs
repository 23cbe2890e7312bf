//! Sets of people of one version of the directory, as bits: a join or a comparison of 100,000 people takes a microsecond.

/// Some of the people of one version of the directory, by their places in it. Sets of different versions have nothing to do
/// with each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Readers(Box<[u64]>);

impl Readers {
    /// Nobody of `people` people.
    #[must_use]
    pub fn nobody(people: usize) -> Self {
        Self(vec![0; people.div_ceil(64)].into())
    }

    /// Everybody of `people` people.
    #[must_use]
    pub fn everybody(people: usize) -> Self {
        let mut all = Self(vec![u64::MAX; people.div_ceil(64)].into());
        if let (Some(last), 1..) = (all.0.last_mut(), people % 64) {
            *last = (1 << (people % 64)) - 1;
        }
        all
    }

    /// Adds whoever stands at `place`.
    pub fn add(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// Leaves out whoever stands at `place`.
    pub fn leave(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word &= !(1 << (place % 64));
        }
    }

    /// Whether whoever stands at `place` is among them.
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// Keeps those who are among `others` too.
    pub fn keep(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word &= other);
        self.0.iter_mut().skip(others.0.len()).for_each(|word| *word = 0);
    }

    /// Adds those who are among `others`.
    pub fn unite(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word |= other);
    }

    /// Leaves out those who are among `others`.
    pub fn leave_out(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word &= !other);
    }

    /// Whether all of them are among `others`.
    #[must_use]
    pub fn within(&self, others: &Self) -> bool {
        // Whole words at once, without a branch for each: that is what a processor does fast.
        let outside = self.0.iter().zip(&others.0).fold(0, |outside, (word, other)| outside | word & !other);
        outside == 0 && self.0.iter().skip(others.0.len()).all(|word| *word == 0)
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is nobody among them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The places of those among them, in order.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            // From one of them to the next: of few among many, most words are passed at a glance.
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }
}
