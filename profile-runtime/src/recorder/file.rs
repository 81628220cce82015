//! A file of the recorder's own: its descriptor is out of the program's way, and never mistaken
//! for one of the program's.

use std::fs::File;
use std::io::{self, Read};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use profile_trace::{Header, Magic};

/// The program's own descriptors keep the low numbers that they have without memline.
pub(crate) const FIRST_DESCRIPTOR: i32 = 200;

/// An open file. It is not closed: see [`close`](Self::close).
#[derive(Debug)]
pub(crate) struct OwnFile {
    path: PathBuf,
    descriptor: RawFd,
    /// Device and inode: a program may close descriptors that are not its own, and open files
    /// under their numbers. Then the file is opened again.
    identity: (u64, u64),
}

impl OwnFile {
    /// Opens the file at `path`; makes it if there is none.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path)?;
        Ok(Self {
            path,
            identity: identity(&file)?,
            descriptor: out_of_the_way(file),
        })
    }

    /// Opens the file at `path` to be written anew, for this process alone. A recording that is there
    /// will be replaced; any other file is not.
    pub(crate) fn replace(path: &Path) -> io::Result<Self> {
        let mut file = Self::open(path.to_owned())?;
        let replaceable = is_recording(&*file.file()?);
        let refusal = match replaceable {
            _ if !file.lock() => io::Error::new(
                io::ErrorKind::ResourceBusy,
                "another process is being recorded into it",
            ),
            Ok(true) => return Ok(file),
            Ok(false) => io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it exists and is no recording, and stays as it is",
            ),
            Err(error) => error,
        };
        file.close();
        Err(refusal)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.descriptor
    }

    /// Its device and inode.
    pub(crate) fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// The file behind the descriptor.
    fn at(descriptor: RawFd) -> ManuallyDrop<File> {
        // SAFETY: `ManuallyDrop` leaves the descriptor open; whose it is, is for the caller to see.
        #[expect(unsafe_code)]
        ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) })
    }

    fn is_open(&self) -> bool {
        identity(&Self::at(self.descriptor)).is_ok_and(|found| found == self.identity)
    }

    pub(crate) fn file(&mut self) -> io::Result<ManuallyDrop<File>> {
        if !self.is_open() {
            let again = File::options().read(true).write(true).open(&self.path)?;
            if identity(&again)? != self.identity {
                return Err(io::Error::other("another file has taken its place"));
            }
            self.descriptor = out_of_the_way(again);
        }
        Ok(Self::at(self.descriptor))
    }

    pub(crate) fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        within_limit(offset + bytes.len() as u64)?;
        self.file()?.write_all_at(bytes, offset)
    }

    pub(crate) fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file()?.set_len(length)
    }

    /// Reserves room on the disk, so that writing through a mapping cannot fail.
    pub(super) fn reserve(&mut self, offset: u64, length: u64) -> io::Result<()> {
        within_limit(offset + length)?;
        let descriptor = self.file()?.as_raw_fd();
        let number = |number: u64| libc::off_t::try_from(number).map_err(io::Error::other);
        // SAFETY: an open descriptor.
        #[expect(unsafe_code)]
        let error = unsafe { libc::posix_fallocate(descriptor, number(offset)?, number(length)?) };
        match error {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Takes the file for this process alone. `false` if another one has it.
    fn lock(&self) -> bool {
        // SAFETY: an open descriptor.
        #[expect(unsafe_code)]
        unsafe {
            libc::flock(self.descriptor, libc::LOCK_EX | libc::LOCK_NB) == 0
        }
    }

    /// Closes the file.
    pub(crate) fn close(self) {
        if self.is_open() {
            // SAFETY: the descriptor is the recorder's, and not used again. A forked child may have
            // it still, so that closing alone would not let go of the lock.
            #[expect(unsafe_code)]
            unsafe {
                libc::flock(self.descriptor, libc::LOCK_UN);
                drop(OwnedFd::from_raw_fd(self.descriptor));
            }
        }
    }
}

/// The descriptor of `file`, with a high number where there is one.
fn out_of_the_way(file: File) -> RawFd {
    // SAFETY: a duplicate of a descriptor that is open.
    #[expect(unsafe_code)]
    let high = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR) };
    if high < 0 { file.into_raw_fd() } else { high }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// A write beyond the process's limit on the size of files would end it by a signal.
fn within_limit(end: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: writes `limit`.
    #[expect(unsafe_code)]
    unsafe {
        libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit);
    }
    if end <= limit.rlim_cur {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(libc::EFBIG))
    }
}

/// Whether a file is empty, or a recording: only such a one is replaced.
fn is_recording(mut file: &File) -> io::Result<bool> {
    let mut start = [0; Header::SIZE];
    let mut length = 0;
    while length < start.len() {
        match file.read(&mut start[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length == 0 || Header::decode(&start[..length], Magic::Recording).is_some())
}
