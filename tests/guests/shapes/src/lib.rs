//! A guest of the tests: every type that the SDK's attribute knows, and no import.

/// Gives back what it is given.
#[tollgate_sdk::tool]
pub mod shapes {
    /// How warm.
    #[derive(Clone, Copy)]
    pub enum Kind {
        /// Not at all.
        Low,
        /// As it should be.
        VeryHigh,
    }

    /// What is drawn.
    pub enum Shape {
        /// A place.
        Point,
        /// Its radius.
        Circle(f64),
        /// By its parts.
        Composed(Inner),
    }

    /// A part.
    pub struct Inner {
        /// A word of Rust and of WIT.
        pub r#type: String,
        pub tags: Vec<String>,
    }

    /// A value of each kind.
    pub struct Everything {
        pub truth: bool,
        pub small: (u8, u16, i8, i16),
        pub large: (u32, u64, i32, i64),
        pub floats: (f32, f64),
        pub letter: char,
        /// Nothing, or perhaps nothing.
        pub maybe: Option<Option<u32>>,
        pub outcome: Result<u32, String>,
        pub bare: Result<(), ()>,
        pub bytes: Vec<u8>,
        pub kind: Kind,
        /// How it looks.
        pub shape: Shape,
        pub shapes: Vec<Shape>,
        pub pairs: Vec<(String, Option<Inner>)>,
        pub results: Vec<Result<Inner, Kind>>,
    }

    /// A private type is nobody's business.
    struct Sum(u64);

    /// The same again.
    pub fn echo(
        /// Whatever it is.
        everything: Everything,
    ) -> Everything {
        everything
    }

    /// Does nothing.
    pub fn nothing() {}

    /// The last of `inners`, or why there is none.
    ///
    /// Fails where there are none.
    pub fn last(inners: &[Inner], label: &str) -> Result<Inner, String> {
        let last = inners.last().ok_or_else(|| format!("{label}: none"))?;
        Ok(Inner { r#type: format!("{label}: {}", last.r#type), tags: last.tags.clone() })
    }

    /// Adds up.
    pub fn sum(numbers: &[u32]) -> u64 {
        added(numbers).0
    }

    /// Fails, or does not.
    pub fn judge(kind: Kind, r#in: (u8,)) -> Result<(), Shape> {
        match kind {
            Kind::Low => Err(Shape::Circle(f64::from(r#in.0))),
            Kind::VeryHigh => Ok(()),
        }
    }

    fn added(numbers: &[u32]) -> Sum {
        Sum(numbers.iter().map(|number| u64::from(*number)).sum())
    }
}
