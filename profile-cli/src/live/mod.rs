//! A program while it runs: what lives in it, on the terminal; recordings and snapshots on request.
//!
//! | modules | |
//! |---|---|
//! | `args` | what can be typed |
//! | `launch`, `attach` | programs that are started, and such as run already |
//! | `remote` | viewers on other terminals and machines |
//! | `link` | the connection |
//! | `model`, `history` | what is known of the program; plain data |
//! | `screen`, `keys`, `state`, `view`, `plain` | what of it is shown, and how |
//! | `output` | what the program prints meanwhile |

pub mod args;
mod attach;
mod history;
mod keys;
mod launch;
mod link;
mod model;
mod output;
mod plain;
mod remote;
mod screen;
mod state;
mod view;

pub use attach::{attach, detach, show, snapshot};
pub use launch::run;
