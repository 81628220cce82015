//! What is known of the process and of its host when a recording begins.

use std::env;
use std::ffi::CStr;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::thread;
use std::time::SystemTime;

use profile_trace::facts::{self, Fact};

/// The name of the allocator that the first allocation went through.
static ALLOCATOR: OnceLock<fn() -> &'static str> = OnceLock::new();

/// Learns what memline's allocator is wrapped around.
pub(super) fn allocator_is(inner: fn() -> &'static str) {
    let _ = ALLOCATOR.set(inner); // the first one
}

/// Nanoseconds since 1970.
pub(crate) fn since_1970() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |time| time.as_nanos() as u64)
}

/// The payload of a recording's first block.
pub(crate) fn facts(began: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut command_line = Vec::new();
    for argument in env::args_os() {
        command_line.extend_from_slice(argument.as_bytes());
        command_line.push(0);
    }
    // A block has room for so much; the rest of a longer command line tells little.
    command_line.truncate(16 * 1024);
    facts::text(Fact::CommandLine, &command_line, &mut out);
    if let Ok(path) = env::current_exe() {
        facts::text(Fact::Executable, path.as_os_str().as_bytes(), &mut out);
    }
    if let Ok(path) = env::current_dir() {
        facts::text(Fact::Directory, path.as_os_str().as_bytes(), &mut out);
    }
    facts::number(Fact::Process, std::process::id().into(), &mut out);
    facts::number(Fact::Began, began, &mut out);
    facts::text(
        Fact::Recorder,
        env!("CARGO_PKG_VERSION").as_bytes(),
        &mut out,
    );
    if let Some(inner) = ALLOCATOR.get() {
        facts::text(Fact::Allocator, inner().as_bytes(), &mut out);
    }
    system(&mut out);
    out
}

fn system(out: &mut Vec<u8>) {
    if let Ok(processors) = thread::available_parallelism() {
        facts::number(Fact::Processors, processors.get() as u64, out);
    }
    // SAFETY: `uname` fills the struct with C strings; `sysconf` has no preconditions.
    #[expect(unsafe_code)]
    let (names, pages, page) = unsafe {
        let mut names: libc::utsname = mem::zeroed();
        libc::uname(&raw mut names);
        let pages = libc::sysconf(libc::_SC_PHYS_PAGES);
        (names, pages, libc::sysconf(libc::_SC_PAGESIZE))
    };
    if let Some(memory) = pages
        .checked_mul(page)
        .and_then(|bytes| u64::try_from(bytes).ok())
    {
        facts::number(Fact::Memory, memory, out);
    }
    // SAFETY: as `uname` filled them, or zeroed: C strings.
    #[expect(unsafe_code)]
    let text = |name: &[libc::c_char]| unsafe { CStr::from_ptr(name.as_ptr()) }.to_bytes().to_vec();
    facts::text(Fact::Host, &text(&names.nodename), out);
    let parts = [
        text(&names.sysname),
        text(&names.release),
        text(&names.machine),
    ];
    facts::text(Fact::System, &parts.join(&b' '), out);
}
