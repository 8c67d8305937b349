//! What the project's own benchmarks, tests and fuzzers need of the inside.
//!
//! An oracle takes an input, does with it what the host would do, and says in one sentence which promise did not hold.
//! `host/fuzz` feeds them what libFuzzer comes upon, the test `oracles` its corpora and generated inputs.

mod address;
mod code;
pub(crate) mod load;
mod lone_guest;
mod policy;
mod proposals;

pub use address::AddressCase;
pub use code::make_code;
pub use load::{load, loading_messages};
pub use lone_guest::LoneGuest;
pub use policy::policy;
pub use proposals::{PROPOSAL_SAMPLES, PROPOSALS_WITHOUT_SAMPLE, Proposal, ProposalSample, proposals};

#[cfg(feature = "cli")]
pub use crate::cli::batch::testing::{CAPS, Cap, job};
pub use crate::transfer::stub::Stub;
pub use crate::transfer::testing::{Message, header, messages, outcome, request_header, sequence};
