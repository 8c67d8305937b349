//! The reference in `docs/batch.md` is printed from the tables that the host works by.

use std::fs;

use transferhost::limits::Unit;
use transferhost::policy_keys::ROWS;
use transferhost::testing::CAPS;
use transferhost::{BatchKeys, PolicyFile, PolicyKind, QUOTAS, Quotas};
use transferhost_tests::root;
use transferhost_tests::table::{Section, Table, code};

use super::site::Site;

#[test]
fn it_has_every_key() {
    let mut table = Table::new(["key", "default", "meaning"]);
    for row in ROWS {
        let key = match row.section {
            "" => row.key.to_owned(),
            section => format!("{section}.{}", row.key),
        };
        table.row([code(&key), row.default.to_owned(), row.meaning.to_owned()]);
    }
    let settled = Section::of("batch.md", "keys").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn it_has_every_cap() {
    let mut table = Table::new(["of a job", "most", "why"]);
    for cap in CAPS {
        let most = match cap.most {
            bytes if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
            most => format!("{most} {}", cap.unit),
        };
        table.row([cap.of.to_owned(), most, cap.why.to_owned()]);
    }
    let settled = Section::of("batch.md", "caps").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn it_has_every_quota() {
    let mut table = Table::new(["key", "default", "bounds", "why"]);
    for row in QUOTAS {
        let value = match row.unit {
            Unit::Bytes if row.default.is_multiple_of(1 << 20) => format!("{}MiB", row.default >> 20),
            Unit::Milliseconds => format!("{}ms", row.default),
            _ => row.default.to_string(),
        };
        // It can be copied into a file as it stands.
        let mut quotas = Quotas::default();
        quotas.set_text(row.key, &value).unwrap();
        assert_eq!(quotas, Quotas::default());
        table.row([code(row.key), code(&value), row.bounds.to_owned(), row.why.to_owned()]);
    }
    let settled = Section::of("batch.md", "quotas").settle(table);
    settled.unwrap_or_else(|difference| panic!("{difference}"));
}

/// What the table of keys says is the default is the default.
#[test]
fn defaults_are_those_that_it_names() {
    let origin = transferhost_tests::http::serve(|_| transferhost_tests::http::Response::ok("")).unwrap();
    let site = Site::new(&origin, "");
    let mut text = "[batch]\n".to_owned();
    for row in ROWS
        .iter()
        .filter(|row| row.section == "batch" && row.default.starts_with('`') && row.default.ends_with('`'))
    {
        if !row.default[1..].trim_end_matches('`').contains('`') {
            text += &format!("{} = {}\n", row.key, row.default.trim_matches('`'));
        }
    }
    site.write("named.toml", &text);
    let named = PolicyFile::read(&site.at("named.toml"), None, PolicyKind::Tenant)
        .unwrap()
        .batch;
    assert!(text.lines().count() > 6, "{text}");
    assert_eq!(format!("{named:?}"), format!("{:?}", BatchKeys::default()));
}

#[test]
fn its_example_is_a_policy() {
    let text = fs::read_to_string(root().join("docs/batch.md")).unwrap();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("\n```").unwrap();
    let origin = transferhost_tests::http::serve(|_| transferhost_tests::http::Response::ok("")).unwrap();
    let site = Site::new(&origin, "");
    site.write("example.toml", example);
    let file = PolicyFile::read(&site.at("example.toml"), None, PolicyKind::Tenant).unwrap();
    assert!(file.tenant("acme").is_some() && file.tenant("small").is_some() && file.tenant("else").is_none());
}
