//! All attacks in one process, one after the other, with a transfer that behaves after each.

use transferhost::{Host, LoadError, Plugin, Policy, PolicyKind, TransferSpec};
use transferhost_tests::guests;

use crate::attacks::Attack;
use crate::errand::{BODY, Errand};
use crate::expected::{End, Given};
use crate::site::Site;
use crate::watched::{self, Watched};

/// One host for each thing that is given, and on each a plugin that behaves, loaded before the first attack.
pub(crate) struct Crowd<'a> {
    site: &'a Site,
    hosts: Vec<(Given, Host, Plugin)>,
}

impl<'a> Crowd<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        let host = |given| {
            let policy = match site.policy(given) {
                Some(file) => Policy::from_file(file, None),
                None => Policy::new(PolicyKind::Curl),
            };
            let host = watched::host(policy.expect("a policy"), &Site::limits(given));
            let plugin = host.load(&guests::guest("redactor")).expect("a plugin of our own");
            (given, host, plugin)
        };
        let given = [Given::Nothing, Given::LittleTime, Given::AnotherListener];
        Self {
            site,
            hosts: given.map(host).into(),
        }
    }

    fn host(&self, given: Given) -> &(Given, Host, Plugin) {
        let found = self.hosts.iter().find(|(other, ..)| *other == given);
        found.expect("a host for each")
    }

    fn transfer(&self, host: &Host, plugin: &Plugin, given: Given, errand: Errand) -> Result<Watched, String> {
        let spec = TransferSpec {
            config: self.site.settings(given),
            ..self.site.spec(errand)
        };
        watched::run(host, plugin, spec)
    }

    /// The attack ends as it does on the command line.
    pub(crate) fn attack(&self, attack: &Attack) -> Result<(), String> {
        let expected = attack.expected;
        let (_, host, _) = self.host(expected.given);
        let plugin = match (host.load(&attack.path), expected.end) {
            (Err(LoadError::Refused { .. } | LoadError::Trial { .. }), End::NotLoaded(_)) => return Ok(()),
            (Err(error), _) => return Err(error.to_string()),
            (Ok(_), End::NotLoaded(_)) => return Err("it must not be loaded".to_owned()),
            (Ok(plugin), _) => plugin,
        };
        let watched = self.transfer(host, &plugin, expected.given, expected.errand)?;
        let outcome = &watched.outcome;
        let abort = outcome.abort.as_ref();
        let (callback, cause) = match expected.end {
            End::Ended { callback, cause, .. } => (Some(callback), Some(cause)),
            _ => (None, None),
        };
        let is = (
            outcome.code.number(),
            abort.and_then(|abort| abort.callback).map(|callback| callback.name()),
            abort.map(|abort| abort.cause.to_string()),
        );
        let must = (expected.end.code(), callback, cause.map(str::to_owned));
        if is != must {
            return Err(format!("it must end with {must:?} and ended with {is:?}"));
        }
        if expected.end != End::Well && watched.delivered_last() > 0 {
            return Err("bytes were delivered after the cause".to_owned());
        }
        let body = if expected.end.has_body() { BODY } else { b"" };
        if watched.delivered() != body {
            return Err(format!("{} bytes were delivered", watched.delivered().len()));
        }
        Ok(())
    }

    /// A transfer that means no harm, on the host that was just attacked.
    pub(crate) fn behave(&self, after: &Attack) -> Result<(), String> {
        let (given, host, plugin) = self.host(after.expected.given);
        let watched = self.transfer(host, plugin, *given, Errand::Fetch)?;
        let asked = ["start", "write", "write-end"].map(|callback| watched.calls(callback));
        if watched.outcome.code.number() == 0 && watched.delivered() == BODY && asked == [1, 1, 1] {
            return Ok(());
        }
        let message = &watched.outcome.message;
        Err(format!(
            "the transfer after it did not go well ({asked:?} calls): {message}"
        ))
    }
}
