//! Answers `fail-restart` in `ioctl`.

hostile::refusal!(ioctl, Action::FailRestart, Action::Ok);
