//! Builds the example tools.
