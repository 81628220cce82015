//! What the benches at the workspace's root and those beside the peers share: how a cost is timed,
//! and the functions whose cost it is.

#[macro_use]
mod bodies;
pub(crate) mod costs;
pub(crate) mod pairs;
pub(crate) mod timing;
