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

# A first look: just try, just try redactor, just try ssrf-guard https://example.com/
try *arguments:
    scripts/try {{arguments}}

# Build every guest of guest-examples and print where the components are
guests:
    scripts/guests

# Measure, and write docs/performance.md
bench:
    scripts/bench

# Format everything
format:
    cargo fmt --all
    cd guest-examples && cargo fmt --all
