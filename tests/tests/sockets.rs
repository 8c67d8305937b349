//! Sockets, from the address to the close: `opensocket`, `sockopt` and `closesocket`, over TCP, unix sockets and FTP.

#[path = "sockets/closesocket.rs"]
mod closesocket;
#[path = "sockets/descriptor.rs"]
mod descriptor;
#[path = "sockets/ftp.rs"]
mod ftp;
#[path = "sockets/inside.rs"]
mod inside;
#[path = "sockets/opensocket.rs"]
mod opensocket;
#[path = "sockets/places.rs"]
mod places;
#[path = "sockets/plugins.rs"]
mod plugins;
#[path = "sockets/sockopt.rs"]
mod sockopt;
#[path = "kit/written.rs"]
mod written;
