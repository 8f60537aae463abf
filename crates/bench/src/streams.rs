//! Many streams at a time: what each holds, how late its tokens are, and that it loses none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use engine::Clock;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep, sleep_until};

use crate::Setting;
use crate::events::{Events, after, end_of_frame};
use crate::http::Connection;
use crate::process::{self, Process};
use crate::report::{Curve, Line, Report, Target};
use crate::stats::{Rounds, percentile, sorted};

/// Streams that are opened in a second.
const OPENED_A_SECOND: usize = 500;
/// The number of streams that the targets are about.
const MANY: usize = 5_000;
/// Streams at a time. A server holds two sockets for each, and may have 20,000 open.
const COUNTS: [usize; 6] = [100, 1_000, 2_500, MANY, 7_500, 9_500];
const COUNTS_QUICK: [usize; 1] = [200];
/// Runs that end before anything is measured.
const WARM_UP: usize = 20;
/// Time after the last opening until all is steady.
const SETTLE: Duration = Duration::from_secs(1);

/// What so many streams gave.
struct Point {
    /// More memory of the server for each stream.
    kb_each: f64,
    /// From the upstream's writing to the client's having read, sorted.
    late_ms: Vec<f64>,
    /// Processors that the server kept busy.
    cores: f64,
}

/// How long it all lasts.
struct Course {
    streams: usize,
    hold_s: usize,
}

impl Course {
    fn opening_s(&self) -> usize {
        self.streams.div_ceil(OPENED_A_SECOND)
    }

    /// One token a second; each stream lasts until all have been open for the time that is measured.
    fn tokens(&self) -> usize {
        self.opening_s() + self.hold_s + 3
    }

    fn model(&self) -> String {
        format!("mock-ttft0-rate1-n{}-stamp", self.tokens())
    }
}

/// Reads a stream to its end; gives how late each token was, in milliseconds.
async fn read(url: String, course: Arc<Course>, direct: bool, measuring: Arc<AtomicBool>) -> Result<Vec<f64>> {
    let clock = Clock::system();
    let mut late = Vec::new();
    let mut take = |stamp: &str| {
        if measuring.load(Ordering::Relaxed)
            && let Ok(sent) = stamp.parse::<i64>()
        {
            late.push((clock.now_micros() - sent) as f64 / 1e3);
        }
    };
    let tokens = if direct {
        read_direct(&url, &course.model(), take).await?
    } else {
        let mut events = Events::start(&url, &course.model()).await?;
        while events.more(&mut take).await? {}
        events.deltas
    };
    ensure!(tokens == course.tokens() as u64, "{tokens} tokens came, of {}", course.tokens());
    Ok(late)
}

/// Reads the upstream's own stream.
async fn read_direct(url: &str, model: &str, mut take: impl FnMut(&str)) -> Result<u64> {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}],"stream":true}}"#);
    let mut connection = Connection::open(url).await?;
    let status = connection.ask("POST", "/v1/chat/completions", "text/event-stream", &body).await?;
    ensure!(status == 200, "the upstream answers {status}");
    let (mut buffer, mut tokens) = (Vec::new(), 0);
    while connection.more(&mut buffer).await? {
        let mut taken = 0;
        while let Some(length) = end_of_frame(&buffer[taken..]) {
            let frame = std::str::from_utf8(&buffer[taken..taken + length]).context("events are text")?;
            let stamp = after(frame, "\"content\":\"");
            if !stamp.is_empty() {
                tokens += 1;
                take(stamp);
            }
            taken += length + 2;
        }
        buffer.drain(..taken);
    }
    Ok(tokens)
}

/// Measures so many streams; a server and an upstream of their own for each time.
async fn point(setting: &Setting, course: Course, direct: bool) -> Result<Point> {
    let folder = setting.folder()?;
    let mock = process::mock(setting)?;
    let warm = "mock-ttft0-rate0-n20-stamp";
    let course = Arc::new(course);
    let config = process::config(&mock, &[&course.model(), warm]);
    let etude = if direct { None } else { Some(process::etude(setting, folder.path(), &config).await?) };
    let server = etude.as_ref().unwrap_or(&mock);
    if etude.is_some() {
        for _ in 0..WARM_UP {
            Events::start(&server.url, warm).await?.rest().await?;
        }
    }
    let before_kb = server.rss_kb()?;
    let measuring = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    let began = Instant::now();
    for number in 0..course.streams {
        sleep_until(began + Duration::from_secs_f64(number as f64 / OPENED_A_SECOND as f64)).await;
        readers.spawn(read(server.url.clone(), course.clone(), direct, measuring.clone()));
    }
    sleep(SETTLE).await;
    let (most_kb, cores) = hold(server, &course, &measuring).await?;
    let mut late = Vec::new();
    while let Some(read) = readers.join_next().await {
        late.extend(read.context("a reader's task")??);
    }
    Ok(Point { kb_each: (most_kb - before_kb) / course.streams as f64, late_ms: sorted(late), cores })
}

/// Watches the server while all streams go on; gives the most memory that it held, and the processors it kept busy.
async fn hold(server: &Process, course: &Course, measuring: &AtomicBool) -> Result<(f64, f64)> {
    let cpu_s = server.cpu_s()?;
    measuring.store(true, Ordering::Relaxed);
    let mut most_kb = 0.0_f64;
    for _ in 0..course.hold_s {
        sleep(Duration::from_secs(1)).await;
        most_kb = most_kb.max(server.rss_kb()?);
    }
    measuring.store(false, Ordering::Relaxed);
    Ok((most_kb, (server.cpu_s()? - cpu_s) / course.hold_s as f64))
}

/// What a stream's memory is made of (its allocations, seen with a debugger on 2026-11-27), and what was tried.
const STRETCH: &str = "33 KB are hyper's buffers, one of 8 KB for each direction of each connection, the least it takes; \
    9 KB the channel of hyper's client, 1.4 KB the connection's task, 1.1 KB the run's. Tried: a loop of our own in \
    place of axum's, which held a copy of every route for each connection, and no huge pages (175 to 48 KB, decision \
    0021); smaller tasks: what is rare or done once, HTTP/2 among it, is boxed, and what waits for nothing is no future \
    (47.6 to 40 KB at 200 streams). 16 KB need HTTP/2 on both sides, where streams share a connection: over HTTP/1 the \
    two buffers towards the client alone are as much";

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new(
        "streams",
        "many streams at a time",
        "the same streams read from the upstream itself, without Etude between",
    );
    report.method(
        "Each stream is a `POST /v1/runs` on a connection of its own, one token a second, read to its end; a missing \
         seq, a missing token or a missing end fails the benchmark. Streams begin 500 a second. Upstream, server and \
         client share the machine.",
    );
    report.method(
        "Memory is what the server process holds (VmRSS) at its most while all streams go on, less what it held \
         before, for each stream. The upstream writes the time into each token; the delay is the time at which the \
         client has read it, less that.",
    );
    let hold_s = setting.either(10, 1);
    let counts = setting.either(&COUNTS[..], &COUNTS_QUICK[..]);
    let (mut memory, mut p50, mut p99, mut direct) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for streams in counts {
        let rounds = setting.either(if *streams == MANY { 3 } else { 1 }, 1);
        let mut points = Vec::new();
        for _ in 0..rounds {
            points.push(point(setting, Course { streams: *streams, hold_s }, false).await?);
        }
        let bare = point(setting, Course { streams: *streams, hold_s }, true).await?;
        let at = |share: f64| Rounds::of(points.iter().map(|point| percentile(&point.late_ms, share)));
        let kb = Rounds::of(points.iter().map(|point| point.kb_each));
        let is_many = *streams == MANY;
        let target = |most| is_many.then_some(Target::AtMost(most));
        report.figure(format!("memory of a stream, {streams} streams"), "KB", kb, target(48.0));
        if is_many {
            let name = format!("memory of a stream, {streams} streams, stretch");
            report.noted(name, "KB", kb, target(16.0), STRETCH);
        }
        report.figure(format!("delay p50, {streams} streams"), "ms", at(0.5), None);
        report.figure(format!("delay p99, {streams} streams"), "ms", at(0.99), target(20.0));
        let bare_ms = Rounds::once(percentile(&bare.late_ms, 0.99));
        report.figure(format!("delay p99, {streams} streams, direct"), "ms", bare_ms, None);
        let cores = Rounds::of(points.iter().map(|point| point.cores));
        report.figure(format!("processors of the server, {streams} streams"), "cores", cores, None);
        let x = *streams as f64;
        for (line, y) in [
            (&mut memory, kb.median),
            (&mut p50, at(0.5).median),
            (&mut p99, at(0.99).median),
            (&mut direct, bare_ms.median),
        ] {
            line.push([x, y]);
        }
    }
    let line = |name: &str, points| Line { name: name.into(), points };
    report.curves.push(Curve {
        name: "streams-memory".into(),
        title: "Memory of a stream".into(),
        x: "streams at a time".into(),
        y: "KB each".into(),
        lines: vec![line("server", memory)],
    });
    report.curves.push(Curve {
        name: "streams-delay".into(),
        title: "From the upstream's byte to the client's".into(),
        x: "streams at a time".into(),
        y: "ms".into(),
        lines: vec![line("p99", p99), line("p50", p50), line("p99, direct", direct)],
    });
    Ok(report)
}
