//! The reference and the schema: committed as the types say them, and true of what the program reads.

use std::path::PathBuf;

use fer_data::IngestParams;
use fer_eval::EvaluateParams;
use fer_imgproc::{AlignParams, PreprocessParams};
use fer_pipeline::reference::{Section, page, schema, sections};
use fer_train::TrainParams;
use serde_json::{Value, json};

use crate::world::{World, root};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn page_and_schema_are_those_of_the_types() {
    let world = World::new();
    let printed = world.fer(&["params", "--md"]).succeeded().stdout;
    assert_eq!(printed, page());
    assert!(read("docs/reference.md") == printed, "write it anew: fer params --md > docs/reference.md");
    let printed = world.fer(&["schema"]).succeeded();
    assert_eq!(printed.json(), schema());
    let committed = read("docs/pipeline.schema.json");
    assert!(committed == printed.stdout, "write it anew: fer schema > docs/pipeline.schema.json");
}

#[test]
fn every_parameter_has_a_meaning_and_shows_a_value() {
    for Section { parameters, .. } in sections() {
        for parameter in parameters {
            let path = &parameter.path;
            assert!(parameter.meaning.ends_with('.'), "{path}: {}", parameter.meaning);
            assert!(!parameter.accepts.is_empty(), "{path}");
            assert!(!parameter.meaning.contains("::"), "{path} speaks of Rust: {}", parameter.meaning);
            let shows = parameter.default.as_deref().is_some_and(|default| !matches!(default, "null" | "[]" | "{}"));
            let is_mapping = parameter.accepts == "mapping" || parameter.default.as_deref() == Some("{}");
            assert!(shows || is_mapping || parameter.example.is_some(), "{path} has neither default nor example");
        }
    }
}

#[test]
fn parameters_are_shown_by_stage_and_by_path() {
    let world = World::new();
    let shown = world.fer(&["params", "train.optimizer"]).succeeded().stdout;
    assert_eq!(shown, world.fer(&["help", "params", "train.optimizer"]).succeeded().stdout);
    insta::assert_snapshot!("params-of-the-optimizer", shown);
    let all = world.fer(&["params", "--json"]).succeeded().json();
    let stages: Vec<&Value> = all.as_array().unwrap().iter().map(|section| &section["stage"]).collect();
    assert_eq!(json!(stages), json!([null, "ingest", "align", "preprocess", "train", "evaluate"]));
    let wrong = world.fer(&["params", "train.epoch"]);
    assert_eq!(
        (wrong.code, wrong.stderr.as_str()),
        (2, "error: there is no parameter `train.epoch`; `fer params` lists all\n")
    );
}

/// The schema of a stage's parameters.
fn params_schema(kind: &str) -> Value {
    let schema = schema();
    let entries = schema["properties"]["stages"]["items"]["oneOf"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["properties"]["stage"]["const"] == kind).unwrap();
    let params = &entry["properties"]["params"];
    params["anyOf"].get(0).unwrap_or(params).clone()
}

/// Compares what is applied with the defaults of a schema, and of the mappings in it; returns how many it saw.
fn compare(path: &str, schema: &Value, applied: &Value) -> usize {
    let mut seen = 0;
    for (key, property) in schema["properties"].as_object().unwrap() {
        let path = format!("{path}.{key}");
        let value = applied.get(key).cloned().unwrap_or(Value::Null);
        // What is left out may depend on other parameters, as the optimizer does, or is not written.
        let is_written = applied.get(key).is_some() || property["default"].is_null();
        if is_written && property.get("default").is_some_and(|default| *default != json!({})) {
            assert_eq!(value, property["default"], "{path}");
            seen += 1;
        }
        let variants = property["oneOf"].as_array().map_or(std::slice::from_ref(property), Vec::as_slice);
        let tag = |variant: &Value| ["name", "kind"].map(|key| variant["properties"][key]["const"].clone());
        let is_applied = |variant: &&Value| {
            let own = ["name", "kind"].map(|key| value.get(key).cloned().unwrap_or_default());
            variant["properties"].is_object() && value.is_object() && tag(variant) == own
        };
        seen += variants.iter().filter(is_applied).map(|variant| compare(&path, variant, &value)).sum::<usize>();
    }
    seen
}

#[test]
fn the_defaults_of_the_schema_are_those_that_are_applied() {
    fn applied<T: serde::de::DeserializeOwned + serde::Serialize>(params: Value) -> Value {
        json!(serde_json::from_value::<T>(params).unwrap())
    }
    assert_eq!(compare("align", &params_schema("align"), &applied::<AlignParams>(json!({}))), 1);
    assert_eq!(compare("preprocess", &params_schema("preprocess"), &applied::<PreprocessParams>(json!({}))), 3);
    assert_eq!(compare("evaluate", &params_schema("evaluate"), &applied::<EvaluateParams>(json!({}))), 3);
    for source in ["csv", "folder", "manifest", "parquet"] {
        let params = json!({"source": {"kind": source, "path": "a"}});
        let seen = compare("ingest", &params_schema("ingest"), &applied::<IngestParams>(params));
        assert!(seen >= 8, "{source}: {seen}");
    }
    let with = |color: Value| applied::<IngestParams>(json!({"source": {"kind": "csv", "path": "a"}, "color": color}));
    assert_eq!(with(params_schema("ingest")["properties"]["color"]["default"].clone()).get("color"), None);
    for split in [json!({"kind": "stratified", "train": 1}), json!({"kind": "folds", "folds": 2, "fold": 0})] {
        let params = applied::<IngestParams>(json!({"source": {"kind": "csv", "path": "a"}, "split": split}));
        let schema = params_schema("ingest");
        let rules = schema["properties"]["split"]["oneOf"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["properties"]["kind"]["const"] == split["kind"]).unwrap();
        // What serde leaves out is false or nothing.
        for (key, setting) in rule["properties"].as_object().unwrap() {
            let value =
                params["split"].get(key).cloned().unwrap_or(if key == "pool" { json!(false) } else { json!(null) });
            assert!(setting.get("default").is_none_or(|default| *default == value), "{key}: {value}");
        }
    }
    let train = params_schema("train");
    let whole = json!({"augmentation": {}, "mixup": {"alpha": 1}, "early_stopping": {"patience": 1}});
    for (network, optimizer, schedule) in [
        ("face-cnn", "sgd", "constant"),
        ("compact-cnn", "adamw", "step"),
        ("face-resnet", "sgd", "cosine"),
        ("linear", "adamw", "one-cycle"),
    ] {
        let named =
            json!({"model": {"name": network}, "optimizer": {"name": optimizer}, "schedule": {"name": schedule}});
        let value = applied::<TrainParams>(named);
        for key in ["model", "optimizer", "schedule"] {
            let variants = train["properties"][key]["oneOf"].as_array().unwrap();
            let variant = variants.iter().find(|variant| variant["properties"]["name"]["const"] == value[key]["name"]);
            compare(key, variant.unwrap(), &value[key]);
        }
    }
    assert!(compare("train", &train, &applied::<TrainParams>(json!({}))) > 20);
    let value = applied::<TrainParams>(whole);
    for key in ["augmentation", "mixup", "early_stopping"] {
        assert!(compare(key, &train["properties"][key], &value[key]) > 0 || key == "early_stopping");
    }
}

/// Whether a schema of the kind that the program prints accepts a document. [`the_decisions_are_those_of_jsonschema`]
/// compares it with the Python library.
fn accepts(schema: &Value, value: &Value) -> bool {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let all = |key: &str, count: &dyn Fn(usize) -> bool| {
        schema[key].as_array().is_none_or(|all| count(all.iter().filter(|one| accepts(one, value)).count()))
    };
    let of_type = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("an unknown type {other}"),
    };
    let types = match &schema["type"] {
        Value::Array(names) => names.iter().any(|name| of_type(name.as_str().unwrap())),
        Value::String(name) => of_type(name),
        _ => true,
    };
    let in_range = value.as_f64().is_none_or(|found| {
        number("minimum").is_none_or(|least| found >= least)
            && number("maximum").is_none_or(|most| found <= most)
            && number("exclusiveMinimum").is_none_or(|low| found > low)
            && number("exclusiveMaximum").is_none_or(|high| found < high)
    });
    let counted = |count: usize, least: &str, most: &str| {
        number(least).is_none_or(|least| count as f64 >= least) && number(most).is_none_or(|most| count as f64 <= most)
    };
    let right = match value {
        Value::Object(map) => {
            let required = schema["required"].as_array();
            let known = schema["properties"].as_object();
            let fits = |(key, value): (&String, &Value)| match known.and_then(|known| known.get(key)) {
                Some(property) => accepts(property, value),
                None => schema.get("additionalProperties").is_none_or(|others| accepts(others, value)),
            };
            required.is_none_or(|names| names.iter().all(|name| map.contains_key(name.as_str().unwrap())))
                && map.iter().all(fits)
                && map.keys().all(|key| schema.get("propertyNames").is_none_or(|names| accepts(names, &json!(key))))
                && counted(map.len(), "minProperties", "maxProperties")
        }
        Value::Array(items) => {
            let is_repeated = |index: usize| items[..index].contains(&items[index]);
            items.iter().all(|item| schema.get("items").is_none_or(|of| accepts(of, item)))
                && counted(items.len(), "minItems", "maxItems")
                && (schema["uniqueItems"] != true || !(0..items.len()).any(is_repeated))
        }
        Value::String(text) => {
            counted(text.chars().count(), "minLength", "maxLength")
                && schema["pattern"].as_str().is_none_or(|pattern| regex::Regex::new(pattern).unwrap().is_match(text))
        }
        _ => true,
    };
    *schema != json!(false)
        && types
        && in_range
        && right
        && schema.get("const").is_none_or(|only| only == value)
        && schema["enum"].as_array().is_none_or(|words| words.contains(value))
        && all("anyOf", &|count| count > 0)
        && all("oneOf", &|count| count == 1)
}

#[test]
fn the_decisions_are_those_of_jsonschema_and_of_the_program() {
    let (schema, world) = (schema(), World::new());
    let cases: Vec<Value> = serde_json::from_str(&read("tests/golden/schema/decisions.json")).unwrap();
    assert!(cases.len() > 70);
    std::fs::create_dir_all(world.path("faces/a")).unwrap();
    for case in cases {
        let (name, document, accepted) = (&case["name"], &case["document"], case["accepted"] == true);
        assert_eq!(accepts(&schema, document), accepted, "{name}: {document}");
        if case["beyond"] == true {
            continue;
        }
        // JSON is YAML.
        let path = world.path("case.yaml");
        std::fs::write(&path, document.to_string()).unwrap();
        let is_sweep = document.get("matrix").or(document.get("seeds")).is_some();
        let outcome = match is_sweep {
            _ if document.get("search").is_some() => fer_pipeline::search::Search::load(&path, &[], None).map(drop),
            true => fer_pipeline::sweep::Sweep::load(&path, &[], None).map(drop),
            false => fer_pipeline::Pipeline::load(&path, &[], None).map(drop),
        };
        // A pattern that reads no label leaves the class to the folders.
        assert_eq!(outcome.is_ok(), accepted, "{name}: {outcome:?}");
    }
}

/// YAML files below a folder.
fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect()
}

#[test]
fn the_schema_accepts_every_pipeline_file_of_the_repository() {
    let files: Vec<PathBuf> =
        ["", "pipelines", "examples/clahe", "examples/search", "examples/shell", "examples/stretch", "examples/torch"]
            .into_iter()
            .flat_map(yaml_files)
            .collect();
    assert_eq!(files.len(), 11, "{files:?}");
    let schema = schema();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let document: Value = serde_yaml::from_str(&text).unwrap();
        assert!(accepts(&schema, &document), "{}", path.display());
        let first = text.lines().next().unwrap();
        let named = first.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{first}"));
        assert!(path.parent().unwrap().join(named).is_file(), "{}: {named}", path.display());
    }
    assert!(accepts(&schema, &serde_yaml::from_str(crate::world::PIPELINE).unwrap()));
}

/// The YAML blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let text = read(page);
    let parts: Vec<String> = text.split("```").map(str::to_owned).collect();
    parts.into_iter().filter_map(|part| part.strip_prefix("yaml\n").map(str::to_owned)).collect()
}

/// A part of a pipeline file as a whole one; nothing for a file of another program.
fn whole(part: Value) -> Option<Value> {
    let mut file = json!({"version": 1, "run_dir": "run", "stages": [{"stage": "preprocess"}]});
    let source = json!({"kind": "csv", "path": "faces.csv"});
    match part {
        Value::Array(stages) => file["stages"] = json!(stages),
        Value::Object(part) if part.contains_key("matrix") => file["matrix"] = part["matrix"].clone(),
        Value::Object(part) if part.contains_key("engine") => {
            file["engine"] = part["engine"].clone();
            file["seeds"] = json!([1]);
        }
        Value::Object(part) if part.contains_key("search") => file["search"] = part["search"].clone(),
        Value::Object(part) if part.contains_key("metrics") => return None,
        Value::Object(mut params) => {
            params.entry("source").or_insert(source);
            file["stages"] = json!([{"stage": "ingest", "params": params}]);
        }
        _ => return None,
    }
    Some(file)
}

#[test]
fn the_schema_accepts_what_the_pages_show() {
    let (schema, mut seen) = (schema(), 0);
    for page in [
        "README.md",
        "docs/datasets.md",
        "docs/training.md",
        "docs/runs.md",
        "docs/swapping.md",
        "docs/sweeps.md",
        "docs/clusters.md",
    ] {
        for block in blocks(page) {
            // Alternatives stand below each other, and an ellipsis for what is not shown.
            let alternatives = block.lines().filter(|line| line.starts_with("classes: ")).count() > 1;
            let parts = if alternatives { block.lines().map(str::to_owned).collect() } else { vec![block] };
            for part in parts.iter().map(|part| part.replace("  …\n", "  - stage: preprocess\n")) {
                let value: Value =
                    serde_yaml::from_str(&part).unwrap_or_else(|error| panic!("{page}: {error}\n{part}"));
                let Some(file) = whole(value) else { continue };
                assert!(accepts(&schema, &file), "{page}:\n{part}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} blocks were seen");
}
