//! Quotas: what a person, an agent or a tool may use over time. Pure: a store keeps what was spent.
