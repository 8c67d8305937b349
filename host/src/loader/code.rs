//! Compiled code that this program's own compiling process made, and the one place where such code is taken in.
//!
//! wasmtime runs what it is given as compiled code, so nothing else may become a [`CompiledCode`]: a sealed memfd that came
//! over the socket of a process that this program started, or a file of the cache, which nobody else may write.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Nobody can change, shorten or lengthen what has these seals, nor take them off.
const SEALS: SealFlags = SealFlags::WRITE
    .union(SealFlags::SHRINK)
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// Compiled code that nobody can change any more.
#[derive(Debug)]
pub(super) struct CompiledCode(OwnedFd);

impl CompiledCode {
    /// What a compiling process of ours has sealed.
    ///
    /// # Errors
    /// Where it is not sealed.
    pub(super) fn sealed(file: OwnedFd) -> io::Result<CompiledCode> {
        match fcntl_get_seals(&file)?.contains(SEALS) {
            true => Ok(CompiledCode(file)),
            false => Err(io::Error::other("the compiled code is not sealed")),
        }
    }

    /// A file of a cache that nobody else may write to, where no file is written twice.
    pub(super) fn cached(file: OwnedFd) -> CompiledCode {
        CompiledCode(file)
    }

    /// Its size in bytes.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(fstat(&self.0)?.st_size).unwrap_or(0))
    }

    /// Writes it to a file.
    pub(super) fn copy_to(&self, file: &mut File) -> io::Result<()> {
        let mut code = File::from(self.0.try_clone()?);
        code.rewind()?;
        io::copy(&mut code, file).map(drop)
    }

    /// Maps it: pages come as they are used, and no byte is copied.
    ///
    /// # Errors
    /// Where another wasmtime, another version of this program or another processor made it.
    #[expect(unsafe_code, reason = "wasmtime runs what it is given as compiled code")]
    pub(super) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        // SAFETY: both constructors say where the bytes come from: `sealed` has looked at the seals, and a memfd reaches it
        // only over the socket of a process that this program started and that runs `compile`; `cached` is called by
        // `cache` alone, which opened a file that it wrote, in a directory that nobody else may write to. So the bytes are
        // what `Engine::precompile_component` returned, and do not change while they are mapped.
        unsafe { Component::deserialize_file(engine, path) }
    }
}

impl AsFd for CompiledCode {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A memfd of these bytes that nobody can change.
///
/// # Errors
/// Where the machine refuses it.
pub(super) fn seal(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    let file = OwnedFd::from(file);
    fcntl_add_seals(&file, SEALS)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sealed_is_taken() {
        let sealed = CompiledCode::sealed(seal("code", b"some bytes").unwrap()).unwrap();
        assert_eq!(sealed.len().unwrap(), 10);
        let open = memfd_create("code", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        assert!(CompiledCode::sealed(open).is_err());
        for seals in [
            SealFlags::WRITE,
            SEALS.difference(SealFlags::WRITE),
            SEALS.difference(SealFlags::SHRINK),
        ] {
            let partly = memfd_create("code", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
            fcntl_add_seals(&partly, seals).unwrap();
            assert!(CompiledCode::sealed(partly).is_err(), "{seals:?}");
        }
        let (pipe, _) = rustix::pipe::pipe().unwrap();
        assert!(CompiledCode::sealed(pipe).is_err());
    }

    #[test]
    fn other_bytes_are_no_code() {
        let engine = Engine::default();
        for bytes in [&b""[..], b"some bytes", &[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]] {
            let code = CompiledCode::sealed(seal("code", bytes).unwrap()).unwrap();
            assert!(code.component(&engine).is_err());
        }
    }
}
