# The commands of the project. Only Python 3.11+, make and git are needed; the rest comes by itself.
# Every path here is relative, so that the project may lie in a folder with a space in its name.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV_SYNC = .tools/uv/bin/python -m uv sync --frozen --quiet --python "$(PYTHON)"
# One more than the cores of a small machine: whoever waits for a desk to start leaves a core to somebody else.
WORKERS ?= 3
ARGS ?=
EXAMPLES ?= 200

.DEFAULT_GOAL := help
.PHONY: help setup run down doctor test interleavings races matrix fuzz mutate abuse leaks check audit bench faults generate clean

help: ## Say what can be done (this list).
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  Variables of run:  DESK_PORT=8000  SPEED=60  DAY=off  FRESH=1  DESK_BROKER=kafka|tansu"
	@echo "  Variables of campaigns: SEEDS=1000  RACES=100000  EXAMPLES=200"
	@echo "  Variables of test: WORKERS=3  ARGS=\"tests/unit -k name\""

setup: .tools/uv/$(UV_VERSION) .venv/.synced .tools/kafka/.fetched ## Install what is missing: tools, libraries, the broker.

run: setup ## Start the desk: database, broker, services, and Kota Bogor's simulated election days.
	@.venv/bin/desk run

down: ## Stop the desk that runs on DESK_PORT.
	@.venv/bin/desk down

doctor: setup ## Look for what keeps the desk from running on this machine.
	@.venv/bin/desk doctor

test: setup ## Run the tests, on a PostgreSQL and a Kafka of their own.
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not long" $(ARGS)

interleavings: setup ## Take events in in any order, SEEDS=1000 of them, and compare with the ordered feed; resumes.
	@.venv/bin/python -m tests.campaigns interleavings --seeds $(or $(SEEDS),1000)

matrix: setup ## Every operation with every role and every region, with both walls and with each alone.
	@.venv/bin/python -m pytest -n 0 tests/matrix

races: setup ## Let two replicas take the same thing at once, RACES=100000 times; resumes.
	@.venv/bin/python -m tests.campaigns races --races $(or $(RACES),100000)

mutate: setup ## Put faults into a copy of the sources, one at a time, and say which test catches each.
	@scripts/mutate $(ARGS)

fuzz: setup ## Send wrong and right requests to every operation, EXAMPLES of each kind (200); part of it runs in `test`.
	@FUZZ_EXAMPLES=$(EXAMPLES) .venv/bin/python -m pytest -n $(WORKERS) tests/fuzz $(ARGS)

faults: setup ## Do FAULTS=50 faults to a desk under load and look whether anything was lost, SEED=20241127; resumes.
	@.venv/bin/python -m pytest -n 0 -m long tests/faults tests/e2e
	@.venv/bin/python -m faults --faults $(or $(FAULTS),50) --seed $(or $(SEED),20241127) $(ARGS)

abuse: setup ## Send ten times a province's peak for MINUTES=15, beside stalled and crawling clients.
	@.venv/bin/python -m bench.abuse --minutes $(or $(MINUTES),15) $(ARGS)

leaks: setup ## Run the city's days with ROWS=50000 voters loaded, and search all that the desk keeps and tells for their NIK.
	@.venv/bin/python -m bench.leaks --rows $(or $(ROWS),50000) $(ARGS)

check: setup ## Run every static check: format, lint, house rules, layers, types, drift of generated files.
	@scripts/check $(ARGS)

audit: setup ## Say what the desk is made of (sbom.cdx.json) and which of it has known holes; asks PyPI.
	@scripts/audit

bench: setup ## Measure the goals on desks of a city, a province and the nation, about an hour; writes bench/latest.json.
	@.venv/bin/python -m bench $(ARGS)

generate: setup ## Write the generated files anew: schemas, rules, reference.
	@scripts/generate $(ARGS)

clean: ## Remove what was installed and what was built; the data of desks in .desk stays.
	rm -rf .venv .tools .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.desk/*' -prune -exec rm -rf {} +

# uv has an environment of its own: the one that it fills is exact, so it would remove itself from there.
.tools/uv/$(UV_VERSION):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	@mkdir -p .tools
	$(PYTHON) -m venv --clear .tools/uv
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch "$@"

.venv/.synced: uv.lock pyproject.toml .tools/uv/$(UV_VERSION)
	@$(UV_SYNC) || { echo "Trying again with the certificates of this machine." >&2; $(UV_SYNC) --system-certs; }
	@touch "$@"

# Without the jars there is a fallback, so this says what is wrong, lets the rest go on, and tries again next time.
.tools/kafka/.fetched: deploy/kafka.lock .venv/.synced
	@if .venv/bin/python -m deploy.kafka_jars; then touch "$@"; fi
