//! What a process that loads a plugin gives up: all but computing, and answering on the socket that it has.
//!
//! It opens nothing, so no list of files is needed: the system calls that open, connect or start are not there. Landlock
//! comes on top where the kernel has it, and stands in where there is no filter for the processor.

/// Confines the whole process, for ever: all its threads.
///
/// # Errors
/// One sentence, where the machine cannot confine it.
pub(crate) fn confine() -> Result<(), String> {
    let ruled = super::ruleset::restrict_all().map_err(|error| error.to_string());
    match filter() {
        Some(filtered) => filtered,
        None => ruled,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn filter() -> Option<Result<(), String>> {
    None
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn filter() -> Option<Result<(), String>> {
    Some(of_calls::install().map_err(|error| format!("seccomp: {error}")))
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod of_calls {
    use std::ffi::{c_int, c_long};

    use libc::{MAP_ANONYMOUS, MAP_SHARED, PROT_EXEC};
    use seccompiler::{Error, SeccompAction, apply_filter_all_threads};

    use super::super::seccomp::{Rules, has, is, on, program};

    /// Memory, threads that are there already, clocks, a memfd, its seals, and the socket.
    const CALLS: &[c_long] = &[
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_membarrier,
        libc::SYS_getrandom,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_restart_syscall,
        libc::SYS_memfd_create,
        libc::SYS_fcntl,
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_sendmsg,
        libc::SYS_recvmsg,
        libc::SYS_close,
    ];

    pub(super) fn install() -> Result<(), Error> {
        let too_much = [
            on(libc::SYS_mmap, [vec![has(2, PROT_EXEC)]])?,
            // What is shared is not counted as this process's own.
            on(libc::SYS_mmap, [vec![has(3, MAP_SHARED | MAP_ANONYMOUS)]])?,
            on(libc::SYS_mprotect, [vec![has(2, PROT_EXEC)]])?,
        ];
        let mut by_call = Rules::new();
        for (call, rule) in too_much {
            by_call.entry(call).or_default().push(rule);
        }
        let too_much = program(by_call, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))?;
        let mut listed: Rules = CALLS.iter().map(|call| (*call, Vec::new())).collect();
        // A process that aborts sends a signal to itself, and to no other.
        let itself = c_int::try_from(std::process::id()).unwrap_or_default();
        let (call, rule) = on(libc::SYS_tgkill, [vec![is(0, itself)]])?;
        listed.insert(call, vec![rule]);
        let listed = program(listed, SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow)?;
        // The list comes last: it has not what installing takes.
        apply_filter_all_threads(&too_much)?;
        apply_filter_all_threads(&listed)
    }
}
