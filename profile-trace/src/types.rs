//! Which type an allocation is for, without any annotation.
//!
//! The debug information names functions with the types that they were made for, inlined ones too:
//! `grow_one<app::Particle, alloc::alloc::Global>`. So a stack tells what it allocates: the innermost
//! function that was made for a type says for which, and what it is a method of says in what
//! container. A buffer may belong to a container around it (a `Vec` in a `String`), whose methods
//! then follow on the stack.

use crate::symbols::{self, Frame};

/// The type that a stack's allocation is for, such as `Vec<app::Particle>`. `frames` has the innermost
/// first, without memline's own. `None` where no function between the allocation and the program says.
///
/// ```
/// use profile_trace::symbols::Frame;
/// use profile_trace::types;
///
/// let frame = |function: &str, instance: &str| Frame {
///     function: function.to_owned(),
///     instance: Some(instance.to_owned()),
///     ..Frame::default()
/// };
/// let stack = [
///     frame("alloc::raw_vec::RawVec<T,A>::grow_one", "grow_one<u64, alloc::alloc::Global>"),
///     frame("alloc::vec::Vec<T,A>::push", "push<u64, alloc::alloc::Global>"),
///     frame("app::main", "main"),
/// ];
/// assert_eq!(types::of(&stack).as_deref(), Some("Vec<u64>"));
/// ```
pub fn of<'a>(frames: impl IntoIterator<Item: Into<Function<'a>>>) -> Option<String> {
    let mut found: Option<Type<'a>> = None;
    for function in frames {
        let function = function.into();
        let standard = symbols::is_standard(function.path, function.file);
        let method = Method::of(function);
        found = match found {
            None => method.made(standard),
            Some(inner) => match method.around(&inner) {
                Around::This(outer) => Some(outer),
                Around::Nothing => Some(inner),
                Around::End => return Some(inner.to_string()),
            },
        };
        if !standard && published(function.file).is_none() {
            break; // the program's own
        }
    }
    found.map(|found| found.to_string())
}

/// What is to be known of a function; a [`Frame`] has it.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its path, as [`Frame::function`].
    pub path: &'a str,
    /// Its name with type arguments, as [`Frame::instance`].
    pub instance: Option<&'a str>,
    /// Its source file, as [`Frame::file`].
    pub file: Option<&'a str>,
}

impl<'a> From<&'a Frame> for Function<'a> {
    fn from(frame: &'a Frame) -> Self {
        Self {
            path: &frame.function,
            instance: frame.instance.as_deref(),
            file: frame.file.as_deref(),
        }
    }
}

/// A function, as a method of a type.
struct Method<'a> {
    /// Its own name.
    name: &'a str,
    /// The path of the type, without arguments, or for a free function the module's.
    owner: &'a str,
    /// How many arguments the type has.
    arguments_of_owner: usize,
    /// What the function was made for, those of the type first.
    arguments: Vec<&'a str>,
    is_method: bool,
    /// Whether the owner is a crate that stands for a type of it, whose name is not known.
    is_crate: bool,
}

/// A container and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Type<'a> {
    name: &'a str,
    arguments: Vec<&'a str>,
    /// Whether it holds a slice of that.
    slice: bool,
    /// Whether the name is that of its crate, since its own is not known.
    is_crate: bool,
}

impl<'a> Type<'a> {
    fn new(name: &'a str, arguments: Vec<&'a str>) -> Self {
        Self {
            name,
            arguments,
            slice: false,
            is_crate: false,
        }
    }
}

/// What a function says of the type that was found within.
enum Around<'a> {
    /// It is a part of this one.
    This(Type<'a>),
    /// Nothing.
    Nothing,
    /// It is a whole: what holds it is another allocation.
    End,
}

impl<'a> Method<'a> {
    fn of(function: Function<'a>) -> Self {
        let instance = function.instance.unwrap_or_default();
        let arguments = instance
            .find('<')
            .filter(|_| instance.ends_with('>'))
            .map(|start| split(&instance[start + 1..instance.len() - 1]))
            .unwrap_or_default();
        let path = function.path;
        let start = path.split('<').next().unwrap_or_default();
        // Without a path there is a crate at most: `alloc::grow_one<u8, alloc::alloc::Global>`.
        let owner_in_path = owner(path);
        let pathless = start.matches("::").count() <= 1 && owner_in_path.is_none();
        let file = function.file.filter(|_| pathless);
        let by_file = file.and_then(by_file);
        let by_crate = published(file);
        let (owner, is_method) = match by_file.or(by_crate) {
            Some(owner) => (owner, true),
            None => owner_in_path.map_or((path, false), |owner| (owner, true)),
        };
        let (path, own) = head(owner);
        // Without a path, a type is taken to have one argument.
        let of_owner = own.len().max(usize::from(by_crate.is_some()));
        let of_owner = arguments.iter().take(of_owner);
        // A closure says what another one does, but in a box it is what memory is for.
        let is_box = matches!(path, "alloc::boxed::Box" | "Box");
        let is_content =
            |argument: &&str| !is_allocator(argument) && (is_box || !argument.contains("{closure"));
        let of_owner = of_owner.filter(|argument| is_content(argument));
        Self {
            name: instance.split('<').next().unwrap_or_default(),
            owner: path,
            arguments_of_owner: of_owner.count(),
            arguments: arguments.into_iter().filter(is_content).collect(),
            is_method,
            is_crate: by_file.is_none() && by_crate.is_some(),
        }
    }

    /// The last part of the owner's path.
    fn owners_name(&self) -> &'a str {
        self.owner.rsplit("::").next().unwrap_or(self.owner)
    }

    /// Whether the owner's path leads into a crate, by the name of its package.
    fn is_of(&self, package: &str) -> bool {
        let krate = symbols::crate_of(self.owner);
        krate.len() == package.len() && krate.split('_').eq(package.split(['-', '_']))
    }

    fn typed(&self, name: &'a str, arguments: usize) -> Option<Type<'a>> {
        Some(Type {
            name,
            arguments: self.arguments.get(..arguments)?.to_vec(),
            slice: false,
            is_crate: self.is_crate,
        })
    }

    /// The type that this innermost method was made for, if it says.
    fn made(&self, standard: bool) -> Option<Type<'a>> {
        let first = *self.arguments.first()?;
        if self.name.starts_with("{closure") {
            return None; // what it was made in follows
        }
        match self.owners_name() {
            "RawVec" | "Vec" => self.typed("Vec", 1),
            "RawTable" => Some(table(first)),
            "HashMap" => self.typed("HashMap", 2),
            "HashSet" => self.typed("HashSet", 1),
            "BTreeMap" => self.typed("BTreeMap", 2),
            "BTreeSet" => self.typed("BTreeSet", 1),
            "Box" => Some(boxed(first)),
            // `allocate_for_slice<u8>`
            name @ ("Rc" | "Arc") => self.typed(name, 1).map(|shared| Type {
                slice: self.name.contains("slice"),
                ..shared
            }),
            name @ ("VecDeque" | "BinaryHeap" | "LinkedList") => self.typed(name, 1),
            name if !standard && self.is_method && self.arguments_of_owner > 0 => {
                self.typed(name, self.arguments_of_owner.min(self.arguments.len()))
            }
            // The modules of what they make have functions, too: `vec::from_elem<T>`, `<[T]>::to_vec`.
            _ if standard && self.owner.contains("vec") => self.typed("Vec", 1),
            "slice" | "[T]" if standard => self.typed("Vec", 1),
            _ => None,
        }
    }

    /// Whether what was found within is part of what this is a method of.
    fn around(&self, inner: &Type<'a>) -> Around<'a> {
        let first = inner.arguments.first().copied().unwrap_or_default();
        let same = self.arguments.first() == Some(&first);
        let this = |name, arguments| Around::This(Type::new(name, arguments));
        // A function that is not inlined has its path, and so the name of the type.
        if inner.is_crate && self.is_method && !self.is_crate && same && self.is_of(inner.name) {
            return this(self.owners_name(), inner.arguments.clone());
        }
        match (inner.name, self.owners_name()) {
            ("Vec", "String" | "str") if first == "u8" => this("String", Vec::new()),
            ("Vec", name @ ("OsString" | "PathBuf" | "CString")) if first == "u8" => {
                this(name, Vec::new())
            }
            // `alloc::fmt::format`, `alloc::str::join_generic_copy` and their like.
            ("Vec", _) if first == "u8" && self.owner.starts_with("alloc::fmt::") => {
                this("String", Vec::new())
            }
            ("String", name @ ("OsString" | "PathBuf")) => this(name, Vec::new()),
            ("OsString", "PathBuf") => this("PathBuf", Vec::new()),
            ("Vec", name @ ("VecDeque" | "BinaryHeap")) if same => this(name, vec![first]),
            ("HashMap", "HashSet") => this("HashSet", vec![first]),
            ("BTreeMap", "BTreeSet") => this("BTreeSet", vec![first]),
            ("Box", name @ ("Rc" | "Arc")) if same => this(name, vec![first]),
            ("Box", "LinkedList") => match self.arguments.first() {
                Some(item) => this("LinkedList", vec![item]),
                None => Around::Nothing,
            },
            // Another container's method: what was found is an item of it, or was made for it.
            ("Vec", "Vec") if !same && !self.arguments.is_empty() => Around::End,
            ("String", _) => Around::End,
            (_, "Vec" | "HashMap" | "BTreeMap" | "RawTable" | "VecDeque" | "Box") if !same => {
                if self.arguments.is_empty() || inner.name == "HashMap" {
                    Around::Nothing
                } else {
                    Around::End
                }
            }
            _ => Around::Nothing,
        }
    }
}

/// The crate of a function, if it comes from a registry, of whose sources `Frame::file` has the name
/// and the version: that of a container, perhaps.
fn published(file: Option<&str>) -> Option<&str> {
    let (root, _) = file?.split_once('/')?;
    let (krate, version) = root.rsplit_once('-')?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    is_version.then_some(krate)
}

/// The type whose methods a file of the standard library holds, for functions without a path.
fn by_file(file: &str) -> Option<&'static str> {
    const FILES: [(&str, &str); 19] = [
        ("std::alloc/raw_vec", "RawVec"),
        ("std::alloc/vec/", "Vec"),
        ("std::alloc/slice.rs", "slice"),
        ("std::alloc/string.rs", "String"),
        ("std::alloc/str.rs", "str"),
        ("std::alloc/fmt.rs", "alloc::fmt::"),
        ("std::alloc/boxed", "Box"),
        ("std::alloc/rc.rs", "Rc"),
        ("std::alloc/sync.rs", "Arc"),
        ("std::alloc/ffi/c_str.rs", "CString"),
        ("std::alloc/collections/vec_deque/", "VecDeque"),
        ("std::alloc/collections/binary_heap/", "BinaryHeap"),
        ("std::alloc/collections/linked_list.rs", "LinkedList"),
        ("std::alloc/collections/btree/map", "BTreeMap"),
        ("std::alloc/collections/btree/set", "BTreeSet"),
        ("std::std/collections/hash/map.rs", "HashMap"),
        ("std::std/collections/hash/set.rs", "HashSet"),
        ("std::std/ffi/os_str.rs", "OsString"),
        ("std::std/path.rs", "PathBuf"),
    ];
    const TABLES: [(&str, &str); 4] = [
        ("/src/raw", "RawTable"),
        ("/src/map.rs", "HashMap"),
        ("/src/set.rs", "HashSet"),
        ("/src/table.rs", "RawTable"),
    ];
    if let Some((_, within)) = file.split_once("hashbrown-") {
        return TABLES
            .iter()
            .find(|(part, _)| within.contains(part))
            .map(|found| found.1);
    }
    FILES
        .iter()
        .find(|(start, _)| file.starts_with(start))
        .map(|found| found.1)
}

/// What a hash table with such entries is.
fn table(entry: &str) -> Type<'_> {
    let parts = entry
        .strip_prefix('(')
        .and_then(|entry| entry.strip_suffix(')'))
        .map(split)
        .unwrap_or_default();
    match parts[..] {
        [key, "()"] => Type::new("HashSet", vec![key]),
        [_, _] => Type::new("HashMap", parts),
        _ => Type::new("HashTable", vec![entry]),
    }
}

/// What a box with such contents is: the nodes of other containers are boxed, too.
fn boxed(contents: &str) -> Type<'_> {
    let (path, mut arguments) = head(contents);
    arguments.retain(|argument| !is_allocator(argument));
    let name = match path {
        "alloc::sync::ArcInner" => "Arc",
        "alloc::rc::RcInner" | "alloc::rc::RcBox" => "Rc",
        "alloc::collections::linked_list::Node" => "LinkedList",
        "alloc::collections::btree::node::LeafNode"
        | "alloc::collections::btree::node::InternalNode" => {
            if arguments
                .get(1)
                .is_some_and(|value| value.ends_with("SetValZST"))
            {
                arguments.truncate(1);
                "BTreeSet"
            } else {
                "BTreeMap"
            }
        }
        _ => return Type::new("Box", vec![contents]),
    };
    Type::new(name, arguments)
}

impl std::fmt::Display for Type<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)?;
        if !self.arguments.is_empty() {
            let arguments: Vec<String> =
                self.arguments.iter().map(|text| shortened(text)).collect();
            let arguments = arguments.join(", ");
            if self.slice && !arguments.starts_with('[') {
                write!(f, "<[{arguments}]>")?;
            } else {
                write!(f, "<{arguments}>")?;
            }
        }
        Ok(())
    }
}

/// A type as a person writes it: without the paths of the standard library, and without its
/// allocators and hashers.
fn shortened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        let path = &rest[..end];
        rest = &rest[end..];
        if is_allocator(path) {
            let separated = out.trim_end().trim_end_matches(',').len();
            out.truncate(separated);
        } else if ["alloc::", "core::", "std::", "hashbrown::"]
            .iter()
            .any(|krate| path.starts_with(krate))
        {
            out.push_str(path.rsplit("::").next().unwrap_or(path));
        } else {
            out.push_str(path);
        }
    }
    out.push_str(rest);
    out
}

/// Whether a type argument says how memory is got, or keys are hashed, rather than for what.
fn is_allocator(argument: &str) -> bool {
    matches!(
        argument,
        "alloc::alloc::Global"
            | "allocator_api2::stable::alloc::global::Global"
            | "Global"
            | "std::hash::random::RandomState"
            | "hashbrown::alloc::inner::Global"
            | "std::collections::hash::map::RandomState"
            | "foldhash::fast::RandomState"
            | "hashbrown::hasher::DefaultHashBuilder"
    )
}

/// The type that a function is a method of; `None` for a free function.
fn owner(function: &str) -> Option<&str> {
    if let Some(rest) = function.strip_prefix('<') {
        // `<Type as Trait>::method` or `<Type>::method`.
        let end = end_of_angle(rest);
        let inner = &rest[..end];
        let inner = as_position(inner).map_or(inner, |at| &inner[..at]);
        return Some(inner);
    }
    let (owner, _) = function.rsplit_once("::")?;
    // `alloc::str::<impl alloc::borrow::ToOwned for str>::to_owned`
    if let Some(at) = owner.find("::<impl ") {
        let implemented = owner[at + 8..].trim_end_matches('>');
        return Some(implemented.rsplit(" for ").next().unwrap_or(implemented));
    }
    let last = last_segment(owner);
    let is_type = last.starts_with(|c: char| c.is_uppercase());
    is_type.then_some(owner)
}

/// The last part of a path, with its arguments.
fn last_segment(path: &str) -> &str {
    let mut depth = 0usize;
    let mut start = 0;
    for (at, c) in path.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    &path[start..]
}

/// Where the angle bracket closes that was opened before `text`.
fn end_of_angle(text: &str) -> usize {
    let mut depth = 1usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Where ` as ` stands outside of all brackets.
fn as_position(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text[at..].starts_with(" as ") => return Some(at),
            _ => {}
        }
    }
    None
}

/// A path without its arguments, and these.
fn head(path: &str) -> (&str, Vec<&str>) {
    let path = path.trim_start_matches('&');
    let start = path.len() - last_segment(path).len();
    match path[start..].find('<') {
        Some(at) => {
            let open = start + at;
            let inner = &path[open + 1..];
            let inner = &inner[..end_of_angle(inner)];
            (path[..open].trim_end_matches("::"), split(inner))
        }
        None => (path, Vec::new()),
    }
}

/// What commas outside of all brackets separate.
fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut before) = (0usize, 0, ' ');
    for (at, c) in list.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    let last = list[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stack: &[(&str, &str, &str)], expected: &str) {
        let frames = stack.iter().map(|(path, instance, file)| Function {
            path,
            instance: Some(*instance),
            file: Some(*file),
        });
        assert_eq!(of(frames).as_deref(), Some(expected));
    }

    /// With `debug = "line-tables-only"` an inlined function has its crate for a path.
    #[test]
    fn a_type_without_a_path_gets_its_name_from_a_caller_that_has_one() {
        const FILE: &str = "smallvec-1.15.1/src/lib.rs";
        let grow = ("smallvec::try_grow", "try_grow<[u64; 4]>", FILE);
        let main = ("app::main", "main", "src/main.rs");
        check(&[grow, main], "smallvec<[u64; 4]>");
        for path in [
            "smallvec::SmallVec<A>::reserve_one_unchecked",
            "<smallvec::SmallVec<[u64; 4]>>::reserve_one_unchecked",
        ] {
            let reserve = (path, "reserve_one_unchecked<[u64; 4]>", FILE);
            check(&[grow, reserve, main], "SmallVec<[u64; 4]>");
        }
        // Neither another's items, nor another crate.
        let other = ("smallvec::SmallVec<A>::push", "push<[u8; 4]>", FILE);
        check(&[grow, other, main], "smallvec<[u64; 4]>");
        let bag = ("bag::Bag<A>::put", "put<[u64; 4]>", "bag-1.0.0/src/lib.rs");
        check(&[grow, bag, main], "smallvec<[u64; 4]>");
        let file = "small-map-0.1.3/src/lib.rs";
        let grow = ("small_map::grow", "grow<u8>", file);
        let insert = ("small_map::Map<K>::insert", "insert<u8>", file);
        check(&[grow, insert, main], "Map<u8>");
    }
    #[test]
    fn a_closure_is_a_type_only_in_a_box() {
        const CLOSURE: &str = "app::main::{closure_env#0}";
        let instance = format!("new<{CLOSURE}>");
        let path = format!("alloc::boxed::Box<{CLOSURE}, alloc::alloc::Global>::new");
        let main = ("app::main", "main", "src/main.rs");
        let new = (&*path, &*instance, "std::alloc/boxed.rs");
        check(&[new, main], "Box<app::main::{closure_env#0}>");
        let instance = format!("spec_extend<u8, core::iter::Map<I, {CLOSURE}>>");
        let path = "alloc::vec::Vec<u8, alloc::alloc::Global>::spec_extend";
        check(
            &[(path, &instance, "std::alloc/vec/mod.rs"), main],
            "Vec<u8>",
        );
    }
}
