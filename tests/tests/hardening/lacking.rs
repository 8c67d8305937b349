//! Kernels that lack a part, as a filter of the test's own makes them.

use std::ffi::{c_int, c_long};
use std::thread;

use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
use transferhost_tests::http::{self, Response};
use transferhost_tests::running::Ended;

use super::{is_there, opened, run};

/// Runs it where this call fails so; where its first argument is this one, if one is given.
fn where_it_fails(call: c_long, argument: Option<c_int>, errno: c_int, ours: &'static [&str]) -> Ended {
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let (policy, url) = (opened(&origin), origin.url("/"));
    let rules = argument.map(|argument| {
        let is = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, argument as u64);
        SeccompRule::new(vec![is.unwrap()]).unwrap()
    });
    let filter = SeccompFilter::new(
        [(call, rules.into_iter().collect())].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno as u32),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let filter: seccompiler::BpfProgram = filter.unwrap().try_into().unwrap();
    // What a thread starts inherits its filters.
    let ran = thread::spawn(move || {
        seccompiler::apply_filter(&filter).unwrap();
        run(&policy, ours, &["-v", &url])
    });
    ran.join().unwrap()
}

#[test]
fn what_is_lacking_is_said_or_is_an_error() {
    if !is_there() {
        return;
    }
    for (call, argument, errno, says) in [
        (
            libc::SYS_landlock_create_ruleset,
            None,
            libc::ENOSYS,
            "Landlock: this kernel has none",
        ),
        (
            libc::SYS_landlock_create_ruleset,
            None,
            libc::EOPNOTSUPP,
            "Landlock: the kernel was started without it",
        ),
        (libc::SYS_landlock_restrict_self, None, libc::E2BIG, "Landlock: "),
        (libc::SYS_seccomp, None, libc::EINVAL, "seccomp: "),
        (
            libc::SYS_prctl,
            Some(libc::PR_SET_DUMPABLE),
            libc::EINVAL,
            "no core dumps: ",
        ),
        (
            libc::SYS_prctl,
            Some(libc::PR_SET_NO_NEW_PRIVS),
            libc::EPERM,
            "no new privileges: ",
        ),
    ] {
        let ended = where_it_fails(call, argument, errno, &[]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(0), "body"),
            "{says}: {}",
            ended.stderr
        );
        let line = format!("transferhost: not hardened: {says}");
        assert!(ended.stderr.contains(&line), "{says}: {}", ended.stderr);
        let (measure, _) = says.split_once(':').unwrap();
        let hardened = ended
            .stderr
            .lines()
            .find(|line| line.starts_with("transferhost: hardened: "));
        assert!(!hardened.unwrap().contains(measure), "{hardened:?}");
        // -v says what is in force before the error ends it, where it comes with the second step.
        let ended = where_it_fails(call, argument, errno, &["--harden"]);
        assert_eq!(
            (ended.code(), ended.text().as_str()),
            (Some(2), ""),
            "{says}: {}",
            ended.stderr
        );
        let last = ended.stderr.lines().last().unwrap();
        let error = format!("transferhost: the process cannot be hardened: {says}");
        assert!(last.starts_with(&error), "{last}");
        let gives_up = where_it_fails(call, argument, errno, &["--no-harden"]);
        assert_eq!(gives_up.text(), "body");
        assert!(!gives_up.stderr.contains("hardened"), "{}", gives_up.stderr);
    }
    // One line, where nobody asked for more.
    let origin = http::serve(|_| Response::ok("body")).unwrap();
    let quiet = run(&opened(&origin), &["--harden"], &[&origin.url("/")]);
    assert_eq!(quiet.stderr, "");
}
