//! 1 GiB through a plugin, in each way that a body can come.

use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use transferhost_tests::PATIENCE;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests::guest;
use transferhost_tests::nginx::Nginx;
use transferhost_tests::running::same_bytes;
use transferhost_tests::tls::Authority;

const SIZE: u64 = 1 << 30;

#[test]
fn a_gibibyte_comes_through_byte_for_byte() {
    let authority = Authority::new().unwrap();
    let Some(nginx) = Nginx::start(&authority).unwrap() else {
        return;
    };
    let file = nginx.counted_file("large", SIZE).unwrap();
    let ca = authority.ca_file();
    let ca = &*ca.to_string_lossy();
    let ways = [
        ("plain", "GET /large HTTP/1.1", vec![nginx.http("/large")]),
        (
            "chunked",
            "GET /chunked/large HTTP/1.1",
            vec![nginx.http("/chunked/large")],
        ),
        (
            "gzip",
            "GET /gzip/large HTTP/1.1",
            vec!["--compressed".into(), nginx.http("/gzip/large")],
        ),
        (
            "HTTP/2",
            "GET /large HTTP/2.0",
            vec!["--http2".into(), "--cacert".into(), ca.into(), nginx.https("/large")],
        ),
        (
            "TLS",
            "GET /large HTTP/1.1",
            vec!["--http1.1".into(), "--cacert".into(), ca.into(), nginx.https("/large")],
        ),
    ];
    for (number, (way, request, arguments)) in ways.into_iter().enumerate() {
        let told = NamedTempFile::new().unwrap();
        let mut running = Transferhost::run()
            .arg("--outcome")
            .arg(told.path())
            .arg(guest("pass"))
            .arg("-sS")
            .args(arguments)
            .patience(Duration::from_secs(300))
            .start();
        let compared = same_bytes(running.take_stdout().unwrap(), &file);
        let ended = running.end();
        assert_eq!(compared, Ok(SIZE), "{way}: where it differs, in MiB; {}", ended.stderr);
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{way}");
        let told: serde_json::Value = serde_json::from_reader(told).unwrap();
        assert_eq!(
            (&told["bytes"]["received"], &told["bytes"]["delivered"]),
            (&SIZE.into(), &SIZE.into()),
            "{way}"
        );
        // One call a chunk, and no chunk is larger than libcurl makes them.
        assert!(
            told["guest"]["calls"]["write"]["count"].as_u64().unwrap() >= SIZE / 16_384,
            "{way}: {told}"
        );
        let line = logged(&nginx, number);
        assert!(line.contains(request), "{way}: {line}");
        let sent: u64 = line.split(' ').nth(9).unwrap().parse().unwrap();
        // Chunks and frames cost something; only gzip may send less than there is.
        assert_eq!(sent < SIZE, way == "gzip", "{way}: {line}");
    }
}

/// The line of this request in the access log, which is written when nginx is done with it.
fn logged(nginx: &Nginx, number: usize) -> String {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(line) = nginx.access_log().lines().nth(number) {
            return line.to_owned();
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("nginx has not logged request {number}: {}", nginx.access_log());
}
