//! Sets of people.

/// A person's number, below `PEOPLE`.
pub type Person = u16;

/// How many work there.
pub const PEOPLE: Person = 400;

/// A set of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crowd([u64; 7]);

impl Crowd {
    /// Everybody.
    #[must_use]
    pub fn all() -> Self {
        (0..PEOPLE).collect()
    }

    /// Adds a person.
    pub fn add(&mut self, person: Person) {
        self.0[usize::from(person / 64)] |= 1 << (person % 64);
    }

    /// Whether the person is one of them.
    #[must_use]
    pub fn has(&self, person: Person) -> bool {
        self.0[usize::from(person / 64)] >> (person % 64) & 1 == 1
    }

    /// Those who are in one or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Those who are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// Those who are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    /// Whether all of them are in the other.
    #[must_use]
    pub fn within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == [0; 7]
    }

    /// How many they are.
    #[must_use]
    pub fn len(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Person> + '_ {
        (0..PEOPLE).filter(|person| self.has(*person))
    }
}

impl FromIterator<Person> for Crowd {
    fn from_iter<I: IntoIterator<Item = Person>>(people: I) -> Self {
        let mut crowd = Self::default();
        people.into_iter().for_each(|person| crowd.add(person));
        crowd
    }
}
