//! The worker as a program of its own, for this crate's tests and benchmarks; the product starts
//! it as `etude inference-worker`.

fn main() -> std::process::ExitCode {
    inference::run_worker()
}
