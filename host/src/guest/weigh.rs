//! What each guest of a component would cost the host's process: how many core instances it makes in all, and what they take
//! of the host's memory besides their own. Functions that would take the compiler long are refused in `bodies`.
//!
//! wasmtime flattens nested instantiation when it compiles, so that a component of some KiB whose every level makes
//! the one below twice would take the machine's memory; and an instance's globals and functions lie outside its linear
//! memory, where no limiter of a store counts them.

use super::bodies::Bodies;
use serde::{Deserialize, Serialize};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Instance, Parser, Payload,
};

/// How deep components may lie in each other. Compilers' have two or three levels.
const DEPTH: usize = 100;

/// Items of a component after flattening: a bound of the time and memory of compiling.
const ITEMS: u64 = 1_000_000;

/// What one instantiation of a module or a component takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Weight {
    /// Core instances.
    pub(crate) instances: u64,
    /// Bytes of the host's memory, about, besides linear memories and tables.
    pub(crate) bytes: u64,
    /// Bytes that its linear memories have at their beginning, together.
    pub(crate) memory: u64,
    /// Elements that its tables have at their beginning, together.
    pub(crate) elements: u64,
    /// Definitions.
    pub(crate) items: u64,
}

impl Weight {
    fn add(&mut self, other: Weight) {
        self.instances = self.instances.saturating_add(other.instances);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.memory = self.memory.saturating_add(other.memory);
        self.elements = self.elements.saturating_add(other.elements);
        self.items = self.items.saturating_add(other.items);
    }

    fn heavier(self, other: Weight) -> Weight {
        Weight {
            instances: self.instances.max(other.instances),
            bytes: self.bytes.max(other.bytes),
            memory: self.memory.max(other.memory),
            elements: self.elements.max(other.elements),

            items: self.items.max(other.items),
        }
    }
}

/// A component or module that is being read.
#[derive(Default)]
struct Level {
    weight: Weight,
    modules: Vec<Weight>,
    components: Vec<Weight>,
    is_module: bool,
}

impl Level {
    fn count(&mut self, items: u32, bytes_each: u64) {
        self.weight.items = self.weight.items.saturating_add(u64::from(items));
        self.weight.bytes = self.weight.bytes.saturating_add(u64::from(items) * bytes_each);
    }
}

/// A module's own: 16 bytes a global, and about as much as a function reference for each function and import.
const GLOBAL: u64 = 16;
const FUNCTION: u64 = 32;
/// The binary logarithm of a page's bytes, where a memory has no other page.
const PAGE: u32 = 16;

/// Weighs a component's binary. What is not valid is left to the compiler to refuse, after what is valid was weighed.
///
/// # Errors
/// One sentence, where it nests too deep, defines too much, or would take the compiler too much.
pub(crate) fn weigh(binary: &[u8]) -> Result<Weight, String> {
    let mut levels: Vec<Level> = Vec::new();
    // The heaviest component so far stands for one that is named in a way which is not followed here.
    let mut heaviest = Weight::default();
    let mut whole = Weight::default();
    let mut bodies = Bodies::default();
    for payload in Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { break };
        match &payload {
            Payload::Version { encoding, .. } => {
                if levels.len() >= DEPTH {
                    return Err(format!(
                        "its components lie more than {DEPTH} levels deep in each other"
                    ));
                }
                levels.push(Level {
                    is_module: *encoding == wasmparser::Encoding::Module,
                    ..Level::default()
                });
            }
            Payload::End(_) => {
                let Some(done) = levels.pop() else { break };
                if done.weight.items > ITEMS {
                    return Err(format!("it has more than {ITEMS} definitions"));
                }
                heaviest = heaviest.heavier(done.weight);
                match levels.last_mut() {
                    Some(outer) if done.is_module => outer.modules.push(done.weight),
                    Some(outer) => outer.components.push(done.weight),
                    None => whole = done.weight,
                }
            }
            Payload::CodeSectionEntry(body) => bodies.add(body)?,
            Payload::FunctionSection(section) => {
                bodies.declare(section.count())?;
                read(&payload, &mut levels, heaviest);
            }
            Payload::ComponentCanonicalSection(section) => {
                // Each is compiled too: what stands between a component and its core.
                bodies.declare(section.count())?;
                read(&payload, &mut levels, heaviest);
            }
            _ => read(&payload, &mut levels, heaviest),
        }
    }
    Ok(whole)
}

fn read(payload: &Payload<'_>, levels: &mut [Level], heaviest: Weight) {
    let Some((level, outer)) = levels.split_last_mut() else {
        return;
    };
    match payload {
        Payload::ImportSection(section) => level.count(section.count(), FUNCTION),
        Payload::FunctionSection(section) => level.count(section.count(), FUNCTION),
        Payload::ExportSection(section) => level.count(section.count(), 0),
        Payload::GlobalSection(section) => level.count(section.count(), GLOBAL),
        Payload::MemorySection(section) => {
            for memory in section.clone().into_iter().flatten() {
                let page = 1_u64
                    .checked_shl(memory.page_size_log2.unwrap_or(PAGE))
                    .unwrap_or(u64::MAX);
                let bytes = memory.initial.saturating_mul(page);
                level.weight.memory = level.weight.memory.saturating_add(bytes);
            }
        }
        Payload::TableSection(section) => {
            for table in section.clone().into_iter().flatten() {
                level.weight.elements = level.weight.elements.saturating_add(table.ty.initial);
            }
        }
        Payload::InstanceSection(section) => {
            for instance in section.clone().into_iter().flatten() {
                level.count(1, FUNCTION);
                if let Instance::Instantiate { module_index, .. } = instance {
                    let made = level.modules.get(module_index as usize).copied().unwrap_or(heaviest);
                    level.weight.add(Weight { instances: 1, ..made });
                }
            }
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section.clone().into_iter().flatten() {
                level.count(1, 0);
                if let ComponentInstance::Instantiate { component_index, .. } = instance {
                    let made = level
                        .components
                        .get(component_index as usize)
                        .copied()
                        .unwrap_or(heaviest);
                    level.weight.add(made);
                }
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section.clone().into_iter().flatten() {
                level.count(1, 0);
                match alias {
                    ComponentAlias::InstanceExport {
                        kind: ComponentExternalKind::Module,
                        ..
                    } => {
                        level.modules.push(heaviest);
                    }
                    ComponentAlias::InstanceExport {
                        kind: ComponentExternalKind::Component,
                        ..
                    } => {
                        level.components.push(heaviest);
                    }
                    ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::CoreModule,
                        count,
                        index,
                    } => {
                        let found = named(level, outer, count, |level| level.modules.get(index as usize));
                        level.modules.push(found.unwrap_or(heaviest));
                    }
                    ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::Component,
                        count,
                        index,
                    } => {
                        let found = named(level, outer, count, |level| level.components.get(index as usize));
                        level.components.push(found.unwrap_or(heaviest));
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentImportSection(section) => {
            for import in section.clone().into_iter().flatten() {
                level.count(1, FUNCTION);
                match import.ty.kind() {
                    ComponentExternalKind::Module => level.modules.push(heaviest),
                    ComponentExternalKind::Component => level.components.push(heaviest),
                    _ => {}
                }
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section.clone().into_iter().flatten() {
                level.count(1, 0);
                // An export is a name of its own for what it exports.
                let index = export.index as usize;
                match export.kind {
                    ComponentExternalKind::Module => {
                        level
                            .modules
                            .push(level.modules.get(index).copied().unwrap_or(heaviest));
                    }
                    ComponentExternalKind::Component => {
                        level
                            .components
                            .push(level.components.get(index).copied().unwrap_or(heaviest));
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentCanonicalSection(section) => level.count(section.count(), FUNCTION),
        Payload::ComponentTypeSection(section) => level.count(section.count(), 0),
        Payload::CoreTypeSection(section) => level.count(section.count(), 0),
        _ => {}
    }
}

/// What an outer alias names: `count` levels up, 0 being the level itself.
fn named<'a>(
    level: &'a Level,
    outer: &'a [Level],
    count: u32,
    find: impl Fn(&'a Level) -> Option<&'a Weight>,
) -> Option<Weight> {
    let level = match count as usize {
        0 => level,
        up => outer.get(outer.len().checked_sub(up)?)?,
    };
    find(level).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each level makes the one below twice.
    fn doubling(levels: u32) -> Vec<u8> {
        let mut text = "(core module $m) (core instance (instantiate $m))".to_owned();
        for _ in 0..levels {
            text = format!("(component $c {text}) (instance (instantiate $c)) (instance (instantiate $c))");
        }
        wat::parse_str(format!("(component {text})")).unwrap()
    }

    #[test]
    fn instances_are_counted_as_they_would_be_made() {
        assert_eq!(weigh(&doubling(0)).unwrap().instances, 1);
        assert_eq!(weigh(&doubling(4)).unwrap().instances, 16);
        assert_eq!(
            weigh(&doubling(40)).unwrap_err(),
            "it has more than 1000000 definitions"
        );
    }

    #[test]
    fn memories_and_tables_count_for_each_instance() {
        let text = "(component (core module $m (memory 3) (memory 1) (table 5 funcref))
            (core instance (instantiate $m)) (core instance (instantiate $m)))";
        let weight = weigh(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!((weight.memory, weight.elements), (8 << 16, 10));
    }

    #[test]
    fn globals_count_for_each_instance() {
        let module = format!("(core module $m {})", "(global i64 (i64.const 0))".repeat(100));
        let text = format!("(component {module} {})", "(core instance (instantiate $m))".repeat(3));
        let weight = weigh(&wat::parse_str(text).unwrap()).unwrap();
        assert!(
            weight.instances == 3 && weight.bytes >= 300 * GLOBAL && weight.bytes < 500 * GLOBAL,
            "{weight:?}"
        );
    }

    #[test]
    fn another_way_to_name_a_component_is_no_way_around() {
        let text = "(component (component $c (core module $m) (core instance (instantiate $m)))
            (component $d (alias outer 1 $c (component $e)) (instance (instantiate $e)) (instance (instantiate $e)))
            (instance (instantiate $d)))";
        assert_eq!(weigh(&wat::parse_str(text).unwrap()).unwrap().instances, 2);
    }
}
