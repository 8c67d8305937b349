# What a person types. Each recipe only calls a script or cargo; CI calls scripts/test itself.

# List the recipes
default:
    @just --list

# What CI runs
ci:
    .ci/run

# All tests; a missing server is skipped, loudly
test:
    scripts/test

# The tests of guests in Go and TinyGo; the first run installs LLVM and builds TinyGo
test-go:
    scripts/test-go

# A first look: just try, just try redactor, just try ssrf-guard https://example.com/
try *arguments:
    scripts/try {{arguments}}

# Build every guest of guest-examples in Rust and print where the components are
guests:
    scripts/guests

# Build every guest of guest-examples/go with both compilers and print where the components are
guests-go:
    scripts/guests-go

# Fuzz: each target for ten minutes, just fuzz smoke for 15 seconds each, just fuzz TARGET SECONDS
fuzz *arguments:
    scripts/fuzz {{arguments}}

# Measure, and write docs/performance.md
bench:
    scripts/bench

# Measure many tenants in one process, and write docs/performance.md
bench-tenants:
    scripts/bench-tenants

# Measure what loading takes, and write docs/performance.md
bench-loads:
    scripts/bench-loads

# Measure what attacks take, and write docs/hostile.md
bench-attacks:
    scripts/bench-attacks

# Measure what a plugin costs by its language, and write docs/languages.md
bench-languages:
    scripts/bench-languages

# Format everything
format:
    cargo fmt --all
    cd guest-examples && cargo fmt --all
