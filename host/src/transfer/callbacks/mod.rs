//! What each callback means for a transfer, a file for each: who is asked and in which order, what the answer makes libcurl
//! do, and the words that the trace has for it.

pub(super) mod closesocket;
pub(super) mod debug;
pub(super) mod done;
pub(super) mod header;
pub(super) mod ioctl;
pub(super) mod opensocket;
pub(super) mod prereq;
pub(super) mod read;
pub(super) mod redirect;
pub(super) mod seek;
pub(super) mod socket;
pub(super) mod sockopt;
pub(super) mod ssh_key;
pub(super) mod start;
pub(super) mod timer;
pub(super) mod write;
pub(super) mod xferinfo;
