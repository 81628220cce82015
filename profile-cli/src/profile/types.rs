//! Numbers the types that memory was allocated for.

use std::collections::HashMap;

use profile_trace::types;

use super::{Profile, Row};

/// The number of the type that is not known.
pub const UNKNOWN: u32 = 0;

/// Types, each with a number; several profiles may share them.
#[derive(Debug)]
pub struct Types {
    names: Vec<String>,
    number_of: HashMap<String, u32>,
}

impl Default for Types {
    fn default() -> Self {
        Self {
            names: vec!["(type unknown)".to_owned()],
            number_of: HashMap::new(),
        }
    }
}

impl Types {
    /// The rows of a profile with their types.
    pub fn rows(&mut self, profile: &Profile) -> Vec<Row> {
        let mut known = HashMap::new();
        let mut of_call = |call| {
            let number = known.entry(call);
            *number.or_insert_with(|| self.number(types::of(profile.frames_of(call))))
        };
        let rows = profile.rows.iter();
        rows.map(|row| Row {
            of_type: of_call(row.call),
            ..*row
        })
        .collect()
    }

    /// The names, in the order of their numbers.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn number(&mut self, name: Option<String>) -> u32 {
        let Some(name) = name else {
            return UNKNOWN;
        };
        let next = self.names.len() as u32;
        let names = &mut self.names;
        *self.number_of.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            next
        })
    }
}

#[cfg(test)]
mod tests {
    use profile_trace::view::Amount;

    use super::super::{Frame, ROOT, TreeBuilder};
    use super::*;

    /// A row for each instance of a function that makes vectors, and one without a stack.
    fn profile(instances: &[&str]) -> Profile {
        let mut tree = TreeBuilder::default();
        let mut rows = vec![ROOT];
        for instance in instances {
            let frame = Frame {
                function: "alloc::raw_vec::RawVec<T,A>::grow_one".to_owned(),
                instance: Some((*instance).to_owned()),
                ..Frame::default()
            };
            rows.push(tree.callee(ROOT, &frame));
        }
        let (frames, calls) = tree.finish();
        let row = |call| Row {
            thread: 1,
            call,
            of_type: UNKNOWN,
            amounts: [Amount::default(); 4],
        };
        Profile {
            frames,
            calls,
            rows: rows.into_iter().map(row).collect(),
            ..Profile::default()
        }
    }

    #[test]
    fn profiles_share_numbers() {
        let mut types = Types::default();
        let numbers = |rows: Vec<Row>| rows.iter().map(|row| row.of_type).collect::<Vec<_>>();
        let first = types.rows(&profile(&["grow_one<u8, Global>", "grow_one<u16>"]));
        assert_eq!(numbers(first), [UNKNOWN, 1, 2]);
        let second = types.rows(&profile(&["grow_one<u16>", "grow_one<u32>", "grow_one"]));
        assert_eq!(numbers(second), [UNKNOWN, 2, 3, UNKNOWN]);
        assert_eq!(
            types.names(),
            ["(type unknown)", "Vec<u8>", "Vec<u16>", "Vec<u32>"]
        );
    }
}
