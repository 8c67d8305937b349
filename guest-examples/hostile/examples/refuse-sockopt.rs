//! Answers `error` in `sockopt`.

hostile::refusal!(sockopt, Action::Error, Action::Ok);
