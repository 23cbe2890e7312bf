//! The command line: translates between a terminal and the modules below, and decides nothing.

pub mod report;
