//! Plugins whose answers are written by a test: the `.wat` files beside, with places to fill.

use std::net::SocketAddr;

use crate::written::Written;

impl Written {
    /// Exports `opensocket` alone, which does this; `answer` is what stands at 128.
    pub(crate) fn opensocket(body: &str, answer: &[u8]) -> Self {
        let answer: String = answer.iter().map(|byte| format!("\\{byte:02x}")).collect();
        Self::new(
            include_str!("opensocket.wat"),
            &[("@BODY@", body), ("@ANSWER@", &answer)],
        )
    }

    /// Leads every connection there.
    pub(crate) fn connect_to_unix(path: &[u8]) -> Self {
        Self::opensocket("(i32.const 128)", &connect_to(1, path, [0; 3]))
    }

    /// Leads every connection there, with this flow information.
    pub(crate) fn connect_to_v6(to: SocketAddr, flow: u32, scope: u32) -> Self {
        let SocketAddr::V6(to) = to else {
            panic!("{to} is not IPv6");
        };
        let numbers = [to.port().into(), flow, scope];
        Self::opensocket("(i32.const 128)", &connect_to(0, &to.ip().octets(), numbers))
    }

    /// Exports `sockopt` alone, which does this.
    pub(crate) fn sockopt(body: &str) -> Self {
        Self::new(include_str!("sockopt.wat"), &[("@BODY@", body)])
    }

    /// Exports `socket`, `closesocket` and `done`, which do this.
    pub(crate) fn life(socket: &str, closesocket: &str, done: &str) -> Self {
        let places = [("@SOCKET@", socket), ("@CLOSESOCKET@", closesocket), ("@DONE@", done)];
        Self::new(include_str!("life.wat"), &places)
    }
}

/// `ok(connect-to(…))` as it lies in memory at 128: the case of the address, its bytes, which come right behind, then
/// port, flow information and scope.
fn connect_to(case: u8, bytes: &[u8], numbers: [u32; 3]) -> Vec<u8> {
    let mut answer = vec![0, 0, 0, 0, 2, 0, 0, 0, case, 0, 0, 0];
    let length = u32::try_from(bytes.len()).unwrap();
    for number in [128 + 32, length].into_iter().chain(numbers) {
        answer.extend(number.to_le_bytes());
    }
    answer.extend(bytes);
    answer
}
