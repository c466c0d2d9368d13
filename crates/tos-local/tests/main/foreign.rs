//! The server and everything that it reads, with inputs that are almost right.

use crate::foreign_requests::Victim;
use tos_local::FaultPlan;

#[test]
fn any_request_is_answered_and_the_server_is_there_for_the_next() {
    let victim = Victim::new();
    mangle::check_all("request", 3_000, |input| victim.check(input));
}

#[test]
fn any_fault_plan_is_one_that_survives_its_own_json_or_is_told_by_the_field() {
    mangle::check_all("fault_plan", 20_000, check_fault_plan);
}

pub fn check_fault_plan(input: &[u8]) {
    match FaultPlan::from_json(input) {
        Ok(plan) => {
            let json = serde_json::to_vec(&plan).unwrap();
            assert_eq!(FaultPlan::from_json(&json).unwrap(), plan);
        }
        Err(error) => {
            assert!(error.message.ends_with('.') && !error.message.contains('\n'), "{error}");
            assert!(error.field.len() <= input.len() * 6 + 100, "{error}");
        }
    }
}
