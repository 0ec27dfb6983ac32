use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::answer::{AllCurves, Log, RunList, TwoRuns, WholeRun, WholeSweep};
use super::report::{OfReport, ReportForm};
use super::routes::{OfRun, OfSweep, OfTwo};
use crate::describe::{answer, parameters};

/// The description of `/v1/runs…`.
pub(crate) fn paths(schemas: &mut SchemaGenerator, problem: &Value) -> Vec<(&'static str, Value)> {
    let get = |id: &str, summary: &str, parameters: Vec<Value>, found: Value| {
        json!({"get": {
            "operationId": id, "summary": summary, "parameters": parameters,
            "responses": {"200": found, "default": problem},
        }})
    };
    let page = |description: &str| json!({"description": description, "content": {"text/html": {}}});
    let form = schemas.subschema_for::<ReportForm>();
    let by_form = json!({"post": {
        "operationId": "report_by_form",
        "summary": "Show the report of a run to a form, which brings the token itself.",
        "requestBody": {"required": true, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {"200": page("The report."), "default": problem},
        "security": [],
    }});
    vec![
        (
            "/v1/runs",
            get("runs", "List the runs and sweeps of --runs.", vec![], answer::<RunList>(schemas, "The runs.")),
        ),
        ("/v1/runs/run", get("run", "Tell of a run.", parameters::<OfRun>(), answer::<WholeRun>(schemas, "The run."))),
        (
            "/v1/runs/curves",
            get(
                "curves",
                "Tell the curves of a run's trainings, as far as they have come.",
                parameters::<OfRun>(),
                answer::<AllCurves>(schemas, "The curves."),
            ),
        ),
        (
            "/v1/runs/log",
            get("log", "Tell the end of a cell's log.", parameters::<OfRun>(), answer::<Log>(schemas, "Its end.")),
        ),
        ("/v1/runs/report", get("report", "Show the report of a run.", parameters::<OfReport>(), page("The report."))),
        ("/runs/report", by_form),
        (
            "/v1/runs/diff",
            get("diff", "Compare two runs.", parameters::<OfTwo>(), answer::<TwoRuns>(schemas, "What differs.")),
        ),
        (
            "/v1/runs/sweep",
            get(
                "sweep",
                "Tell of a sweep and its cells.",
                parameters::<OfSweep>(),
                answer::<WholeSweep>(schemas, "The sweep."),
            ),
        ),
    ]
}
