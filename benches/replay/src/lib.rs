//! One day at a company of 400 people, in minutes and integers: everybody who builds it gets the same day, to the digit. It is
//! played in columns: without controls, as comparable products do it, and as Tollgate should. The people and the column of the
//! others are a model, not a measurement of any product or of anybody.

pub mod crowd;
pub mod day;
pub mod exposure;
pub mod figures;
pub mod people;
pub mod picture;
pub mod stream;
pub mod table;
pub mod tasks;
pub mod world;

/// A minute of the day; the day has 1,440.
pub type Minute = u16;

/// The minute at which the day is over.
pub const NIGHT: Minute = 1440;
