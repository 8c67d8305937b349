# What the scripts share; it is sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# One target directory for every step, and the same for cargo, whatever folder it runs in.
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")
export CARGO_TARGET_DIR
target=$CARGO_TARGET_DIR
cd "$root"
toolchain=$target/guest-toolchain
guests=$target/guests

# A fresh login shell may not have rustup's folder in its PATH yet.
if ! command -v cargo > /dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
fail() { say "$*"; exit 1; }

# A named step of a test run; the run ends at the first that fails.
step() {
    local title=$1 since=$SECONDS
    shift
    printf '\n=== %s\n' "$title"
    "$@" < /dev/null || { printf '=== FAILED: %s (%s s)\n' "$title" $((SECONDS - since)); exit 1; }
    printf '=== %s: %s s\n' "$title" $((SECONDS - since))
}
