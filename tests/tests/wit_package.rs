//! The WIT package: whole, documented, and what `transferhost wit` prints of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use transferhost::Callback;
use transferhost_tests::command::Transferhost;
use transferhost_tests::root;
use wit_parser::{Docs, Function, Interface, Package, Resolve, Stability, Type, TypeDef, TypeDefKind};

fn package(resolve: &Resolve) -> &Package {
    let ours = resolve
        .packages
        .iter()
        .find(|(_, it)| it.name.namespace == "transferhost");
    ours.expect("the package is there").1
}

/// The folder, and what the command prints.
fn folder_and_printed() -> (Resolve, Resolve) {
    let mut folder = Resolve::default();
    folder.push_dir(root().join("wit")).unwrap();
    let text = printed();
    let mut one_file = Resolve::default();
    if let Err(error) = one_file.push_str("transferhost.wit", &text) {
        panic!("what `transferhost wit` prints is no WIT: {error:?}");
    }
    (folder, one_file)
}

fn printed() -> String {
    let ended = Transferhost::new().arg("wit").end();
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""));
    ended.text()
}

/// The names of all that an interface holds.
fn names(interface: &Interface) -> Vec<String> {
    let mut names: Vec<String> = interface
        .types
        .keys()
        .chain(interface.functions.keys())
        .cloned()
        .collect();
    names.sort();
    names
}

/// Every interface of the package, with the names of what it holds, and every world.
fn contents(resolve: &Resolve) -> BTreeMap<String, Vec<String>> {
    let package = package(resolve);
    let interfaces = package.interfaces.iter();
    let interfaces = interfaces.map(|(name, id)| (name.clone(), names(&resolve.interfaces[*id])));
    let worlds = package.worlds.iter().map(|(name, id)| {
        let world = &resolve.worlds[*id];
        let items = world.imports.keys().chain(world.exports.keys());
        let mut items: Vec<String> = items.map(|key| resolve.name_world_key(key)).collect();
        items.sort();
        (format!("world {name}"), items)
    });
    interfaces.chain(worlds).collect()
}

/// The host is made from this world: a callback that is not in it is never called.
#[test]
fn a_world_has_every_callback() {
    let (folder, _) = folder_and_printed();
    let package = package(&folder);
    let world = &folder.worlds[package.worlds["every-callback"]];
    let exports: Vec<String> = world.exports.keys().map(|key| folder.name_world_key(key)).collect();
    let expected = Callback::ALL.map(|callback| format!("transferhost:callbacks/{callback}@0.1.0"));
    assert_eq!(exports, expected);
}

#[test]
fn what_is_printed_is_the_package() {
    let (folder, one_file) = folder_and_printed();
    assert_eq!(package(&folder).name.to_string(), "transferhost:callbacks@0.1.0");
    assert_eq!(package(&folder).name, package(&one_file).name);
    assert_eq!(contents(&folder), contents(&one_file));
    // Names alone would not show a changed type.
    let printed = printed();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(first, "package transferhost:callbacks@0.1.0;", "{}", file.display());
        assert!(printed.contains(rest), "{} is not printed as it is", file.display());
    }
}

fn sources() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("wit")).unwrap().map(|it| it.unwrap().path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == "wit"))
        .collect();
    assert!(files.len() > 5, "{files:?}");
    files
}

/// A plugin's build takes the printed file as it is, with a world of the plugin's own beside it.
#[test]
fn a_plugins_own_world_stands_on_what_is_printed() {
    let mut resolve = Resolve::default();
    resolve.push_str("transferhost.wit", &printed()).unwrap();
    let callbacks = Callback::ALL.map(|it| format!("export transferhost:callbacks/{it}@0.1.0;\n"));
    let imports = ["transfer", "request", "net", "upload", "socket-options", "multi"];
    let imports = imports.map(|it| format!("import transferhost:callbacks/{it}@0.1.0;\n"));
    let world = format!(
        "package mine:plugin;\nworld plugin {{\n{}import wasi:config/store@0.2.0-rc.1;\n{}}}\n",
        imports.concat(),
        callbacks.concat()
    );
    resolve.push_str("plugin.wit", &world).unwrap();
}

/// And the world that README.md shows.
#[test]
fn the_readmes_world_stands_on_it_too() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("inline: \"").unwrap();
    let (world, _) = rest.split_once('"').unwrap();
    let mut resolve = Resolve::default();
    resolve.push_str("transferhost.wit", &printed()).unwrap();
    resolve.push_str("readme.wit", world).unwrap();
}

#[test]
fn there_is_an_interface_with_one_function_for_each_callback() {
    let (folder, _) = folder_and_printed();
    let package = package(&folder);
    for callback in Callback::ALL {
        let interface = &folder.interfaces[package.interfaces[callback.name()]];
        let functions: Vec<_> = interface.functions.keys().collect();
        assert_eq!(functions, [&format!("on-{callback}")]);
    }
}

/// Whatever else the package holds is lent to the callbacks: one that nothing knows of would load nowhere.
#[test]
fn every_other_interface_is_imported() {
    let (folder, _) = folder_and_printed();
    let package = package(&folder);
    let imports = &folder.worlds[package.worlds["imports"]].imports;
    let imported = |name: &str| {
        let id = format!("transferhost:callbacks/{name}@0.1.0");
        imports.keys().any(|key| folder.name_world_key(key) == id)
    };
    let names = package.interfaces.keys();
    let unknown: Vec<_> = names
        .filter(|name| Callback::from_name(name).is_some() == imported(name))
        .collect();
    assert!(
        unknown.is_empty(),
        "neither a callback nor imported, or both: {unknown:?}"
    );
}

#[test]
fn every_item_is_documented_and_dated() {
    let (folder, _) = folder_and_printed();
    let package = package(&folder);
    let mut missing = Missing::default();
    for (name, id) in &package.worlds {
        let world = &folder.worlds[*id];
        missing.look(&format!("world {name}"), &world.docs, Some(&world.stability));
    }
    for (name, id) in &package.interfaces {
        let interface = &folder.interfaces[*id];
        missing.look(name, &interface.docs, Some(&interface.stability));
        for (item, id) in &interface.types {
            let ty = &folder.types[*id];
            // A name that another interface lends.
            if !matches!(ty.kind, TypeDefKind::Type(Type::Id(_))) {
                missing.look_at_type(&format!("{name}.{item}"), ty);
            }
        }
        for (item, function) in &interface.functions {
            missing.look_at_function(&format!("{name}.{item}"), function);
        }
    }
    assert!(missing.0.is_empty(), "{:#?}", missing.0);
}

#[derive(Default)]
struct Missing(Vec<String>);

impl Missing {
    fn look(&mut self, item: &str, docs: &Docs, stability: Option<&Stability>) {
        if docs.contents.as_ref().is_none_or(|it| it.trim().is_empty()) {
            self.0.push(format!("{item}: no ///"));
        }
        if stability.is_some_and(|it| !matches!(it, Stability::Stable { .. })) {
            self.0.push(format!("{item}: no @since"));
        }
    }

    fn look_at_function(&mut self, item: &str, function: &Function) {
        self.look(item, &function.docs, Some(&function.stability));
    }

    /// WIT has no place for `@since` on a field or a case.
    fn look_at_type(&mut self, item: &str, ty: &TypeDef) {
        self.look(item, &ty.docs, Some(&ty.stability));
        let parts: Vec<(&str, &Docs)> = match &ty.kind {
            TypeDefKind::Record(it) => it.fields.iter().map(|it| (&*it.name, &it.docs)).collect(),
            TypeDefKind::Variant(it) => it.cases.iter().map(|it| (&*it.name, &it.docs)).collect(),
            TypeDefKind::Enum(it) => it.cases.iter().map(|it| (&*it.name, &it.docs)).collect(),
            TypeDefKind::Flags(it) => it.flags.iter().map(|it| (&*it.name, &it.docs)).collect(),
            _ => Vec::new(),
        };
        for (part, docs) in parts {
            self.look(&format!("{item}.{part}"), docs, None);
        }
    }
}
