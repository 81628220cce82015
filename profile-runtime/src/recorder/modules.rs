//! The executable and the libraries that are loaded, and their unwind tables in memory.

use std::ffi::{CStr, c_void};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::slice;

use profile_trace::tables::Module;

/// A table as it lies in memory.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its addresses, as the module's file has them.
    pub(crate) range: Range<u64>,
    pub(crate) bytes: &'static [u8],
}

/// A module, and the tables that tell how to unwind its frames.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) module: Module,
    pub(crate) eh_frame: Option<Table>,
    pub(crate) eh_frame_hdr: Option<Table>,
}

/// How often modules have been loaded and unloaded: whether [`loaded`] would say the same again.
pub(crate) fn changes() -> (u64, u64) {
    let mut changes = (0, 0);
    // SAFETY: `first` gets a pointer to `changes`, during this call only.
    #[expect(unsafe_code)]
    unsafe {
        libc::dl_iterate_phdr(Some(first), (&raw mut changes).cast());
    }
    changes
}

/// What is loaded now.
pub(crate) fn loaded() -> Vec<Loaded> {
    let mut modules = Vec::<Loaded>::new();
    // SAFETY: `each` gets a pointer to `modules`, during this call only.
    #[expect(unsafe_code)]
    unsafe {
        libc::dl_iterate_phdr(Some(each), (&raw mut modules).cast());
    }
    modules
}

#[expect(unsafe_code)]
unsafe extern "C" fn first(
    info: *mut libc::dl_phdr_info,
    _: usize,
    changes: *mut c_void,
) -> libc::c_int {
    // SAFETY: the system hands a valid description, and the pointer that `changes` gave.
    unsafe {
        *changes.cast::<(u64, u64)>() = ((*info).dlpi_adds, (*info).dlpi_subs);
    }
    1 // enough
}

#[expect(unsafe_code)]
unsafe extern "C" fn each(
    info: *mut libc::dl_phdr_info,
    _: usize,
    modules: *mut c_void,
) -> libc::c_int {
    // SAFETY: the system hands a valid description, whose headers and name stay while the module
    // is loaded, and the pointer that `loaded` gave.
    let (info, modules) = unsafe { (&*info, &mut *modules.cast::<Vec<Loaded>>()) };
    // SAFETY: as above.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    modules.extend(describe(info, headers, modules.is_empty()));
    0
}

#[expect(unsafe_code)]
fn describe(
    info: &libc::dl_phdr_info,
    headers: &[libc::Elf64_Phdr],
    is_executable: bool,
) -> Option<Loaded> {
    let base = info.dlpi_addr;
    let addresses = |header: &libc::Elf64_Phdr| header.p_vaddr..header.p_vaddr + header.p_memsz;
    let is_code = |header: &&libc::Elf64_Phdr| {
        header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0
    };
    let code = headers.iter().filter(is_code).map(addresses);
    let code = code.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))?;
    // SAFETY: a C string, or null.
    let name = (!info.dlpi_name.is_null()).then(|| unsafe { CStr::from_ptr(info.dlpi_name) });
    let path = if is_executable {
        let path = std::env::current_exe().unwrap_or_default();
        path.to_string_lossy().into_owned()
    } else {
        let path = name.unwrap_or_default().to_bytes();
        std::ffi::OsStr::from_bytes(path)
            .to_string_lossy()
            .into_owned()
    };
    let find = |kind| headers.iter().find(|header| header.p_type == kind);
    let eh_frame_hdr = find(libc::PT_GNU_EH_FRAME).map(|header| table(base, addresses(header)));
    let segment_end = |address: u64| {
        let holds = |header: &&libc::Elf64_Phdr| {
            header.p_type == libc::PT_LOAD && addresses(header).contains(&address)
        };
        headers
            .iter()
            .find(holds)
            .map(|header| addresses(header).end)
    };
    let eh_frame = eh_frame_hdr.as_ref().and_then(|index| {
        let start = eh_frame_start(index)?;
        Some(table(base, start..segment_end(start)?))
    });
    let notes = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_NOTE);
    let build_id = notes
        .filter_map(|header| build_id(table(base, addresses(header)).bytes))
        .next();
    Some(Loaded {
        module: Module {
            base,
            start: base.wrapping_add(code.start),
            end: base.wrapping_add(code.end),
            path,
            build_id: build_id.unwrap_or_default().to_vec(),
        },
        eh_frame,
        eh_frame_hdr,
    })
}

/// The bytes at `range` of a module loaded at `base`.
fn table(base: u64, range: Range<u64>) -> Table {
    let start = std::ptr::with_exposed_provenance(base.wrapping_add(range.start) as usize);
    // SAFETY: a range of a segment that is loaded. A program that unloads the module has no frames
    // of it on its stacks, so that nobody looks there any more.
    #[expect(unsafe_code)]
    let bytes = unsafe { slice::from_raw_parts(start, (range.end - range.start) as usize) };
    Table { range, bytes }
}

/// Where `.eh_frame` begins, which `.eh_frame_hdr` says: four bytes that tell encodings, and the
/// distance from where it is written (0x1B: four bytes, signed), as every linker encodes it.
fn eh_frame_start(index: &Table) -> Option<u64> {
    let (&[1, 0x1B, _, _], rest) = index.bytes.split_first_chunk()? else {
        return None;
    };
    let distance = i32::from_ne_bytes(*rest.first_chunk()?);
    Some(
        index
            .range
            .start
            .wrapping_add(4)
            .wrapping_add_signed(distance.into()),
    )
}

/// The build id among a module's notes: each has the lengths of a name and of a description, a
/// type, and both of them, padded to four bytes.
fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const BUILD_ID: u32 = 3;
    loop {
        let (header, rest) = notes.split_first_chunk::<12>()?;
        let number =
            |at: usize| u32::from_ne_bytes(std::array::from_fn(|index| header[at + index]));
        let (name, description) = (number(0) as usize, number(4) as usize);
        let (name, rest) = rest.split_at_checked(name.next_multiple_of(4))?;
        if number(8) == BUILD_ID && name == b"GNU\0" {
            return rest.get(..description);
        }
        notes = rest.get(description.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_loaded_with_its_tables() {
        let modules = loaded();
        let here = this_program_is_loaded_with_its_tables as fn() as usize as u64;
        let own = modules
            .iter()
            .find(|loaded| (loaded.module.start..loaded.module.end).contains(&here))
            .expect("this code is loaded");
        assert!(own.eh_frame.is_some() && own.eh_frame_hdr.is_some());
        assert!(std::path::Path::new(&own.module.path).is_file());
        let libc = modules
            .iter()
            .find(|loaded| loaded.module.path.contains("libc.so"));
        assert_eq!(libc.map(|libc| libc.module.build_id.len()), Some(20));
        assert_eq!(changes(), changes());
    }

    #[test]
    fn a_build_id_is_found_behind_other_notes() {
        let note = |name: &[u8], kind: u32, description: &[u8]| {
            let lengths = [name.len() as u32, description.len() as u32, kind];
            let mut bytes = lengths.map(u32::to_ne_bytes).concat();
            for part in [name, description] {
                bytes.extend_from_slice(part);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
            bytes
        };
        let notes = [note(b"GNU\0", 1, b"12345"), note(b"GNU\0", 3, b"id")].concat();
        assert_eq!(build_id(&notes), Some(&b"id"[..]));
        assert_eq!(build_id(&notes[..20]), None);
        assert_eq!(build_id(&note(b"Go\0\0", 3, b"id")), None);
    }
}
