//! All attacks in one process, one after the other, with a transfer that behaves after each.

use transferhost::{Host, Limit, LoadError, Plugin, Policy, PolicyKind, TransferSpec};
use transferhost_tests::guests;

use crate::attacks::Attack;
use crate::errand::{BODY, Errand};
use crate::expected::{End, Given};
use crate::site::Site;
use crate::watched;

/// One host for each thing that is given, and on each a plugin that behaves, loaded before the first attack.
pub(crate) struct Crowd<'a> {
    site: &'a Site,
    hosts: Vec<(Given, Host, Plugin)>,
}

impl<'a> Crowd<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        Self::within(site, &[])
    }

    /// With other limits where these say so.
    pub(crate) fn within(site: &'a Site, limits: &[(Limit, u64)]) -> Self {
        let host = |given| {
            let policy = match site.policy(given) {
                Some(file) => Policy::from_file(file, None),
                None => Policy::new(PolicyKind::Curl),
            };
            let host = watched::host(policy.expect("a policy"), &[&Site::limits(given), limits].concat());
            let plugin = host.load(&guests::guest("redactor")).expect("a plugin of our own");
            (given, host, plugin)
        };
        Self {
            site,
            hosts: Given::ALL.map(host).into(),
        }
    }

    fn host(&self, given: Given) -> &(Given, Host, Plugin) {
        let found = self.hosts.iter().find(|(other, ..)| *other == given);
        found.expect("a host for each")
    }

    fn spec(&self, given: Given, errand: Errand, told: Option<(String, String)>) -> TransferSpec {
        TransferSpec {
            config: self.site.settings(given).into_iter().chain(told).collect(),
            ..self.site.spec(errand)
        }
    }

    /// The plugin of an attack; none where it must not be loaded, and is not.
    pub(crate) fn load(&self, attack: &Attack) -> Result<Option<Plugin>, String> {
        let (_, host, _) = self.host(attack.expected.given);
        match (host.load(&attack.path), attack.expected.end) {
            (Err(LoadError::Refused { .. } | LoadError::Trial { .. }), End::NotLoaded(_)) => Ok(None),
            (Err(error), _) => Err(error.to_string()),
            (Ok(_), End::NotLoaded(_)) => Err("it must not be loaded".to_owned()),
            (Ok(plugin), _) => Ok(Some(plugin)),
        }
    }

    /// The attack ends as it does on the command line.
    pub(crate) fn attack(&self, attack: &Attack) -> Result<(), String> {
        match self.load(attack)? {
            Some(plugin) => self.let_loose(attack, &plugin),
            None => Ok(()),
        }
    }

    /// As [`Crowd::attack`], with a plugin that was loaded before.
    pub(crate) fn let_loose(&self, attack: &Attack, plugin: &Plugin) -> Result<(), String> {
        let expected = attack.expected;
        let (_, host, _) = self.host(expected.given);
        let spec = TransferSpec {
            without: attack.without().collect(),
            ..self.spec(expected.given, expected.errand, attack.settings())
        };
        let watched = watched::run(host, plugin, spec)?;
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
        let watched = watched::run(host, plugin, self.spec(*given, Errand::Fetch, None))?;
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
