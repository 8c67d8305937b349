//! Status lines that are none, and responses that are not the last.

use transferhost_tests::origin::Origin;

use crate::attack::{Attack, End, answers, floods};
use crate::bodies::BODY;

pub(crate) fn all() -> Vec<Attack> {
    vec![
        informational_endless(),
        switching(),
        version_0_9(),
        version_3_7(),
        version_garbage(),
        status_garbage(),
        status_000(),
        status_099(),
        status_999(),
        status_long(),
        other_protocol(),
        nothing(),
    ]
}

fn line(line: &str) -> Origin {
    answers(format!("{line}\r\nContent-Length: 5\r\n\r\n{BODY}"))
}

fn informational_endless() -> Attack {
    let origin = floods("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    Attack::new(
        "informational-endless",
        "Sends responses 103 without end, and never the last one",
        origin,
    )
    .meets("informational")
    .under_curl(End::Libcurl(100))
}

fn switching() -> Attack {
    let origin = answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: nonsense\r\nConnection: Upgrade\r\n\r\nhello");
    Attack::new("switching", "Switches to a protocol that nobody asked for", origin).delivers(BODY)
}

fn version_0_9() -> Attack {
    Attack::new(
        "http-0.9",
        "Answers in HTTP/0.9: a body without a head",
        answers("<p>hello</p>\n"),
    )
    .ends(1)
}

fn version_3_7() -> Attack {
    Attack::new("http-3.7", "Answers in HTTP/3.7", line("HTTP/3.7 200 OK")).delivers(BODY)
}

fn version_garbage() -> Attack {
    Attack::new("http-garbage", "Answers in HTTP/x.y", line("HTTP/x.y 200 OK")).ends(1)
}

fn status_garbage() -> Attack {
    Attack::new(
        "status-garbage",
        "Answers with the status `abc`",
        line("HTTP/1.1 abc OK"),
    )
    .ends(1)
}

fn status_000() -> Attack {
    Attack::new("status-000", "Answers with the status 000", line("HTTP/1.1 000 OK")).ends(1)
}

fn status_099() -> Attack {
    Attack::new("status-099", "Answers with the status 099", line("HTTP/1.1 099 OK")).ends(1)
}

fn status_999() -> Attack {
    Attack::new("status-999", "Answers with the status 999", line("HTTP/1.1 999 OK")).delivers(BODY)
}

fn status_long() -> Attack {
    Attack::new(
        "status-long",
        "Answers with the status 20000",
        line("HTTP/1.1 20000 OK"),
    )
    .delivers(BODY)
}

fn other_protocol() -> Attack {
    let origin = answers("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    Attack::new("other-protocol", "Speaks SSH", origin).ends(1)
}

fn nothing() -> Attack {
    Attack::new("nothing", "Closes without a word", answers("")).ends(52)
}
