//! A guest of a plugin: the one place where a store is made.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings;
use super::call::Calls;
use super::clock::CallClock;
use super::engine::Engine;
use super::imports::TransferView;
use super::limits::Limiter;
use super::load::Plugin;
use super::passed::Passed;
use super::print::{Budget, Output, Printer};
use super::verdict::{Failure, answer};
use super::wasi::{self, Bounded};
use crate::callback::{Callback, for_each_callback};
use crate::cause::Cause;
use crate::limits::{Limit, Limits};
use crate::tenant::class::Classifier;
use crate::tenant::ledger::Ledger;

/// What a guest is given, besides its plugin.
pub(crate) struct Environment {
    /// Its limits.
    pub(crate) limits: Limits,
    /// What it reads through `wasi:config/store`.
    pub(crate) config: Vec<(String, String)>,
    /// What `net` answers by.
    pub(crate) classifier: Arc<Classifier>,
    /// Where its prints go.
    pub(crate) printer: Printer,
    /// What `transfer` answers by.
    pub(crate) transfer: Box<dyn TransferView>,
    /// Whether it may wait inside a host import, within a call's time.
    pub(crate) may_wait: bool,
    /// Whose account its time and its memory are put to.
    pub(crate) ledger: Option<Arc<Ledger>>,
}

/// What a store holds.
pub(super) struct State {
    pub(super) table: ResourceTable,
    pub(super) wasi: WasiCtx,
    pub(super) config: BTreeMap<String, String>,
    pub(super) classifier: Arc<Classifier>,
    pub(super) transfer: Box<dyn TransferView>,
    /// The sockets that the guest was told of and that are open, with what it assigned to each.
    pub(super) sockets: HashMap<u64, Option<u64>>,
    pub(super) limiter: Limiter,
    pub(super) clock: CallClock,
    pub(super) passed: Passed,
    output: [Output; 2],
}

impl State {
    pub(super) fn bounded(&mut self) -> Bounded<'_> {
        Bounded {
            table: &mut self.table,
            clock: &self.clock,
            passed: &mut self.passed,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

macro_rules! exports {
    ($($(#[$doc:meta])* $callback:ident $field:ident $name:literal $code:ident [$($is:ident)*];)*) => {
        /// Where a plugin's exports are; looked up once a plugin.
        #[derive(Clone)]
        pub(super) struct Indices { $($field: Option<bindings::$field::GuestIndices>),* }

        /// A guest's exports.
        pub(super) struct Exports { $(pub(super) $field: Option<bindings::$field::Guest>),* }

        impl Indices {
            /// Finds those of these callbacks; all of them must be there.
            pub(super) fn find(
                pre: &wasmtime::component::InstancePre<State>,
                exported: &[Callback],
            ) -> wasmtime::Result<Indices> {
                Ok(Indices {
                    $($field: match exported.contains(&Callback::$callback) {
                        true => Some(bindings::$field::GuestIndices::new(pre)?),
                        false => None,
                    }),*
                })
            }

            /// Checks their types and makes them callable.
            fn load(
                &self,
                store: &mut Store<State>,
                instance: &wasmtime::component::Instance,
            ) -> wasmtime::Result<Exports> {
                Ok(Exports {
                    $($field: match &self.$field {
                        Some(indices) => Some(indices.load(&mut *store, instance)?),
                        None => None,
                    }),*
                })
            }
        }
    };
}

for_each_callback!(exports);

/// Those of the whole process.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// How many guests there are in the process.
pub(crate) fn alive() -> usize {
    ALIVE.load(Ordering::Relaxed)
}

/// One live instance of a plugin, for one transfer.
pub(crate) struct Guest {
    pub(super) store: Store<State>,
    pub(super) exports: Exports,
    pub(super) limits: Limits,
    pub(super) calls: Calls,
    /// What instantiating burned counts as well.
    pub(super) fuel_spent: u64,
    pub(super) body_bytes: u64,
    pub(super) ledger: Option<Arc<Ledger>>,
}

impl Guest {
    /// Makes a guest. This runs its start code, within limits of its own.
    pub(crate) fn new(engine: &Engine, plugin: &Plugin, environment: Environment) -> Result<Guest, Failure> {
        let limits = environment.limits.clone();
        let ledger = environment.ledger.clone();
        let mut store = store(engine, environment);
        let fuel = limits.get(Limit::InstantiateFuel);
        let time = limits.time(Limit::InstantiateTime);
        let made = (|| {
            store.set_fuel(fuel)?;
            store.data_mut().clock.begin(time);
            let instance = plugin.pre().instantiate(&mut store)?;
            plugin.indices().load(&mut store, &instance)
        })();
        if let Some(ledger) = &ledger {
            ledger.ran(store.data().clock.elapsed());
        }
        let spent = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
        match answer(made.map(Ok)) {
            Ok(exports) => {
                ALIVE.fetch_add(1, Ordering::Relaxed);
                Ok(Guest {
                    store,
                    exports,
                    limits,
                    calls: Calls::default(),
                    fuel_spent: spent,
                    body_bytes: 0,
                    ledger,
                })
            }
            Err(failure) if failure.cause == Cause::OutOfFuel => Err(Failure {
                limit: Some(fuel),
                used: Some(spent),
                ..failure
            }),
            Err(failure) if failure.cause == Cause::Instances => Err(Failure {
                limit: Some(limits.get(Limit::Instances)),
                ..failure
            }),
            Err(failure) => Err(failure),
        }
    }

    /// The most bytes that the guest's memories had together.
    pub(crate) fn memory_peak(&self) -> u64 {
        self.store.data().limiter.memory_peak()
    }

    /// Fuel that the guest burned in all.
    pub(crate) fn fuel_spent(&self) -> u64 {
        self.fuel_spent
    }

    /// What was called how often.
    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        for output in &self.store.data().output {
            output.finish();
        }
    }
}

fn store(engine: &Engine, environment: Environment) -> Store<State> {
    let limits = &environment.limits;
    let budget: Arc<Mutex<Budget>> = Budget::new(limits.get(Limit::Printed));
    let output = [(); 2].map(|()| Output::new(Arc::clone(&environment.printer), Arc::clone(&budget)));
    let [stdout, stderr] = output.clone();
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.count(Limit::Handles));
    let state = State {
        table,
        wasi: wasi::closed(stdout, stderr),
        config: environment.config.into_iter().collect(),
        classifier: environment.classifier,
        transfer: environment.transfer,
        sockets: HashMap::new(),
        limiter: Limiter::new(limits, environment.ledger),
        clock: CallClock::new(Arc::clone(&engine.runtime), environment.may_wait),
        passed: Passed::new(limits.get(Limit::Returned)),
        output,
    };
    let mut store = Store::new(&engine.engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_max_component_handles(limits.count(Limit::Handles));
    store.set_hostcall_fuel(limits.count(Limit::Returned));
    // The engine's tick only makes a guest look at its own clock: another store's deadline is none of its.
    store.epoch_deadline_callback(|context| {
        context.data().clock.check()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store.set_epoch_deadline(1);
    store
}
