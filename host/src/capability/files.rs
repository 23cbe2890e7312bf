//! The capability `files`: documents below the files root.
