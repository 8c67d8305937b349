//! Answers `reject` in `ssh-key`.

hostile::refusal!(ssh_key, Action::Reject, Action::Fine);
