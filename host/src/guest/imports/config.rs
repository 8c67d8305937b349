//! `wasi:config/store`: what the operator has set for the guest.

use crate::guest::bindings::config::{Error, Host};
use crate::guest::instance::State;

impl Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, Error>> {
        self.passed.count(key.len())?;
        Ok(Ok(self.config.get(&key).cloned()))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, Error>> {
        let all = self.config.iter();
        Ok(Ok(all.map(|(key, value)| (key.clone(), value.clone())).collect()))
    }
}
