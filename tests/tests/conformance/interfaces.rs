//! What `wit/` says of a callback: its function, and what that may answer.

use transferhost::Callback;
use transferhost_tests::root;
use transferhost_tests::table::code;
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind};

pub(crate) struct Interfaces(Resolve);

impl Interfaces {
    pub(crate) fn read() -> Self {
        let mut resolve = Resolve::default();
        resolve.push_dir(root().join("wit")).expect("the WIT can be read");
        Self(resolve)
    }

    /// The function as WIT writes it.
    pub(crate) fn signature(&self, callback: Callback) -> String {
        let function = self.function(callback);
        let params = function.params.iter();
        let params: Vec<String> = params.map(|it| format!("{}: {}", it.name, self.name(&it.ty))).collect();
        let answer = function.result.as_ref().map(|it| self.name(it));
        format!(
            "{}({}) -> {}",
            function.name,
            params.join(", "),
            answer.expect("a callback answers")
        )
    }

    /// What it may answer besides an abort, each as Markdown: the cases of a variant, a value, or no more than that the
    /// transfer goes on.
    pub(crate) fn answers(&self, callback: Callback) -> String {
        let function = self.function(callback);
        let Some(TypeDefKind::Result(result)) = function.result.as_ref().and_then(|it| self.kind(it)) else {
            panic!("{} answers no result", function.name);
        };
        let Some(ok) = &result.ok else {
            return "go on".to_owned();
        };
        let variant = match self.kind(ok) {
            Some(TypeDefKind::Variant(variant)) => variant,
            Some(TypeDefKind::Enum(it)) => {
                let cases: Vec<_> = it.cases.iter().map(|case| code(&case.name)).collect();
                return cases.join(", ");
            }
            _ => return code(&self.name(ok)),
        };
        let cases = variant.cases.iter().map(|case| match &case.ty {
            Some(ty) => code(&format!("{}({})", case.name, self.name(ty))),
            None => code(&case.name),
        });
        cases.collect::<Vec<_>>().join(", ")
    }

    fn function(&self, callback: Callback) -> &Function {
        let mut packages = self.0.packages.iter().map(|(_, package)| package);
        let ours = packages.find(|it| it.name.namespace == "transferhost");
        let interface = ours.and_then(|it| it.interfaces.get(callback.name()));
        let functions = &self.0.interfaces[*interface.expect("a callback has an interface")].functions;
        &functions[&format!("on-{callback}")]
    }

    fn kind(&self, ty: &Type) -> Option<&TypeDefKind> {
        match ty {
            Type::Id(id) => Some(&self.0.types[*id].kind),
            _ => None,
        }
    }

    /// A type as WIT writes it. Of those that it has, these are the ones that the callbacks use.
    fn name(&self, ty: &Type) -> String {
        let part = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |it| self.name(it));
        let ty = match ty {
            Type::String => return "string".to_owned(),
            Type::U8 => return "u8".to_owned(),
            Type::U16 => return "u16".to_owned(),
            Type::U32 => return "u32".to_owned(),
            Type::U64 => return "u64".to_owned(),
            Type::F64 => return "f64".to_owned(),
            Type::Id(id) => &self.0.types[*id],
            other => panic!("a type that is new here: {other:?}"),
        };
        if let Some(name) = &ty.name {
            return name.clone();
        }
        match &ty.kind {
            TypeDefKind::Option(of) => format!("option<{}>", self.name(of)),
            TypeDefKind::List(of) => format!("list<{}>", self.name(of)),
            TypeDefKind::Handle(Handle::Borrow(of)) => format!("borrow<{}>", self.name(&Type::Id(*of))),
            TypeDefKind::Result(it) => format!("result<{}, {}>", part(&it.ok), part(&it.err)),
            other => panic!("a type that is new here: {other:?}"),
        }
    }
}
