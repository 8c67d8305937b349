//! Cookies that origins set: what is kept, sent and written, and that none is for a whole public suffix, whatever libcurl
//! was built with.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::http::{self, Response};
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;

/// `/set/COOKIE/TO` sets the cookie and redirects to the host TO, or answers where there is none.
fn origin() -> Origin {
    http::serve(|request| {
        let Some(rest) = request.target().strip_prefix("/set/") else {
            return Response::ok("");
        };
        let (cookies, to) = rest.split_once('/').unwrap_or((rest, ""));
        let response = match to {
            "" => Response::ok(""),
            to => Response::redirect(302, &format!("http://{to}/")),
        };
        cookies.split('+').fold(response, |response, cookie| {
            response.header("Set-Cookie", &format!("{}; Path=/", cookie.replace("%20", " ")))
        })
    })
    .unwrap()
}

/// What was sent of cookies, by host.
fn sent(origin: &Origin) -> Vec<(String, Option<String>)> {
    let of = |name: &str| {
        origin
            .requests()
            .iter()
            .map(|it| it.header(name).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    of("host").into_iter().flatten().zip(of("cookie")).collect()
}

fn run(origin: &Origin, folder: &Path, plugin: Option<&str>, words: &[&str]) {
    let run = Transferhost::run();
    let run = match plugin {
        Some(plugin) => run.arg(guest(plugin)),
        None => run.arg("--no-plugin"),
    };
    let to = format!("::127.0.0.1:{}", origin.address().port());
    let ended = run
        .args(["-sSL", "--connect-to", &to])
        .args(words)
        .in_folder(folder)
        .end();
    assert_eq!(ended.code(), Some(0), "{words:?}: {}", ended.stderr);
}

#[test]
fn cookies_are_kept_where_it_is_asked_for() {
    let folder = TempDir::new().unwrap();
    for (words, second) in [
        (&[][..], None),
        (&["-b", ""], Some("c=1; d=2")),
        (&["-c", "jar"], Some("c=1; d=2")),
        (&["-b", "x=y"], Some("x=y")),
        (&["-b", "x=y", "-b", "none"], Some("c=1; d=2; x=y")),
    ] {
        let origin = origin();
        run(
            &origin,
            folder.path(),
            None,
            &[words, &["http://a.test/set/c=1+d=2/a.test"]].concat(),
        );
        let sent = sent(&origin);
        // Which of two stands first is libcurl's affair.
        let sorted = sent[1].1.as_ref().map(|cookies| {
            let mut all: Vec<&str> = cookies.split("; ").collect();
            all.sort_unstable();
            all.join("; ")
        });
        assert_eq!((sent[1].0.as_str(), sorted.as_deref()), ("a.test", second), "{words:?}");
        assert_eq!(sent[0].1.is_some(), words.contains(&"x=y"), "{words:?}");
    }
}

#[test]
fn a_jar_is_written_and_read_as_curls() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let jar = folder.path().join("jar");
    let jar = jar.to_string_lossy();
    let lines = || -> Vec<String> {
        let text = fs::read_to_string(folder.path().join("jar")).unwrap();
        text.lines()
            .filter(|line| line.contains('\t'))
            .map(str::to_owned)
            .collect()
    };
    let set = origin.url("/set/s=1+l=2;%20Max-Age=1000;%20HttpOnly/");
    let ours = Same::new(["-s", "-c", &jar, &set]).ours();
    assert_eq!(ours.code(), Some(0), "{}", ours.stderr);
    let mut own = lines();
    let curls = Same::new(["-s", "-c", &jar, &set]).curls();
    assert_eq!(curls.code(), Some(0), "{}", curls.stderr);
    let mut theirs = lines();
    for all in [&mut own, &mut theirs] {
        all.sort_unstable();
        // When it ends depends on when it came.
        for line in all.iter_mut() {
            let fields: Vec<&str> = line.split('\t').collect();
            let ends = if fields[4] == "0" { "0" } else { "later" };
            *line = [&fields[..4], &[ends], &fields[5..]].concat().join(" ");
        }
    }
    assert_eq!(own, theirs);
    assert_eq!(own.len(), 2);
    for (words, cookies) in [(&["-b", &*jar][..], 2), (&["-j", "-b", &jar], 1)] {
        let url = origin.url("/");
        let (code, requests) = Same::new(["-s"].iter().chain(words).chain([&url.as_str()])).alike(&origin);
        assert_eq!(code, Some(0));
        assert_eq!(
            requests[0].header("cookie").unwrap().split("; ").count(),
            cookies,
            "{words:?}"
        );
    }
}

#[test]
fn one_url_leaves_its_cookies_to_the_next() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let urls = ["http://a.test/set/c=1/", "http://b.test/", "http://a.test/"];
    run(
        &origin,
        folder.path(),
        Some("pass"),
        &[&["-b", "", "-c", "jar"], &urls[..]].concat(),
    );
    let cookies: Vec<_> = sent(&origin).into_iter().map(|(_, cookie)| cookie).collect();
    assert_eq!(cookies, [None, None, Some("c=1".to_owned())]);
    let jar = fs::read_to_string(folder.path().join("jar")).unwrap();
    assert_eq!(jar.matches("\tc\t1").count(), 1, "{jar}");
}

#[test]
fn no_cookie_is_for_a_whole_suffix() {
    for plugin in [None, Some("pass"), Some("headers-to-stderr")] {
        let origin = origin();
        let folder = TempDir::new().unwrap();
        let hops = "http://a.co.uk/set/bad=1;%20Domain=co.uk+good=1;%20Domain=a.co.uk/b.co.uk";
        let after = "http://x.a.co.uk/";
        run(&origin, folder.path(), plugin, &["-b", "", "-c", "jar", hops, after]);
        let expected = [("a.co.uk", None), ("b.co.uk", None), ("x.a.co.uk", Some("good=1"))];
        let expected = expected.map(|(host, cookie)| (host.to_owned(), cookie.map(str::to_owned)));
        assert_eq!(sent(&origin), expected, "{plugin:?}");
        let jar = fs::read_to_string(folder.path().join("jar")).unwrap();
        assert!(jar.contains("\tgood\t1") && !jar.contains("bad"), "{jar}");
    }
    // A positive control: one that is for a site's own hosts goes to them.
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let hops = "http://a.site.co.uk/set/c=1;%20Domain=site.co.uk/b.site.co.uk";
    run(&origin, folder.path(), None, &["-b", "", hops]);
    assert_eq!(sent(&origin)[1].1.as_deref(), Some("c=1"));
}

#[test]
fn a_transfer_that_ends_early_writes_none_either() {
    let folder = TempDir::new().unwrap();
    let broken = Origin::serve(|mut connection| {
        connection.expect_request()?;
        connection.send("HTTP/1.1 200 OK\r\nSet-Cookie: bad=1; Domain=co.uk\r\nSet-Cookie: good=1\r\nX-A: b\r\n")?;
        // The headers never end.
        connection.wait_for_close()
    })
    .unwrap();
    let to = format!("::127.0.0.1:{}", broken.address().port());
    let ended = Transferhost::run()
        .args([
            "--no-plugin",
            "-s",
            "-m",
            "0.5",
            "--connect-to",
            &to,
            "-c",
            "jar",
            "http://a.co.uk/",
        ])
        .in_folder(folder.path())
        .end();
    assert_eq!(ended.code(), Some(28), "{}", ended.stderr);
    let jar = fs::read_to_string(folder.path().join("jar")).unwrap();
    assert!(jar.contains("good") && !jar.contains("bad"), "{jar}");
}
