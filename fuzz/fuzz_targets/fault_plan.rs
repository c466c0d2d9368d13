#![no_main]

use tos_local::FaultPlan;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(plan) = FaultPlan::from_json(input) {
        let json = serde_json::to_vec(&plan).unwrap();
        assert_eq!(FaultPlan::from_json(&json).unwrap(), plan);
    }
});
