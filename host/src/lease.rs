//! Leases: access that a tool opened, and what becomes of it when its time is over.
