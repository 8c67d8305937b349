//! Answers `fail` in `seek`.

hostile::refusal!(seek, Action::Fail, Action::Ok);
