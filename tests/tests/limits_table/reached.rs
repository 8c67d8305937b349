//! Each limit, lowered and reached: what the transfer ends with is what the documentation says.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use transferhost::Limit;
use transferhost_tests::command::Transferhost;
use transferhost_tests::guests;
use transferhost_tests::heavy::Heavy;
use transferhost_tests::http::Response;
use transferhost_tests::origin::Origin;

/// How a limit is reached, and what comes of it.
pub(crate) struct Reached {
    /// The limit's value, and those of others that would be reached first.
    lowered: &'static [&'static str],
    guest: PathBuf,
    /// Keeps the guest's file.
    _made: Option<Heavy>,
    /// curl's options, and the path.
    curl: &'static [&'static str],
    pub(crate) code: u64,
    pub(crate) cause: Option<&'static str>,
    /// Words of the message.
    said: &'static str,
}

impl Reached {
    fn by(guest: PathBuf, lowered: &'static [&'static str], cause: &'static str, said: &'static str) -> Self {
        Self {
            lowered,
            guest,
            _made: None,
            curl: &["/"],
            code: 23,
            cause: Some(cause),
            said,
        }
    }

    /// Reached while a plugin is compiled.
    fn heavy(plugin: Heavy, lowered: &'static [&'static str], cause: &'static str, said: &'static str) -> Self {
        let guest = plugin.path().clone();
        Self {
            _made: Some(plugin),
            code: 2,
            ..Self::by(guest, lowered, cause, said)
        }
    }

    fn code(self, code: u64) -> Self {
        Self { code, ..self }
    }

    fn curl(self, curl: &'static [&'static str]) -> Self {
        Self { curl, ..self }
    }

    /// libcurl or the loader ends it, so there is no cause of ours.
    fn without_cause(self) -> Self {
        Self { cause: None, ..self }
    }
}

/// How each limit is reached. One without a way does not compile.
pub(crate) fn by(limit: Limit) -> Reached {
    let (attack, wat) = (guests::hostile, guests::wat);
    match limit {
        Limit::Fuel => Reached::by(
            attack("loop-write"),
            &["fuel=1_000_000"],
            "out-of-fuel",
            "(1000000 a call",
        ),
        Limit::FuelTotal => {
            let lowered = &["fuel-total=1_000_000", "fuel-per-byte=1"];
            Reached::by(attack("loop-write"), lowered, "out-of-fuel-total", "(1000004 in all")
        }
        Limit::FuelPerByte => {
            let lowered = &["fuel-per-byte=250_000", "fuel-total=1"];
            Reached::by(attack("loop-write"), lowered, "out-of-fuel-total", "(1000001 in all")
        }
        Limit::CallTime => Reached::by(
            attack("sleep-write"),
            &["call-time=50ms"],
            "deadline",
            "longer than 50 ms",
        ),
        Limit::InstantiateTime => {
            // All the fuel there is, so that time runs out first.
            let lowered = &["instantiate-time=50ms", "instantiate-fuel=1_000_000_000_000"];
            Reached::by(wat("loop-instantiate"), lowered, "deadline", "instantiated: deadline").code(2)
        }
        Limit::InstantiateFuel => {
            let lowered = &["instantiate-fuel=1_000_000"];
            Reached::by(
                wat("loop-instantiate"),
                lowered,
                "out-of-fuel",
                "instantiated: out-of-fuel",
            )
            .code(2)
        }
        Limit::Memory => Reached::by(attack("memory-write"), &["memory=8MiB"], "memory", "than 8388608 bytes"),
        Limit::TableElements => Reached::by(wat("table-bomb"), &["table-elements=70_000"], "table", "than 70000"),
        Limit::Instances => Reached::by(
            wat("many-memories"),
            &["instances=4"],
            "",
            "core instances, more than the 4",
        )
        .code(2)
        .without_cause(),
        Limit::Handles => Reached::by(attack("handles"), &["handles=10"], "handles", "than 10 handles"),
        Limit::Returned => Reached::by(
            attack("huge-replace"),
            &["returned=1MiB"],
            "returned-too-much",
            "than 1048576",
        ),
        Limit::Printed => Reached::by(
            attack("print-flood"),
            &["printed=8KiB"],
            "printed-too-much",
            "than 8192 bytes",
        ),
        Limit::PauseBudget => Reached::by(
            attack("pause-for-ever"),
            &["pause=50ms"],
            "pause-budget",
            "for 50 ms in all",
        )
        .code(28),
        Limit::ComponentSize => Reached::by(guests::guest("pass"), &["component-size=100"], "", "than the 100")
            .code(2)
            .without_cause(),
        Limit::LoadMemory => Reached::heavy(
            Heavy::branches("heavy.wasm", 20_000),
            &["load-memory=128MiB"],
            "memory",
            "more than 134217728 bytes of memory",
        ),
        Limit::LoadProcessorTime => Reached::heavy(
            Heavy::branches("heavy.wasm", 3_000),
            &["load-processor-time=300ms"],
            "deadline",
            "more than 300 ms of processor time",
        ),
        Limit::LoadTime => Reached::heavy(
            Heavy::branches("heavy.wasm", 3_000),
            &["load-time=300ms"],
            "deadline",
            "more than 300 ms of wall clock",
        ),
        Limit::LoadCode => Reached::heavy(
            Heavy::light("light.wasm"),
            &["load-code=1KiB"],
            "memory",
            "more than 1024 bytes of compiled code",
        ),
        Limit::Body => Reached::by(guests::guest("pass"), &["body=3"], "policy", "more than 3 bytes").code(63),
        Limit::Uploaded => Reached::by(
            guests::guest("pass"),
            &["uploaded=3"],
            "policy",
            "the upload has more than 3 bytes",
        )
        .code(63)
        .curl(&["-d", "abcd", "/"]),
        Limit::Delivered => {
            Reached::by(guests::guest("pass"), &["delivered=3"], "policy", "more than 3 bytes").code(63)
        }
        Limit::HeaderLines => Reached::by(
            guests::guest("pass"),
            &["header-lines=1"],
            "policy",
            "the headers have more than 1 lines",
        )
        .code(63),
        Limit::HeaderBytes => Reached::by(
            guests::guest("pass"),
            &["header-bytes=20"],
            "policy",
            "the headers have more than 20 bytes",
        )
        .code(63),
        Limit::Informational => Reached::by(
            guests::guest("pass"),
            &["informational=2"],
            "policy",
            "the origin sent more than 2 informational responses",
        )
        .code(63)
        .curl(&["/early"]),
        Limit::Ratio => Reached::by(
            guests::guest("pass"),
            &["ratio=50"],
            "policy",
            "the body grew to more than 50 times its size",
        )
        .code(63)
        .curl(&["--compressed", "/zeros"]),
        // The two are one limit.
        Limit::LowSpeed | Limit::LowSpeedTime => Reached::by(
            guests::guest("pass"),
            &["low-speed=1000", "low-speed-time=1s"],
            "",
            "Operation too slow",
        )
        .code(28)
        .without_cause()
        .curl(&["/never"]),
        Limit::TotalTime => Reached::by(guests::guest("pass"), &["total-time=300ms"], "", "timed out")
            .code(28)
            .without_cause()
            .curl(&["/never"]),
        Limit::Redirects => Reached::by(guests::guest("pass"), &["redirects=2"], "", "redirects")
            .code(47)
            .without_cause()
            .curl(&["-L", "/again"]),
    }
}

/// Four bytes; `/again` leads to itself, `/never` is not answered, `/zeros` is packed, `/early` has others before it.
pub(crate) fn origin() -> Origin {
    let origin = Origin::serve(|mut connection| {
        while let Some(request) = connection.next_request()? {
            let response = match request.path() {
                "/never" => return connection.wait_for_close(),
                "/again" => Response::redirect(302, "/again"),
                "/zeros" => Response::ok(vec![0; 4 << 20]).gzip(),
                "/early" => {
                    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n".repeat(3))?;
                    Response::ok("four")
                }
                _ => Response::ok("four"),
            };
            connection.send(response.encode(true))?;
        }
        Ok(())
    });
    origin.expect("an origin")
}

/// Reaches it through the command line.
pub(crate) fn check(reached: &Reached, origin: &Origin) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("outcome.json");
    let mut run = Transferhost::run().arg("--outcome").arg(&file);
    // A slow machine must not meet the time of a call first; whatever is lowered comes after it.
    for lowered in ["call-time=20s"].iter().chain(reached.lowered) {
        run = run.arg("--limit").arg(lowered);
    }
    run = run.arg(&reached.guest);
    for argument in reached.curl {
        run = match argument.strip_prefix('/') {
            Some(_) => run.arg(origin.url(argument)),
            None => run.arg(argument),
        };
    }
    let ended = run.end();
    let outcome: Value = fs::read_to_string(&file)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let said = ended.stderr.lines().last().unwrap_or_default();
    let cause = outcome["abort"]["cause"].as_str();
    if ended.code() == i32::try_from(reached.code).ok() && cause == reached.cause && said.contains(reached.said) {
        return Ok(());
    }
    Err(format!(
        "{:?} must end with {}, {:?} and {:?}; it was {:?}, {cause:?}: {said}",
        reached.lowered,
        reached.code,
        reached.cause,
        reached.said,
        ended.code()
    ))
}
