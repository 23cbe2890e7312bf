//! The switch: whom and what somebody has stopped.
