//! The socket: in a folder of the user's own, for the user alone.

use std::env;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use profile_trace::live;

/// Listens at the first place where that is possible.
pub(super) fn listen() -> Result<(UnixListener, PathBuf), String> {
    // SAFETY: no preconditions.
    #[expect(unsafe_code)]
    let user = unsafe { libc::geteuid() };
    let places = live::sockets(std::process::id(), user, env::var_os("XDG_RUNTIME_DIR"));
    let mut failure = String::new();
    for path in places {
        match listen_at(&path, user) {
            Ok(listener) => return Ok((listener, path)),
            Err(error) => failure = format!("{} cannot be made: {error}", path.display()),
        }
    }
    Err(failure)
}

fn listen_at(path: &Path, user: u32) -> io::Result<UnixListener> {
    let folder = path.parent().unwrap_or(path);
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Somebody else may have made it first, to look on.
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o022 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "its folder is not this user's alone",
        ));
    }
    // What lies there is left over: this process has its number now.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let listener = UnixListener::from(super::out_of_the_way(OwnedFd::from(listener))?);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A viewer that has connected, if it is this user's, or the superuser's.
pub(super) fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    let (stream, _) = listener.accept()?;
    // SAFETY: `getsockopt` fills the struct, whose size it is told; `geteuid` has no preconditions.
    #[expect(unsafe_code)]
    let (peer, user) = unsafe {
        let mut peer: libc::ucred = mem::zeroed();
        let mut length = size_of::<libc::ucred>() as libc::socklen_t;
        let failed = libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        );
        if failed != 0 {
            return Err(io::Error::last_os_error());
        }
        (peer.uid, libc::geteuid())
    };
    if peer != user && peer != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let stream = UnixStream::from(super::out_of_the_way(OwnedFd::from(stream))?);
    stream.set_nonblocking(true)?;
    Ok(stream)
}
