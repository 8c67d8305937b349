//! `transferhost batch`: each line has its outcome, whatever it says, and none harms another.

#[path = "batch/apart.rs"]
mod apart;
#[path = "batch/bad.rs"]
mod bad;
#[path = "batch/bounds.rs"]
mod bounds;
#[path = "batch/headers.rs"]
mod headers;
#[path = "batch/interrupted.rs"]
mod interrupted;
#[path = "batch/jobs.rs"]
mod jobs;
#[path = "batch/killed.rs"]
mod killed;
#[path = "kit/loaders.rs"]
mod loaders;
#[path = "batch/loads.rs"]
mod loads;
#[path = "batch/outputs.rs"]
mod outputs;
#[path = "batch/overlap.rs"]
mod overlap;
#[path = "batch/plugins.rs"]
mod plugins;
#[path = "batch/reference.rs"]
mod reference;
#[path = "batch/resumed.rs"]
mod resumed;
#[path = "kit/sentence.rs"]
mod sentence;
#[path = "batch/site.rs"]
mod site;
#[path = "batch/stream.rs"]
mod stream;
#[path = "batch/telemetry.rs"]
mod telemetry;
#[path = "batch/tenants.rs"]
mod tenants;
