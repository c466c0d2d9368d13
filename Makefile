# Each target sets up what it needs; see scripts/.
.PHONY: run demo test soak bench lint fmt audit setup

run:
	@scripts/run

demo:
	@scripts/demo

test:
	@scripts/test

soak:
	@scripts/soak $(SEEDS) $(MOMENTS)

bench:
	@scripts/bench

setup:
	@scripts/setup test

lint:
	@scripts/setup run
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	cd ui && npm run --silent check

fmt:
	cargo fmt --all

audit:
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check bans licenses sources
