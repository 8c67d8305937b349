//! Early refusals: functions that no compiler of guests writes, and that would take the host's compiler long. They save time
//! and bound nothing; the process that compiles is bounded by the kernel. All functions in the file are compiled, whether
//! something makes an instance of them or not.

use wasmparser::{BinaryReaderError, FunctionBody, Operator};

/// Functions of all modules together. Empty ones take some 6 KiB each while they are compiled; a JavaScript engine has
/// 13,000 to 25,000.
const FUNCTIONS: u64 = 100_000;
/// Local variables of all functions together: 2 bytes declare 50,000 that take milliseconds. The same engine has 50,000,
/// or 580,000 where it was specialised.
const LOCALS: u64 = 1_000_000;
/// Code of one function in bytes. Straight code takes some 250 times as much while it is compiled, and branches take time
/// by the square of their number. The engine's largest function has 107 KB.
const CODE: usize = 1 << 20;
/// Blocks of one function times the local variables that it uses: where each lives through each, the compiler keeps some
/// 30 bytes for every pair.
const LIVE: u64 = 16 << 20;
/// No function as short as this has so many pairs: a branch and the use of a variable take 2 bytes each.
const SHORT: usize = 16 << 10;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    functions: u64,
    locals: u64,
}

impl Bodies {
    /// So many more functions.
    ///
    /// # Errors
    /// One sentence, where those are too many.
    pub(super) fn declare(&mut self, functions: u32) -> Result<(), String> {
        self.functions = self.functions.saturating_add(u64::from(functions));
        match self.functions <= FUNCTIONS {
            true => Ok(()),
            false => Err(format!("it has more than {FUNCTIONS} functions")),
        }
    }

    /// The body of a function. What is not valid is left to the compiler to refuse.
    ///
    /// # Errors
    /// One sentence, where it is too large, or has too much that the compiler must keep.
    pub(super) fn add(&mut self, body: &FunctionBody<'_>) -> Result<(), String> {
        let bytes = body.as_bytes().len();
        if bytes > CODE {
            return Err(format!("one of its functions has {bytes} bytes, more than {CODE}"));
        }
        self.locals = self.locals.saturating_add(declared(body).unwrap_or(0));
        if self.locals > LOCALS {
            return Err(format!("its functions have more than {LOCALS} local variables"));
        }
        if bytes > SHORT && live(body).is_ok_and(|pairs| pairs > LIVE) {
            return Err(format!(
                "one of its functions has too many branches for its local variables: {LIVE} of one times the other are allowed"
            ));
        }
        Ok(())
    }
}

/// The local variables that a function declares.
fn declared(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let groups = body.get_locals_reader()?.into_iter();
    groups.map(|group| group.map(|(count, _)| u64::from(count))).sum()
}

/// Blocks of a function times the local variables that it uses.
fn live(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let (mut blocks, mut used, mut locals) = (1_u64, Vec::<bool>::new(), 0_u64);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::BrIf { .. }
            | Operator::BrTable { .. } => blocks += 1,
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index } => {
                let at = local_index as usize;
                // The compiler refuses a function of more.
                if at >= used.len() && at < 50_000 {
                    used.resize(at + 1, false);
                }
                if let Some(used) = used.get_mut(at) {
                    locals += u64::from(!std::mem::replace(used, true));
                }
            }
            _ => {}
        }
    }
    Ok(blocks * locals)
}

#[cfg(test)]
mod tests {
    use super::super::weigh::weigh;

    fn module(functions: &str) -> Result<(), String> {
        weigh(&wat::parse_str(format!("(component (core module {functions}))")).unwrap()).map(drop)
    }

    #[test]
    fn what_no_compiler_writes_is_refused() {
        let branches = |blocks: usize, locals: usize| {
            let block =
                (0..blocks).map(|n| format!("(if (local.get {0}) (then (local.set {0} (i32.const 1))))", n % locals));
            let block: String = block.collect();
            module(&format!("(func (local {}) {block})", "i32 ".repeat(locals)))
        };
        assert_eq!(branches(10_000, 1_000), Ok(()));
        assert!(branches(20_000, 1_000).unwrap_err().contains("branches"));
        let locals = format!("(func (local {}))", "i64 ".repeat(50_000));
        assert_eq!(module(&locals.repeat(20)), Ok(()));
        assert!(module(&locals.repeat(21)).unwrap_err().contains("local variables"));
        assert_eq!(module(&"(func)".repeat(100_000)), Ok(()));
        assert!(module(&"(func)".repeat(100_001)).unwrap_err().contains("functions"));
        let long = format!("(func {})", "nop ".repeat(1 << 20));
        assert!(module(&long).unwrap_err().contains("bytes"));
    }

    #[test]
    fn what_is_never_made_is_compiled_all_the_same() {
        let module = format!("(core module {})", "(func)".repeat(60_000));
        let text = format!("(component (component {module}) {module})");
        assert!(weigh(&wat::parse_str(text).unwrap()).unwrap_err().contains("functions"));
    }
}
