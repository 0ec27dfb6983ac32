use fer_data::*;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t = Instant::now();
    let mut p = IngestParams::new(Source::at(&args[1]));
    p.split = match args[2].as_str() {
        "usage" => SplitRule::Usage,
        "head" => SplitRule::Head { train: 24000.try_into().unwrap() },
        _ => SplitRule::Stratified(Fractions::new(0.8, 0.1, 0.1).unwrap()),
    };
    if args.len() > 3 {
        p.drop_duplicates = match args[3].as_str() {
            "train" => DropDuplicates::Train,
            "across" => DropDuplicates::Across,
            _ => DropDuplicates::None,
        };
    }
    let d = source_digest(&p).unwrap();
    println!("digest {d} {:?}", t.elapsed());
    let t = Instant::now();
    let i = ingest(&p, fer_artifact::Seed::new(42)).unwrap_or_else(|e| {
        println!("{e}");
        std::process::exit(1)
    });
    println!("ingest {:?}", t.elapsed());
    println!("{}", i.report);
    if std::env::var("JSON").is_ok() {
        println!("{}", fer_artifact::canonical_json(&i.report));
    }
    let t = Instant::now();
    for (s, set) in &i.sets {
        println!(
            "{s} {}",
            fer_artifact::write(
                std::path::Path::new(&format!("/work/tmp/data-task/{s}.safetensors")),
                set,
                &fer_artifact::Provenance::new("x", fer_artifact::Seed::new(1))
            )
            .unwrap()
        );
    }
    println!("write {:?}", t.elapsed());
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .filter(|l| l.starts_with("VmHWM"))
            .collect::<String>()
    );
}
