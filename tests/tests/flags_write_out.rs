//! curl's `-w`: what is written when a transfer is over, beside what the curl tool writes.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use transferhost_tests::command::Transferhost;
use transferhost_tests::http::{self, Response};
use transferhost_tests::listen::Listen;
use transferhost_tests::origin::Origin;
use transferhost_tests::reference::Same;
use transferhost_tests::tls::Authority;

fn origin() -> Origin {
    http::serve(|request| match request.path() {
        "/302" => Response::redirect(302, "/end?q").header("X-A", "first"),
        "/404" => Response::status(404),
        _ => Response::ok("body")
            .header("Content-Type", "text/x")
            .header("X-A", "last")
            .header("X-B", "b"),
    })
    .unwrap()
}

/// Variables whose values do not depend on the version, the port or the time.
const SAME: &str = "%{content_type} %{errormsg} %{exitcode} %{http_code} %{http_connect} %{http_version} %{method} \
    %{num_connects} %{num_headers} %{num_redirects} %{proxy_ssl_verify_result} %{redirect_url} %{referer} \
    %{remote_ip} %{remote_port} %{response_code} %{size_download} %{size_header} %{size_upload} %{ssl_verify_result} \
    %{url} %{url_effective} %{urlnum} %{filename_effective} %{local_ip} %header{x-a} %header{X-B} %header{none}|";

#[test]
fn variables_have_curls_values() {
    let origin = origin();
    for words in [
        &["-s", "-w", SAME, "URL/p?q"][..],
        &["-s", "-L", "-e", "http://r/", "-d", "xyz", "-w", SAME, "URL/302"],
        &["-s", "-w", SAME, "URL/302"],
        &["-s", "-f", "-w", SAME, "URL/404"],
        &["-s", "-I", "-o", "/dev/null", "-w", SAME, "URL/p"],
        &["-s", "-w", "%{urlnum} %{url} %{size_download}\\n", "URL/1", "URL/2"],
        &["-s", "-w", "a\\tb\\nc\\\\d%%e%{http_code}\\", "URL/p"],
        &["-s", "-w", "%{onerror}never%{http_code}", "URL/p"],
        &["-s", "-f", "-w", "%{onerror}%{http_code}", "URL/404"],
        &["-s", "-w", "%{header_json}", "URL/p"],
        &["-s", "-w", "", "URL/p"],
        &["-s", "-w", "%{unclosed %x 100%", "URL/p"],
    ] {
        let words = words.iter().map(|word| word.replace("URL", &origin.url("")));
        let both = Same::new(words.clone()).both();
        let words: Vec<String> = words.collect();
        let text = |text: String| match words.iter().any(|word| word == "%{header_json}") {
            // curl breaks the lines of an object.
            true => serde_json::from_str::<Value>(text.trim_start_matches("body"))
                .unwrap()
                .to_string(),
            false => text,
        };
        let curls = text(both.curls.text());
        assert_eq!(text(both.ours.text()), curls, "{words:?}: {}", both.ours.stderr);
        assert_eq!(both.ours.code(), both.curls.code(), "{words:?}");
    }
}

#[test]
fn times_are_in_order() {
    let origin = origin();
    let names = "%{time_namelookup} %{time_connect} %{time_pretransfer} %{time_starttransfer} %{time_total}";
    let ended = Same::new(["-s", "-o", "/dev/null", "-w", names, &origin.url("/")]).ours();
    let times: Vec<f64> = ended.text().split(' ').map(|time| time.parse().unwrap()).collect();
    assert!(times.len() == 5 && times.is_sorted() && times[4] > 0.0, "{times:?}");
    assert!(
        ended
            .text()
            .split(' ')
            .all(|time| time.split('.').nth(1).unwrap().len() == 6)
    );
}

#[test]
fn every_variable_is_in_the_object() {
    let origin = origin();
    let object = |ended: transferhost_tests::running::Ended| -> Value { serde_json::from_str(&ended.text()).unwrap() };
    let both = Same::new(["-s", "-o", "/dev/null", "-w", "%{json}", &origin.url("/p")]).both();
    let (ours, curls) = (object(both.ours), object(both.curls));
    for (name, value) in curls.as_object().unwrap() {
        let own = &ours[name];
        assert!(ours.as_object().unwrap().contains_key(name), "{name}");
        assert_eq!(own.is_number(), value.is_number(), "{name}: {own} {value}");
    }
    let parts = Same::new([
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{url.host} %{url.path} %{urle.query}",
        &origin.url("/p?q"),
    ]);
    assert_eq!(parts.ours().text(), "127.0.0.1 /p q");
}

#[test]
fn certificates_are_told() {
    let authority = Authority::new().unwrap();
    let origin = http::serve_on(Listen::default().tls(authority.server_config()), |_| Response::ok("")).unwrap();
    let ca = authority.ca_file().to_string_lossy().into_owned();
    let both = Same::new(["-s", "--cacert", &ca, "-w", "%{num_certs} %{certs}", &origin.url("/")]).both();
    let told = |text: String| -> (String, String) {
        let (_, pem) = text.split_once("-----BEGIN CERTIFICATE-----").unwrap();
        (text.chars().take(1).collect(), pem.to_owned())
    };
    let (ours, curls) = (told(both.ours.text()), told(both.curls.text()));
    assert_eq!(ours, curls);
    let own = fs::read_to_string(authority.certificate_file())
        .unwrap()
        .replace('\r', "");
    assert!(own.contains(ours.1.trim()), "{ours:?}");
}

#[test]
fn it_goes_where_it_is_told_to() {
    let origin = origin();
    let folder = TempDir::new().unwrap();
    let format = folder.path().join("format");
    fs::write(&format, "%{stderr}E%{stdout}O%output{f}F%output{>>g}G").unwrap();
    fs::write(folder.path().join("g"), "g").unwrap();
    let ended = Transferhost::run()
        .args(["--no-plugin", "-s", "-w", "@format", &origin.url("/")])
        .in_folder(folder.path())
        .end();
    assert_eq!((ended.text().as_str(), ended.stderr.as_str()), ("bodyO", "E"));
    let file = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((file("f").as_str(), file("g").as_str()), ("F", "gG"));
    let all = Same::new([
        "-sL",
        "-o",
        "/dev/null",
        "-w",
        "%header{x-a:all:, }",
        &origin.url("/302"),
    ])
    .ours();
    assert_eq!(all.text(), "first, last");
    // The curl tool of the system may be older than this one.
    let seconds = || {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let before = seconds();
    let time = Same::new([
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%time{%s}|%time{%Z\\n}|%time{%Y",
        &origin.url("/"),
    ])
    .ours();
    let text = time.text();
    let (now, rest) = text.split_once('|').unwrap();
    assert!((before..=seconds()).contains(&now.parse().unwrap()), "{text}");
    assert_eq!(rest, "UTC\\n|%time{%Y");
    let unknown = Same::new(["-s", "-o", "/dev/null", "-w", "%{nonsense}x", &origin.url("/")]).ours();
    assert_eq!(unknown.text(), "x");
    assert!(unknown.stderr.contains("'nonsense'"), "{}", unknown.stderr);
    // Where nothing began there is nothing to tell.
    let none = Same::new(["-s", "-w", "%{http_code} %{exitcode}", "http://"]).ours();
    assert_eq!((none.code(), none.text().as_str()), (Some(3), "000 3"));
}
