//! The claims: what is in the plugin, and what becomes of it by either compiler.

/// What becomes of a plugin.
#[derive(Clone, Copy)]
pub(super) enum Becomes {
    /// The compiler or the linker refuses it, with these words among others.
    Refused(&'static str),
    /// It ends the transfer with just these words.
    Says(&'static str),
    /// It says something, and in another transfer something else, or the same again.
    Anew(bool),
    /// The transfer goes as without it, and nothing is printed.
    Silent,
    /// The transfer ends with this code and these words among others.
    Ends(i32, &'static str),
}

use Becomes::{Anew, Ends, Refused, Says, Silent};

pub(super) struct Claim {
    pub(super) claim: &'static str,
    /// Packages besides those that every plugin here imports.
    pub(super) imports: &'static str,
    pub(super) start: &'static str,
    pub(super) write: &'static str,
    pub(super) go: Becomes,
    pub(super) tinygo: Becomes,
}

const fn claim(claim: &'static str, imports: &'static str, write: &'static str, go: Becomes, tinygo: Becomes) -> Claim {
    Claim {
        claim,
        imports,
        start: "request.Drop()",
        write,
        go,
        tinygo,
    }
}

const TRAPS: Becomes = Ends(23, "trapped: unreachable");
const NO_GOROUTINES: Becomes = Refused("attempted to start a goroutine without a scheduler");

pub(super) const CLAIMS: &[Claim] = &[
    claim(
        "a goroutine runs while a callback does",
        "",
        r#"words := make(chan string); go func() { words <- "from beside" }(); said = <-words"#,
        Says("from beside"),
        NO_GOROUTINES,
    ),
    // A stack that grows while an import is under way is moved.
    claim(
        "an import may be called at any depth of a goroutine's stack",
        r#""strings""#,
        r#"wrong := make(chan string)
        var deep func(int) string
        deep = func(n int) string {
            var room [8]int
            room[n%8] = n
            if n > 0 { return deep(n-1)[room[(n+1)%8]:] }
            all := store.GetAll()
            if all.IsErr() || len(all.Ok()) != 2 { return "a setting is missing" }
            for _, it := range all.Ok() {
                if it.F0 == "long" && it.F1 != strings.Repeat("0123456789", 500) { return "a setting is another" }
            }
            return ""
        }
        for n := range 24 {
            go func() { wrong <- deep(n * 4) }()
            if it := <-wrong; it != "" { said = it }
        }
        if said == "" { said = "all the same" }"#,
        Says("all the same"),
        NO_GOROUTINES,
    ),
    claim(
        "a goroutine that is not waited for stands still",
        r#""runtime""#,
        r#"if calls++; calls == 1 { go func() { moved = true }(); return deliver() }
        if moved { said = "by itself" }
        for range 100 { runtime.Gosched() }
        if moved { said += "when waited for" }"#,
        Says("when waited for"),
        NO_GOROUTINES,
    ),
    claim(
        "a channel that has room and then a value does not wait",
        "",
        r#"words := make(chan string, 1); words <- "kept"; said = <-words"#,
        Says("kept"),
        Says("kept"),
    ),
    claim(
        "a channel that waits and nobody else",
        "",
        "said = <-make(chan string)",
        TRAPS,
        TRAPS,
    ),
    claim(
        "recover recovers in Go",
        "",
        "said = caught()",
        Says("recovered"),
        TRAPS,
    ),
    claim(
        "math.Sin",
        r#""math""#,
        r#"if math.Sin(float64(len(chunk))) <= 1 { said = "a sine" }"#,
        Says("a sine"),
        Refused("undefined symbol: sin"),
    ),
    claim(
        "math.Pow",
        r#""math""#,
        r#"if math.Pow(float64(len(chunk)), 1.5) > 1 { said = "a power" }"#,
        Says("a power"),
        Refused("undefined symbol: exp"),
    ),
    claim(
        "what WebAssembly has of math",
        r#""math""#,
        r#"if math.Sqrt(float64(len(chunk))) + math.Floor(float64(len(chunk))/7) > 1 { said = "a root" }"#,
        Says("a root"),
        Says("a root"),
    ),
    claim(
        "crypto/rand",
        r#""crypto/rand""#,
        r#"if _, wrong := rand.Read(make([]byte, 8)); wrong != nil { said = "an error" }"#,
        Ends(23, "    at crypto_rand.Read\n"),
        Says("an error"),
    ),
    claim(
        "math/rand has the same numbers in every transfer",
        "numbers \"math/rand\"\n\"strconv\"",
        "said = strconv.Itoa(numbers.Int())",
        Anew(false),
        Anew(false),
    ),
    claim(
        "wasi:random is random",
        "\"strconv\"\nrandom \"example/claims/bindings/imports/wasi_random_random\"",
        "said = strconv.FormatUint(random.GetRandomU64(), 16)",
        Anew(true),
        Anew(true),
    ),
    claim(
        "the clock stands in 1970, but for Go's microsecond a reading",
        "\"strconv\"\n\"time\"",
        r#"now, spent := time.Now(), 0
        for i := range 100000 { spent += i }
        if spent > 0 && time.Since(now) <= time.Microsecond { said = strconv.Itoa(now.UTC().Year()) }"#,
        Says("1970"),
        Says("1970"),
    ),
    claim(
        "wasi:clocks goes on",
        r#"clock "example/claims/bindings/imports/wasi_clocks_monotonic_clock""#,
        r#"for since := clock.Now(); clock.Now() < since+1000; {}; said = "a microsecond""#,
        Says("a microsecond"),
        Says("a microsecond"),
    ),
    claim(
        "a sleep returns at once",
        r#""time""#,
        r#"time.Sleep(time.Hour); said = "slept""#,
        Says("slept"),
        Says("slept"),
    ),
    claim(
        "a timer is a channel that waits",
        r#""time""#,
        r#"<-time.After(time.Hour); said = "waited""#,
        Says("waited"),
        TRAPS,
    ),
    claim(
        "what println prints is dropped",
        "",
        r#"println("words"); return deliver()"#,
        Silent,
        Silent,
    ),
    claim(
        "what fmt prints is dropped",
        "\"fmt\"\n\"os\"",
        r#"fmt.Println("words"); fmt.Fprintln(os.Stderr, "words"); return deliver()"#,
        Silent,
        Silent,
    ),
    Claim {
        start: "_ = request",
        ..claim(
            "a request that is not dropped",
            "",
            "return deliver()",
            Ends(42, "borrow handles still remain"),
            Ends(42, "borrow handles still remain"),
        )
    },
    claim(
        "a panic is a trap without its words, and -v names the functions",
        "",
        "said = inner(chunk)",
        Ends(
            23,
            "    at example_claims.inner\ntransferhost:     at example_claims.OnWrite\n",
        ),
        Ends(23, "    at example/claims/bindings/exports/wit_exports."),
    ),
    claim(
        "an exit is a trap",
        r#""os""#,
        "os.Exit(0)",
        Ends(23, "    at os.Exit\n"),
        TRAPS,
    ),
    claim(
        "memory that runs out ends the transfer",
        "",
        r#"for all := [][]byte{}; ; { all = append(all, make([]byte, 1<<20)) }"#,
        Ends(23, "wanted more memory"),
        Ends(23, "ran out of fuel"),
    ),
];
