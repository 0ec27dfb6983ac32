//! The program passes the suite that every preprocess must pass, called as fer calls it.

use std::path::Path;

use fer_testkit::{preprocess_suite, program};

#[test]
fn stretch_is_a_preprocess() {
    let params = serde_json::json!({"low": 2, "high": 98});
    preprocess_suite(program("preprocess", Path::new(env!("CARGO_BIN_EXE_stretch")), params)).unwrap();
}
