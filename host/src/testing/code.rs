//! Whether this process can make machine code of memory.

/// Compiles the smallest component and makes its code executable.
///
/// # Errors
/// What the system said to that.
pub fn make_code() -> Result<(), String> {
    let engine = wasmtime::Engine::new(crate::guest::Shape::default().config().parallel_compilation(false));
    let made = engine.and_then(|engine| {
        let text = "(component (core module $m (func)) (core instance (instantiate $m)))";
        wasmtime::component::Component::new(&engine, text)
    });
    made.map(drop).map_err(|error| format!("{error:#}"))
}
