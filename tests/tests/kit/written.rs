//! Plugins whose text is written by a test, with places to fill.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A plugin in a folder of its own.
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    _folder: TempDir,
}

impl Written {
    pub(crate) fn new(text: &str, places: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("transferhost-written-").unwrap();
        let path = folder.path().join("plugin.wat");
        let text = places
            .iter()
            .fold(text.to_owned(), |text, (place, filling)| text.replace(place, filling));
        fs::write(&path, text).unwrap();
        Self { path, _folder: folder }
    }
}
