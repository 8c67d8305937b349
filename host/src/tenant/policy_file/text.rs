//! The file's text, and where in it something is wrong.

use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, TENANT};
use crate::escape::escape;
use crate::limits;
use crate::suggest;
use crate::tenant::policy::PolicyError;
use crate::tenant::quota::QUOTAS;

/// The largest file that is read, in bytes: tables of ten thousand tenants fit.
const MOST: u64 = 16 << 20;

/// A file that was read.
pub(super) struct Text {
    shown: String,
    text: String,
}

impl Text {
    pub(super) fn read(path: &Path) -> Result<Text, PolicyError> {
        let shown = escape(&path.to_string_lossy());
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text));
        match read {
            Ok(_) if text.len() as u64 > MOST => {
                let most = MOST >> 20;
                Err(PolicyError(format!(
                    "{shown}: it is larger than {most} MiB: name a policy file"
                )))
            }
            Ok(_) => Ok(Text { shown, text }),
            Err(error) => Err(PolicyError(format!("{shown}: {error}"))),
        }
    }

    /// A text that stands in no file.
    #[cfg(feature = "testing")]
    pub(super) fn of(shown: &str, text: &str) -> Text {
        let (shown, text) = (shown.to_owned(), text.to_owned());
        Text { shown, text }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// One sentence about this place.
    pub(super) fn wrong(&self, place: Option<Range<usize>>, why: &str) -> PolicyError {
        let line = place.map(|span| self.text[..span.start.min(self.text.len())].matches('\n').count() + 1);
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        PolicyError(format!("{}{line}: {}", self.shown, why.replace('\n', " ")))
    }

    /// What the parser says, which repeats words of the file.
    pub(super) fn unread(&self, error: &toml::de::Error) -> PolicyError {
        self.wrong(error.span(), &escape(&error.message().replace('\n', " ")))
    }

    /// serde names an unknown key without its line or its neighbour in spelling; this names both.
    pub(super) fn check_keys(&self) -> Result<(), PolicyError> {
        let parsed = DeTable::parse(&self.text).map_err(|error| self.unread(&error))?;
        let top = parsed.get_ref();
        self.known(top, "", &keys::of(""))?;
        for section in ["network", "process", "batch"] {
            self.known_in(top, section, section, &keys::of(section))?;
        }
        self.values(top, "")?;
        self.known_in(top, "operator", "operator", &keys::of("operator"))?;
        if let Some(operator) = table(top, "operator") {
            self.known_in(operator, "limits", "operator.limits", &of_limits())?;
        }
        for (name, tenant) in table(top, "tenants").into_iter().flat_map(|tenants| tenants.iter()) {
            let section = format!("tenants.{}", escape(name.get_ref()));
            let Some(tenant) = tenant.get_ref().as_table() else {
                continue;
            };
            self.known(tenant, &section, &keys::of(TENANT))?;
            self.known_in(tenant, "network", &format!("{section}.network"), &keys::of("network"))?;
            self.values(tenant, &format!("{section}."))?;
        }
        Ok(())
    }

    /// The tables of limits and quotas.
    fn values(&self, of: &DeTable<'_>, before: &str) -> Result<(), PolicyError> {
        let quotas: Vec<&str> = QUOTAS.iter().map(|row| row.key).collect();
        self.known_in(of, "limits", &format!("{before}limits"), &of_limits())?;
        self.known_in(of, "quotas", &format!("{before}quotas"), &quotas)
    }

    fn known_in(&self, of: &DeTable<'_>, key: &str, section: &str, keys: &[&str]) -> Result<(), PolicyError> {
        match table(of, key) {
            Some(table) => self.known(table, section, keys),
            None => Ok(()),
        }
    }

    fn known(&self, table: &DeTable<'_>, section: &str, keys: &[&str]) -> Result<(), PolicyError> {
        let Some(key) = table.keys().find(|key| !keys.contains(&key.get_ref().as_ref())) else {
            return Ok(());
        };
        let name = key.get_ref().as_ref();
        let place = match section {
            "" => String::new(),
            section => format!(" in [{section}]"),
        };
        let hint = match suggest::nearest(name, keys.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", keys.join(", ")),
        };
        let why = format!("unknown key `{}`{place}; {hint}", escape(name));
        Err(self.wrong(Some(Spanned::span(key)), &why))
    }
}

fn of_limits() -> Vec<&'static str> {
    limits::ROWS.iter().map(|row| row.key).collect()
}

fn table<'t, 'i>(of: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    of.get(key).map(Spanned::get_ref).and_then(DeValue::as_table)
}
