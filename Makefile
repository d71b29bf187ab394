# make demo    the course's first result      make test    style, tests and every lesson
# make lab     opens the lessons              make lessons runs them again and keeps what they show
# make test-browser runs them in a real browser  make site builds pages to read
# make bench   the benchmarks                 PYTHON=/path/to/python3.12 chooses the interpreter
# make weights trains the refiners that the package ships again, four minutes
# make results writes RESULTS.md from what the experiments measured; results-check holds the bars
#
# Each of them first makes .venv and installs the pinned requirements, once.

VERSIONS = 3.13 3.12 3.11

.PHONY: demo test test-browser site bench lab lessons address weights results results-check force

demo: .venv/installed
	.venv/bin/simgan demo

test: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/python -m pytest --nbval --nbval-cell-timeout=600 -n 2

# Needs Chromium; the pictures it takes are in browser/screenshots.
test-browser: .venv/installed
	.venv/bin/python -m pip install -q --disable-pip-version-check \
	    -r browser/requirements.txt -r site/requirements.txt
	.venv/bin/python -m pytest browser

# The course to read, in build/site, from what is committed.
site: .venv/installed
	.venv/bin/python -m pip install -q --disable-pip-version-check -r site/requirements.txt
	.venv/bin/python -m tools.site

lab: .venv/installed
	.venv/bin/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --LabApp.default_url=/lab/tree/notebooks/index.ipynb

lessons: .venv/installed
	.venv/bin/python -m tools.lessons

# Says once where the course lives: make address OWNER=somebody TAG=v0.1.0
address: .venv/installed
	.venv/bin/python -m tools.lessons --address "$(OWNER)" "$(TAG)"

bench: .venv/installed
	.venv/bin/python -m benchmarks

# The refiners of `simgan demo --seed 0`, and beside them the preset, seed and data that made them. The
# training is the one that the experiments begin with, and goes on where it stopped.
weights: runs = experiments/runs
weights: out = simgan_lib/pretrained/pocket
weights: .venv/installed
	mkdir -p $(runs)
	.venv/bin/simgan simulate --domain synthetic --count 8000 --seed 0 --out $(runs)/synthetic.h5
	.venv/bin/simgan simulate --domain camera --count 8000 --seed 1 --out $(runs)/camera.h5
	.venv/bin/simgan train --synthetic $(runs)/synthetic.h5 --real $(runs)/camera.h5 \
	    --preset pocket --seed 0 --out $(runs)/base-0 --resume
	rm -rf $(out) && cp -r $(runs)/base-0/history $(out)
	sed 's/^{/{\n  "command": "make weights",/' $(runs)/base-0/preset.json > $(out).part
	mv $(out).part $(out).json
	.venv/bin/python -m experiments.picture

results: .venv/installed
	.venv/bin/python -m experiments.report

results-check: .venv/installed
	.venv/bin/python -m experiments.report --check

# Written only when everything is installed. An interpreter that the user names is always compared
# with the one in .venv, also when there is nothing to install. A package without the INSTALLER
# file, which pip writes last, is half installed: pip is made to forget it and installs it again.
.venv/installed: pyproject.toml requirements.txt $(if $(PYTHON),force)
	@fail() { echo "$$1" >&2; exit 1; }; \
	version() { "$$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }; \
	has_pip() { .venv/bin/python -m pip --version >/dev/null 2>&1; }; \
	python=; found=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",.venv/bin/python python3 $(VERSIONS:%=python%)); do \
	    v=$$(version "$$candidate") || continue; \
	    found="$$found $$candidate ($$v)"; \
	    if [ "$$candidate" = .venv/bin/python ] && ! has_pip; then continue; fi; \
	    case " $(VERSIONS) " in *" $$v "*) python=$$candidate; break;; esac; \
	done; \
	[ -n "$$python" ] || fail "The course needs one of Python $(VERSIONS) but found$${found:- none}: install one of them, or name it with make PYTHON=/path/to/python."; \
	old=$$(version .venv/bin/python) || old=$$v; \
	[ "$$old" = "$$v" ] || fail "The folder .venv was made with Python $$old, not $$v: delete it and run make again."; \
	if [ -z "$(filter-out force,$?)" ]; then exit 0; fi; \
	if ! has_pip; then \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$$python ($$v) cannot make a virtual environment: install its venv module (on Debian and Ubuntu: sudo apt install python$$v-venv) and run make again."; \
	    "$$python" -m venv .venv || exit 1; \
	    has_pip || "$$python" -m venv --clear .venv || exit 1; \
	fi; \
	echo "Installing the course and its requirements into .venv with Python $$v: the first time, about two minutes and 2.6 GB."; \
	for info in .venv/lib/python*/site-packages/*.dist-info; do \
	    [ -f "$$info/INSTALLER" ] || rm -rf "$$info"; \
	done; \
	pip() { .venv/bin/python -m pip --disable-pip-version-check "$$@"; }; \
	pip install -q -r requirements.txt && pip install -q --no-deps --no-build-isolation -e . && touch $@

force:
