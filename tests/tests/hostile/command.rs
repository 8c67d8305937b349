//! An attack through the command line, and all that is seen of it from outside.

use std::fs;

use serde_json::Value;
use transferhost_tests::command::Transferhost;
use transferhost_tests::running::Ended;

use crate::attacks::Attack;
use crate::errand::BODY;
use crate::expected::End;
use crate::site::Site;

pub(crate) struct Run {
    ended: Ended,
    outcome: Option<Value>,
    /// What is said on stderr by the host itself.
    said: Vec<String>,
    shown: Option<String>,
}

/// A guest's words are cut at 1 KiB; what is escaped grows.
const LONGEST: usize = 4 << 10;
/// As much of a message as the documentation shows.
const SHOWN: usize = 200;

impl Run {
    pub(crate) fn of(attack: &Attack, site: &Site) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("outcome.json");
        let mut run = Transferhost::run().arg("--outcome").arg(&file);
        for (limit, value) in Site::limits(attack.expected.given) {
            let row = limit.row();
            let unit = match row.unit {
                transferhost::limits::Unit::Milliseconds => "ms",
                _ => "",
            };
            run = run.arg("--limit").arg(format!("{}={value}{unit}", row.key));
        }
        for (key, value) in site
            .settings(attack.expected.given)
            .into_iter()
            .chain(attack.settings())
        {
            run = run.arg("--set").arg(format!("{key}={value}"));
        }
        for callback in attack.without() {
            run = run.args(["--without", callback.name()]);
        }
        if let Some(policy) = site.policy(attack.expected.given) {
            run = run.arg("--policy-file").arg(policy);
        }
        run = run.arg(&attack.path);
        for argument in site.arguments(attack.expected.errand) {
            run = run.arg(argument);
        }
        let ended = run.end();
        let outcome = fs::read_to_string(&file).ok().filter(|text| !text.is_empty());
        let own = ended.stderr.lines().filter(|line| line.starts_with("transferhost: "));
        // That a callback will not be called is said before anything happens.
        let said = own.filter(|line| !line.starts_with("transferhost: warning: "));
        let said: Vec<String> = said.map(str::to_owned).collect();
        let shown = said.first().map(|line| shown(&site.without_ports(line)));
        Self {
            outcome: outcome.map(|text| serde_json::from_str(&text).expect("an outcome is JSON")),
            said,
            shown,
            ended,
        }
    }

    pub(crate) fn code(&self) -> String {
        self.ended
            .code()
            .map_or_else(|| "a signal".to_owned(), |code| code.to_string())
    }

    pub(crate) fn cause(&self) -> Option<String> {
        Some(self.outcome.as_ref()?["abort"]["cause"].as_str()?.to_owned())
    }

    /// The message, without what differs from machine to machine.
    pub(crate) fn message(&self) -> Option<String> {
        self.shown.clone()
    }

    pub(crate) fn check(&self, attack: &Attack) -> Result<(), String> {
        let end = attack.expected.end;
        same("the exit code", self.ended.code(), i32::try_from(end.code()).ok())?;
        let body = if end.has_body() { BODY } else { b"" };
        same("what was delivered", self.ended.stdout.as_slice(), body)?;
        same("that it speaks", self.said.len(), usize::from(end != End::Well))?;
        if let Some(line) = self.ended.stderr.lines().find(|line| line.contains(is_unsafe)) {
            return Err(format!("a terminal would obey {line:?}"));
        }
        if let Some(line) = self.said.iter().find(|line| line.len() > LONGEST) {
            return Err(format!("a message has {} bytes", line.len()));
        }
        match (end, &self.outcome) {
            (_, None) => Err("there is no outcome".to_owned()),
            (End::NotLoaded(words), Some(outcome)) => {
                same("the code", &outcome["code"], &Value::from(2))?;
                same("the guest", &outcome["guest"], &Value::Null)?;
                holds(&self.said[0], words)
            }
            (End::Well, Some(outcome)) => {
                same("the code", &outcome["code"], &Value::from(0))?;
                same("the abort", &outcome["abort"], &Value::Null)
            }
            (End::Ended { callback, code, cause }, Some(outcome)) => {
                let abort = &outcome["abort"];
                same("the code", &outcome["code"], &Value::from(code))?;
                same("the callback", abort["callback"].as_str(), Some(callback))?;
                same("the cause", abort["cause"].as_str(), Some(cause))?;
                let blame = if cause == "policy" { "host" } else { "guest" };
                same("the blame", abort["blame"].as_str(), Some(blame))?;
                same("the count", &outcome["bytes"]["delivered"], &Value::from(body.len()))?;
                let message = outcome["message"].as_str().unwrap_or_default();
                same(
                    "the message",
                    &self.said[0],
                    &format!("transferhost: ({code}) {message}"),
                )?;
                holds(message, &format!("{callback}: "))
            }
        }
    }
}

/// What a line must not hold: controls, and what reorders or hides it.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The message as the documentation has it: what a compiler or libcurl chose is left out, and a long one is cut.
fn shown(line: &str) -> String {
    let line = line.strip_prefix("transferhost: ").unwrap_or(line);
    let line = match line.split_once("trapped: unreachable in ") {
        Some((before, _)) => format!("{before}trapped: unreachable in …"),
        None => line.to_owned(),
    };
    let line = match line.split_once("not a valid component: ") {
        Some((before, _)) => format!("{before}not a valid component: …"),
        None => line,
    };
    // How much libcurl has room for differs from one to the other.
    let line = match line.split_once("rules: data of ") {
        Some((before, _)) => format!("{before}rules: data of …"),
        None => line,
    };
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: T, should: T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what} must be {should:?} and is {is:?}"))
    }
}

fn holds(text: &str, words: &str) -> Result<(), String> {
    if text.contains(words) {
        Ok(())
    } else {
        Err(format!("{words:?} must be in {text:?}"))
    }
}
