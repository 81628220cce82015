//! The names of functions with their type arguments.
//!
//! The name that the linker sees says which function it is, and in the older mangling not for
//! which types. `DW_AT_name` of its description does: `with_capacity_in<app::Particle, Global>`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use gimli::{self, AttributeValue, DebugInfoOffset, Dwarf, Unit, UnitOffset, UnitRef};

use super::image::Bytes;

/// Descriptions that refer to others are followed so far.
const REFERENCES: usize = 8;

/// The descriptions of a file's functions.
pub(super) struct Instances {
    dwarf: Arc<Dwarf<Bytes>>,
    /// Where units begin: link-time optimisation lets one refer to another.
    starts: Vec<DebugInfoOffset>,
    units: RefCell<HashMap<usize, Option<Arc<Unit<Bytes>>>>>,
}

impl Instances {
    pub(super) fn new(dwarf: Arc<Dwarf<Bytes>>) -> Self {
        let mut starts = Vec::new();
        let mut headers = dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            starts.extend(header.debug_info_offset());
        }
        Self {
            dwarf,
            starts,
            units: RefCell::default(),
        }
    }

    /// The name of the function that is described at `offset` of a unit, or inlined there.
    pub(super) fn name(&self, unit: &UnitRef<'_, Bytes>, offset: UnitOffset) -> Option<String> {
        self.follow(unit, offset, REFERENCES)
    }

    fn follow(
        &self,
        unit: &UnitRef<'_, Bytes>,
        offset: UnitOffset,
        references: usize,
    ) -> Option<String> {
        let entry = unit.entry(offset).ok()?;
        if let Some(name) = entry.attr_value(gimli::DW_AT_name) {
            let name = unit.attr_string(name).ok()?;
            return Some(String::from_utf8_lossy(&name).into_owned());
        }
        let references = references.checked_sub(1)?;
        let origin = entry
            .attr_value(gimli::DW_AT_abstract_origin)
            .or_else(|| entry.attr_value(gimli::DW_AT_specification))?;
        match origin {
            AttributeValue::UnitRef(offset) => self.follow(unit, offset, references),
            AttributeValue::DebugInfoRef(offset) => {
                let other = self.unit_of(offset)?;
                let unit = UnitRef::new(&self.dwarf, &other);
                let offset = offset.to_unit_offset(&unit.header)?;
                self.follow(&unit, offset, references)
            }
            _ => None,
        }
    }

    fn unit_of(&self, offset: DebugInfoOffset) -> Option<Arc<Unit<Bytes>>> {
        let after = self.starts.partition_point(|start| *start <= offset);
        let start = *self.starts.get(after.checked_sub(1)?)?;
        let mut units = self.units.borrow_mut();
        let parse = || {
            let header = self.dwarf.unit_header(start).ok()?;
            Some(Arc::new(self.dwarf.unit(header).ok()?))
        };
        units.entry(start.0).or_insert_with(parse).clone()
    }
}
