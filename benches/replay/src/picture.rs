//! A picture of exposure over the day.
