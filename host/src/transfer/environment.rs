//! The guests are made, each with what it is given.

use std::sync::Arc;

use super::account::Account;
use super::dispatch::Dispatch;
use super::ended::Ended;
use super::guests::{Operator, Who};
use super::spec::{LineObserver, TransferSpec};
use super::view::View;
use crate::callback::Callback;
use crate::guest::{Environment, Guest, Plugin};
use crate::host::Host;
use crate::limits::Limits;

/// Says who decides what.
pub(super) fn seat(dispatch: &Dispatch, operator: Option<&Operator>, plugin: Option<&Plugin>, without: &[Callback]) {
    if let Some(operator) = operator {
        let _ = dispatch.guests.plugin.set(operator.plugin.clone());
        for callback in operator.plugin.callbacks() {
            dispatch.guests.operator.decide(*callback);
        }
    }
    let exported = plugin.map(Plugin::callbacks).unwrap_or_default().iter();
    for callback in exported.filter(|callback| !without.contains(callback)) {
        dispatch.decide(*callback);
    }
}

/// Makes the guests, the operator's first. The transfer is over where one cannot be made.
pub(super) fn make_guests(
    host: &Host,
    dispatch: &Dispatch,
    operator: Option<Operator>,
    plugin: Option<&Plugin>,
    spec: &mut TransferSpec,
    view: &View,
) {
    if let Some(operator) = operator {
        let prints = spec.observer.operator_prints.clone();
        let environment = environment(dispatch, operator.limits, operator.config, prints, view);
        make(host, dispatch, Who::Operator, &operator.plugin, environment);
    }
    if let Some(plugin) = plugin.filter(|_| !dispatch.latch.is_set()) {
        let limits = dispatch.policy.limits.clone();
        let config = std::mem::take(&mut spec.config);
        let environment = environment(dispatch, limits, config, spec.observer.prints.clone(), view);
        make(host, dispatch, Who::Tenant, plugin, environment);
    }
}

fn environment(
    dispatch: &Dispatch,
    limits: Limits,
    config: Vec<(String, String)>,
    prints: Option<LineObserver>,
    view: &View,
) -> Environment {
    Environment {
        limits,
        config,
        classifier: Arc::clone(&dispatch.policy.classifier),
        printer: prints.unwrap_or_else(|| Arc::new(|_: &str| {})),
        transfer: Box::new(view.clone()),
        may_wait: !dispatch.policy.guards_network(),
        // It is the tenant's transfer that takes them, whosever guest it is.
        ledger: dispatch.account.as_ref().map(Account::ledger),
    }
}

fn make(host: &Host, dispatch: &Dispatch, who: Who, plugin: &Plugin, environment: Environment) {
    match dispatch.contain(None, || Guest::new(host.engine(), plugin, environment)) {
        Some(Ok(guest)) => drop(dispatch.guests.seat(who).guest.replace(Some(guest))),
        Some(Err(failure)) => dispatch.latch.set(Ended::new(None, failure).by(who)),
        None => {}
    }
}
