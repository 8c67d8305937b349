//! A bar on the terminal, where the body does not go there.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::transfer::ProgressObserver;

/// A bar on stderr, which hides itself where stderr is no terminal.
pub(super) fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bytes} {binary_bytes_per_sec} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// Moves the bar.
pub(super) fn observer(bar: &ProgressBar) -> ProgressObserver {
    let bar = bar.clone();
    Arc::new(move |dltotal, dlnow, ultotal, ulnow| {
        let total = dltotal.saturating_add(ultotal);
        if total > 0 && bar.length() != Some(total) {
            bar.set_length(total);
            let template = "[{wide_bar}] {bytes} of {total_bytes} {binary_bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
        }
        bar.set_position(dlnow.saturating_add(ulnow));
    })
}
