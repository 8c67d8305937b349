//! Which functions that guests import take a text or a list, read from `wit/`.

use tempfile::TempDir;
use transferhost_tests::root;
use wit_parser::{Resolve, Type, TypeDefKind};

use crate::made::copy;

/// The functions of ours that a guest imports and that take a text or a list: `interface.function`.
pub(crate) fn taking_much() -> Vec<String> {
    let folder = TempDir::with_prefix("transferhost-wit-").expect("there is room for files");
    copy(&root().join("wit"), folder.path());
    copy(&root().join("wit/deps"), &folder.path().join("deps"));
    let mut resolve = Resolve::default();
    resolve.push_dir(folder.path()).expect("the WIT can be read");
    let mut found = Vec::new();
    for (_, interface) in &resolve.interfaces {
        // What it exports is called by the host.
        let imported = |name: &str| !name.starts_with("on-");
        for function in interface.functions.values().filter(|it| imported(&it.name)) {
            let mut params = function.params.iter();
            if params.any(|param| takes_much(&resolve, &param.ty)) {
                found.push(format!(
                    "{}.{}",
                    interface.name.as_deref().unwrap_or_default(),
                    function.name
                ));
            }
        }
    }
    found.sort();
    found
}

fn takes_much(resolve: &Resolve, ty: &Type) -> bool {
    let any = |mut types: &mut dyn Iterator<Item = &Type>| Iterator::any(&mut types, |ty| takes_much(resolve, ty));
    let Type::Id(id) = ty else {
        return *ty == Type::String;
    };
    match &resolve.types[*id].kind {
        TypeDefKind::Record(record) => any(&mut record.fields.iter().map(|field| &field.ty)),
        TypeDefKind::Tuple(tuple) => any(&mut tuple.types.iter()),
        TypeDefKind::Variant(variant) => any(&mut variant.cases.iter().filter_map(|case| case.ty.as_ref())),
        TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => takes_much(resolve, ty),
        TypeDefKind::Result(result) => any(&mut result.ok.iter().chain(&result.err)),
        TypeDefKind::Handle(_) | TypeDefKind::Resource | TypeDefKind::Flags(_) | TypeDefKind::Enum(_) => false,
        _ => true,
    }
}
