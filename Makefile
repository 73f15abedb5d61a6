# Two commands on a fresh machine with Python 3.11 or newer: `make run` and `make test`.
PY ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCENARIO ?= scenarios/six_arrangements.yaml
BRIEFLY := --quiet --seeds 1 --set warmup_h=6 --set duration_h=12 --set drain_h=6
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# Each module is compiled once, and not by every one of the hundreds of processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-page lint check wheel scenarios fuzz legs validate-world validate-sensing validate-studies bench notebooks site lock clean

run: $(VENV)/.run          ## set up and run the headline experiment, or SCENARIO=file
	$(BIN)/mda-sim run $(SCENARIO)

test: $(VENV)/.test        ## set up and pass the tests; neighbours stay in one process, so that what they share is made once
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.test        ## style, types and import contracts
	$(BIN)/ruff check mda_sim tests benchmarks docs notebooks validation run_sim.py
	$(BIN)/ruff format --check mda_sim tests benchmarks docs notebooks validation run_sim.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	! grep -nE '(https?|file)://|--(extra-)?index-url|--find-links' requirements.lock requirements-dev.lock

check: lint test           ## what a change must pass

scenarios: $(VENV)/.test   ## check every shipped scenario and run it briefly
	for file in scenarios/*.yaml; do \
	  $(BIN)/mda-sim check "$$file" --strict > /dev/null || exit 1; \
	  $(BIN)/mda-sim run "$$file" $(BRIEFLY) --out "$$(mktemp -d)/run" || exit 1; done
	for file in scenarios/sweeps/*.yaml; do $(BIN)/mda-sim sweep "$$file" --check || exit 1; done

wheel: $(VENV)/.test       ## build the wheel and run it outside the repository, on a scenario that extends no other
	sh .ci/try_wheel $(BIN)/python scenarios/south_china_sea.yaml

fuzz: $(VENV)/.test        ## throw a million byte strings and broken scenarios at the reader; writes validation/fuzz.md
	nice -n 19 $(BIN)/python validation/fuzz_scenario.py

legs: $(VENV)/.test        ## check every leg of a large world against the coast; writes validation/legs.md
	$(BIN)/python validation/legs.py

validate-world: $(VENV)/.test  ## put simulated worlds beside published figures; writes validation/world.md
	nice -n 19 $(BIN)/python validation/world.py

validate-sensing: $(VENV)/.test  ## put sensor models beside their references; writes validation/sensing.md
	nice -n 19 $(BIN)/python validation/sensing.py

test-page: $(VENV)/.test   ## open the page of the default run in chromium, with the network cut
	$(BIN)/python -m pytest -p no:cacheprovider validation/browser

validate-studies: $(VENV)/.test  ## kill studies at random moments and go on; writes validation/survival.md
	$(BIN)/python validation/survival.py

bench: $(VENV)/.test       ## measure, as multiples of a yardstick; writes benchmarks/results.md
	$(BIN)/python benchmarks/bench.py

notebooks: $(VENV)/.test   ## run the notebooks; writes each .ipynb from its .py
	$(BIN)/python notebooks/refresh.py

$(VENV)/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PY) -m venv $(VENV)
	test -f $(VENV)/.test || $(PIP) install --require-hashes -r requirements.lock
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --no-deps --no-build-isolation -e .
	@echo "compiling kernels and laying sea lanes, once"
	@folder=$$(mktemp -d) && $(BIN)/mda-sim run scenarios/six_arrangements.yaml $(BRIEFLY) --out $$folder/run && rm -r $$folder
	touch $@

$(VENV)/.test: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PY) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements-dev.lock
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --no-deps --no-build-isolation -e .
	touch $@

site: $(VENV)/.test        ## build the documentation as a site in build/site; nothing is fetched
	$(BIN)/sphinx-build -q -W --keep-going -c docs . build/site
	@echo "open build/site/index.html"

lock:                      ## maintainers, needs uv: the run lock is compiled under the test lock
	uv pip compile -q --universal --generate-hashes --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-header --extra build -c requirements-dev.lock \
	  pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) runs build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
