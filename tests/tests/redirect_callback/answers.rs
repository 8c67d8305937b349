//! What the guest answers: follow, finish, or an abort.

use std::fs;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::outcome;

use super::{FINISH, FOLLOW, Puppet, asked, asked_to, run};

/// Where a redirect leads, and the origin that sends it there with a body of its own.
fn two() -> (Origin, Origin) {
    let target = http::serve(|_| Response::ok("the end")).unwrap();
    let there = target.url("/there");
    let origin = http::serve(move |_| {
        Response::redirect(302, &there)
            .header("X-Hop", "one")
            .body("x".repeat(50_000))
    });
    (origin.unwrap(), target)
}

fn head(target: &Origin) -> String {
    format!(
        "HTTP/1.1 302 Elsewhere\r\nLocation: {}\r\nX-Hop: one\r\nContent-Length: 50000\r\n\r\n",
        target.url("/there")
    )
}

#[test]
fn follow_dials_the_target() {
    let (origin, target) = two();
    let (ended, told) = run(&asked_to(FOLLOW), &["-L", &origin.url("/")]);
    assert_eq!(
        (ended.code(), ended.text().as_str()),
        (Some(0), "the end"),
        "{}",
        ended.stderr
    );
    assert_eq!((&told["status"], target.accepted()), (&200.into(), 1));
}

#[test]
fn finish_is_a_success_without_a_body() {
    let (origin, target) = two();
    let folder = TempDir::new().unwrap();
    let (dump, out) = (folder.path().join("dump"), folder.path().join("out"));
    // `write` and `write-end` are there to be called where they must not be.
    let puppet = Puppet::new(&[("redirect", FINISH), ("write", "call $no"), ("write-end", "call $no")]);
    let (ended, told) = run(
        &puppet,
        &[
            "-L",
            "-D",
            &dump.to_string_lossy(),
            "-o",
            &out.to_string_lossy(),
            &origin.url("/"),
        ],
    );
    assert_eq!(
        (ended.code(), outcome::end(&told)),
        (Some(0), (0, None)),
        "{}",
        ended.stderr
    );
    assert_eq!((&told["status"], &told["message"]), (&302.into(), &"".into()));
    assert_eq!(told["effective_url"], origin.url("/"));
    assert_eq!(
        (&told["bytes"]["delivered"], &told["bytes"]["received"]),
        (&0.into(), &0.into())
    );
    assert_eq!(asked(&ended).len(), 1);
    assert_eq!(
        (outcome::calls(&told, "write"), outcome::calls(&told, "write-end")),
        (0, 0)
    );
    assert_eq!(fs::read_to_string(&dump).unwrap(), head(&target));
    assert_eq!(fs::read(&out).unwrap(), b"");
    let (ended, _) = run(&asked_to(FINISH), &["-iL", &origin.url("/")]);
    assert_eq!(
        (ended.code(), ended.text()),
        (Some(0), head(&target)),
        "{}",
        ended.stderr
    );
    assert_eq!(target.accepted(), 0);
}

#[test]
fn an_abort_ends_it_before_the_target_is_dialled() {
    let (origin, target) = two();
    let ends = [("call $no", "guest-abort"), ("unreachable", "trap")];
    for (answer, cause) in ends {
        let puppet = Puppet::new(&[("redirect", answer), ("write", "call $no")]);
        let (ended, told) = run(&puppet, &["-iL", &origin.url("/")]);
        assert_eq!(
            (ended.code(), outcome::end(&told)),
            (Some(42), (42, Some(cause))),
            "{}",
            ended.stderr
        );
        assert_eq!(
            (&told["abort"]["callback"], &told["status"]),
            (&"redirect".into(), &302.into())
        );
        // The head was shown before it was asked; nothing comes after.
        assert_eq!(ended.text(), head(&target));
        assert_eq!(outcome::calls(&told, "write"), 0);
    }
    assert_eq!(target.accepted(), 0);
}

/// The line comes again after a pause, and libcurl is about to follow twice; the guest is asked once.
#[test]
fn header_may_pause_at_the_blank_line() {
    let (origin, target) = two();
    let pauses_at_blank = "
        (if (i32.le_u (local.get $len) (i32.const 2))
          (then (if (i32.and (call $next) (i32.const 1))
            (then (return (call $case (i32.const 3) (i32.const 1)))))))
        call $ok";
    let pauses_always = "
        (if (i32.and (call $next) (i32.const 1)) (then (return (call $case (i32.const 3) (i32.const 1)))))
        call $ok";
    for pauses in [pauses_at_blank, pauses_always] {
        for (answer, text) in [(FOLLOW, "the end".to_owned()), (FINISH, String::new())] {
            let puppet = Puppet::new(&[("header", pauses), ("redirect", answer)]);
            let (ended, told) = run(&puppet, &["-L", &origin.url("/")]);
            assert_eq!((ended.code(), ended.text()), (Some(0), text), "{}", ended.stderr);
            assert_eq!(outcome::calls(&told, "redirect"), 1, "{}", ended.stderr);
            // After `header` has seen the blank line and let it go.
            let calls: Vec<&str> = ended.stderr.lines().filter(|line| line.contains(") -> ")).collect();
            let at = calls.iter().position(|line| line.starts_with("redirect(")).unwrap();
            assert!(calls[at - 1].starts_with("header(\"\") -> deliver"), "{calls:?}");
            assert!(calls[at - 2].starts_with("header(\"\") -> pause"), "{calls:?}");
        }
    }
    assert!(target.accepted() > 0);
}

/// What `header` makes of the lines is for what is shown; the redirect is read from what came.
#[test]
fn header_hides_nothing_from_it() {
    let (origin, target) = two();
    for header in [
        "(call $case (i32.const 2) (i32.const 0))",
        "(call $bytes (i32.const 1) (i32.const 1024) (i32.const 2))",
    ] {
        let puppet = Puppet::new(&[("header", header), ("redirect", FINISH)]);
        let (ended, _) = run(&puppet, &["-L", &origin.url("/")]);
        assert_eq!(
            asked(&ended),
            [format!("302 {} {}", origin.url("/"), target.url("/there"))],
            "{}",
            ended.stderr
        );
    }
    // A `header` that aborts leaves nothing to ask.
    let puppet = Puppet::new(&[("header", "call $no"), ("redirect", FOLLOW)]);
    let (ended, told) = run(&puppet, &["-L", &origin.url("/")]);
    assert_eq!(
        (outcome::end(&told), asked(&ended).len()),
        ((23, Some("guest-abort")), 0),
        "{}",
        ended.stderr
    );
    assert_eq!(target.accepted(), 0);
}

#[test]
fn the_next_url_of_a_run_is_a_guest_of_its_own() {
    let (origin, target) = two();
    // Finishes the first time that it is asked; a fresh guest always is.
    let puppet = asked_to(&format!(
        "(if (i32.eq (call $next) (i32.const 1)) (then (return {FINISH}))) call $ok"
    ));
    let ended = Transferhost::run()
        .arg(puppet.path())
        .args(["-sSL", &origin.url("/a"), &origin.url("/b")])
        .end();
    assert_eq!((ended.code(), ended.text().as_str()), (Some(0), ""), "{}", ended.stderr);
    assert_eq!((origin.requests().len(), target.accepted()), (2, 0));
}
