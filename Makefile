# federated.connectivity: `make help` lists what there is.

INVENTORY ?=
PLAN ?=
SELECT ?=
NATIVE ?=
SCENARIO ?=
WHOLE ?=
NAME ?=
TABLE ?=
ARGS ?=
MATRIX ?=
ASSERTIONS ?=
OUT ?=
RESULTS ?=
FROM ?=
TO ?=
PORT ?=
PROTOCOL ?=
LIVE ?=
SYSTEM ?=
MINUTES ?=
PROCESSES ?=
UNITS ?=
CONTAINERS ?=
PORTS ?=
ROLES ?=
TLS ?=
OUTPUT ?=
COMPARE ?=
PYTHON ?= python3

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

comma := ,
bin := .venv/bin
tree := build/ansible_collections/federated/connectivity
# Nothing but wheels whose hashes are in a lock: no package index, mirror or cache can slip anything in, and no setup.py runs.
pip_install := $(bin)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
pip_compile := $(bin)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --annotation-style=line \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lab := $(bin)/python molecule/lab/lab.py
lab_inventories := -i build/lab/inventory.yml -i molecule/linksight/inventory.yml

# As JSON: an expression of SELECT has blanks, quotes and backticks of its own.
export PLAN SELECT NATIVE
plan_variables = $$($(bin)/python -c 'import json, os; \
  print(json.dumps({"connectivity_plan": os.path.abspath(os.environ["PLAN"]), "connectivity_select": os.environ["SELECT"], \
  **({"connectivity_native": os.environ["NATIVE"]} if os.environ["NATIVE"] else {})}))')

# What `why`, `check`, `drift`, `report` and `trace` are asked: about the plan that INVENTORY gives, or about PLAN as it is.
export FROM TO PORT PROTOCOL LIVE ASSERTIONS OUT RESULTS
question = $$($(bin)/python -c 'import json, os; \
  asked = {name: os.environ[name.upper()] for name in ("from", "to", "port", "protocol", "live") if os.environ[name.upper()]}; \
  plan = {"connectivity_reviewed_plan": os.path.abspath(os.environ["PLAN"])} if os.environ["PLAN"] else {}; \
  paths = {"connectivity_" + name: os.path.abspath(os.environ[name.upper()]) for name in ("assertions", "out", "results") if os.environ[name.upper()]}; \
  print(json.dumps({**{"connectivity_" + name: value for name, value in asked.items()}, **paths, **plan}))')

# What `observe` is asked: what to watch, where the draft goes, and which plan to compare with.
export MINUTES PROCESSES UNITS CONTAINERS PORTS ROLES TLS SYSTEM OUTPUT COMPARE
observation = $$($(bin)/python -c 'import json, os; \
  asked = {name: os.environ[name.upper()] for name in ("minutes", "processes", "units", "containers", "ports", "roles", "tls") if os.environ[name.upper()]}; \
  file = os.environ["OUTPUT"] or (os.environ["SYSTEM"] and os.environ["SYSTEM"] + ".yml"); \
  paths = {name: os.path.abspath(path) for name, path in (("matrix", file), ("observe_compare", os.environ["COMPARE"])) if path}; \
  print(json.dumps({"connectivity_" + name: value for name, value in {**{"observe_" + name: value for name, value in asked.items()}, **paths}.items()}))')

# A play that matches no host is a failure; long messages stay readable; a run fits on a screen (ARGS=-v shows all); the last line is its summary.
playbook := ANSIBLE_HOST_PATTERN_MISMATCH=error ANSIBLE_INVENTORY_UNPARSED_FAILED=True $(bin)/ansible-playbook
export ANSIBLE_CALLBACK_RESULT_FORMAT ?= yaml
export ANSIBLE_SHOW_CUSTOM_STATS ?= True
export ANSIBLE_LOCALHOST_WARNING ?= False
export ANSIBLE_INVENTORY_IGNORE_REGEX ?= ^matrices$$
export ANSIBLE_FORKS ?= 20

plan why check new-matrix import-matrix site verify audit drift refused remove observe report trace: export ANSIBLE_STDOUT_CALLBACK ?= federated.connectivity.brief

##@ Main jobs

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: plan
plan: .venv/controller.ready ## Compute every host's rules: INVENTORY=inventories/linksight PLAN=out [SELECT="[?necessity=='mandatory']"] [NATIVE=full]
	@test -n "$(INVENTORY)" -a -n "$$PLAN" || { echo 'usage: make plan INVENTORY=inventories/linksight PLAN=out' >&2; exit 2; }
	@$(playbook) -i $(INVENTORY) playbooks/plan.yml -e "$(plan_variables)" $(ARGS)

.PHONY: why
why: .venv/controller.ready ## Which connections the plan allows, and why: FROM=clinic TO=hub PORT=6443 [PROTOCOL=udp] [LIVE=true] and INVENTORY=... or PLAN=...
	@test -n "$(INVENTORY)$$PLAN" -a -n "$$FROM$$TO" || { echo 'usage: make why INVENTORY=... FROM=host TO=host PORT=number; or PLAN=directory, FROM or TO alone; LIVE=true also asks the hosts' >&2; exit 2; }
	@test -n "$(INVENTORY)" -o -z "$$LIVE" || { echo 'LIVE=true asks the hosts at both ends, so give INVENTORY=..., too' >&2; exit 2; }
	@$(playbook) -i $(or $(INVENTORY),localhost$(comma)) playbooks/why.yml -e "$(question)" $(ARGS)

.PHONY: check
check: .venv/controller.ready ## Test the plan without touching a host: INVENTORY=... or PLAN=... [ASSERTIONS=file.yml] [OUT=directory for JUnit]
	@test -n "$(INVENTORY)$$PLAN" || { echo 'usage: make check INVENTORY=... [ASSERTIONS=file.yml] [OUT=directory]; or PLAN=directory' >&2; exit 2; }
	@$(playbook) -i $(or $(INVENTORY),localhost$(comma)) playbooks/check.yml -e "$(question)" $(ARGS)

.PHONY: report
report: .venv/controller.ready ## The state of the network as one HTML page and as Markdown: OUT=directory [RESULTS=directory] and INVENTORY=... or PLAN=...
	@test -n "$(INVENTORY)$$PLAN" -a -n "$$OUT" || { echo 'usage: make report INVENTORY=... OUT=directory [RESULTS=directory]; or PLAN=directory' >&2; exit 2; }
	@$(playbook) -i $(or $(INVENTORY),localhost$(comma)) playbooks/report.yml -e "$(question)" $(ARGS)

.PHONY: trace
trace: .venv/controller.ready ## Where a connection stops: INVENTORY=... FROM=clinic TO=hub [PORT=6443], or RESULTS=directory with verify's report [OUT=directory]
	@test -n "$(INVENTORY)" -a -n "$$FROM$$RESULTS" || { echo 'usage: make trace INVENTORY=... FROM=host TO=host PORT=number; or RESULTS=directory with the report of verify' >&2; exit 2; }
	@$(playbook) -i $(INVENTORY) playbooks/trace.yml -e "$(question)" $(ARGS)

.PHONY: new-matrix
new-matrix: .venv/controller.ready ## Begin a matrix of your own: NAME=inventories/mine/matrices/my_system.yml
	@test -n "$(NAME)" || { echo 'usage: make new-matrix NAME=inventories/mine/matrices/my_system.yml' >&2; exit 2; }
	@$(playbook) -i localhost, playbooks/new_matrix.yml -e connectivity_matrix="$(abspath $(NAME))" $(ARGS)

.PHONY: import-matrix
import-matrix: .venv/controller.ready ## Draft one from a vendor's table (CSV, Markdown, HTML, XLSX): TABLE=vendor.md NAME=inventories/mine/matrices/my_system.yml
	@test -n "$(NAME)" -a -n "$(TABLE)" || { echo 'usage: make import-matrix TABLE=vendor.md NAME=inventories/mine/matrices/my_system.yml' >&2; exit 2; }
	@$(playbook) -i localhost, playbooks/new_matrix.yml -e connectivity_matrix="$(abspath $(NAME))" -e connectivity_table="$(abspath $(TABLE))" $(ARGS)

.PHONY: observe
observe: .venv/controller.ready ## Draft a matrix from running software: INVENTORY=... SYSTEM=my_system PROCESSES=... [MINUTES=5]; or compare: COMPARE=plan
	@test -n "$(INVENTORY)" -a -n "$$SYSTEM$$OUTPUT$$COMPARE" -a -n "$$PROCESSES$$UNITS$$CONTAINERS$$PORTS" || { echo 'usage: make observe INVENTORY=... SYSTEM=my_system PROCESSES=a,b; instead or besides UNITS=, CONTAINERS=, PORTS=; also OUTPUT=, MINUTES=, ROLES=, TLS=true, COMPARE=plan' >&2; exit 2; }
	@$(playbook) -i $(INVENTORY) playbooks/observe.yml -e "$(observation)" $(ARGS)

.PHONY: site
site: ## Plan, apply, verify: INVENTORY=...; without it on the lab, disposable hosts made on this machine

.PHONY: verify
verify: ## Prove with packets what is in force: INVENTORY=...; without it on the lab

.PHONY: audit
audit: ## Look for TLS inspection on the way of every flow: INVENTORY=...; without it on the lab

.PHONY: drift
drift: ## Which hosts differ from the plan, and since when: INVENTORY=... [PLAN=...] [OUT=directory for reports]; without it on the lab

.PHONY: refused
refused: ## List peers that listeners have refused, and what would admit them: INVENTORY=...; without it on the lab

.PHONY: remove
remove: ## Take everything of ours off the hosts again: INVENTORY=...; without it on the lab

ifeq ($(INVENTORY),)
site: lab
	@$(playbook) $(lab_inventories) molecule/linksight/services.yml
	@$(playbook) $(lab_inventories) playbooks/site.yml $(ARGS)
verify audit refused remove: .venv/dev.ready
	@$(playbook) $(lab_inventories) playbooks/$@.yml $(ARGS)
drift: .venv/dev.ready
	@$(playbook) $(lab_inventories) playbooks/drift.yml -e "$(question)" $(ARGS)
else
site verify audit refused remove: .venv/controller.ready
	@$(playbook) -i $(INVENTORY) playbooks/$@.yml $(ARGS)
drift: .venv/controller.ready
	@$(playbook) -i $(INVENTORY) playbooks/drift.yml -e "$(question)" $(ARGS)
endif

##@ Tests

# What takes long has a fixed part, the same in every run of `make test`; WHOLE=1 runs all of a stage, as `make test-all` does with every one.
# A stage writes what it ran to build/tests; tests/sum_up.py counts it, and fails where anything ran no test at all.
scenarios := fedbiomed forward_proxy inspection linksight
more_scenarios := causes containers coinstac network_wall shrine
chosen_scenarios = $(or $(SCENARIO),$(scenarios) $(if $(WHOLE),$(more_scenarios)))
whole = $(if $(WHOLE),--whole)
pytest = rm -rf build/tests/$(1) && $(bin)/pytest --junitxml=build/tests/$(1)/results.xml $(whole)
sum_up = @$(bin)/python tests/sum_up.py $(whole) unit browser $(windows_stages) packets faults $(if $(WHOLE),real) $(chosen_scenarios:%=molecule/%) $(not_tried)
run_scenarios = rm -rf build/molecule build/tests/molecule && PATH="$(CURDIR)/$(bin):$$PATH" PYTEST_ADDOPTS="$(whole)" \
  MOLECULE_EPHEMERAL_DIRECTORY="$(CURDIR)/build/molecule" $(if $(WHOLE),LAB_STEPS='$(every_step)') \
  molecule test --no-command-borders --destroy=never $(chosen_scenarios:%=--scenario-name=%) $(ARGS)
every_step := [prepare, converge, idempotence, verify, cleanup]
# Where there is no PowerShell, make test goes on without Windows and says so in its last line; make windows fails.
PWSH ?= $(shell command -v pwsh)
export PWSH
windows_stage = $(if $(PWSH),windows)
windows_stages = $(if $(PWSH),windows/program windows/site)
not_tried = $(if $(PWSH),,--left-out 'Windows, because there is no PowerShell (name one with PWSH=/path/to/pwsh)')

.NOTPARALLEL: # the stages share the machine's processors, and the lab

.PHONY: test
test: lint unit browser $(windows_stage) packets faults-some sanity-beside-molecule ## The fixed part of everything, from the fastest to the slowest (root; half an hour)
	$(sum_up)

.PHONY: test-all
test-all: WHOLE := 1
test-all: lint unit browser $(windows_stage) packets faults real sanity molecule ## The whole: every release, firewall, engine, system and scenario, real software, more examples (root; two hours)
	$(sum_up)

.PHONY: lint
lint: .venv/dev.ready ## ruff, mypy, yamllint, ansible-lint (production)
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	@mkdir -p $(dir $(tree)) && ln -sfn ../../.. $(tree)
	cd build && ../$(bin)/mypy --config-file ../pyproject.toml ansible_collections/federated/connectivity/plugins
	$(bin)/yamllint --strict .
	$(bin)/ansible-lint --offline

.PHONY: unit
unit: .venv/dev.ready ## Unit and case tests, and runs against hosts that lie: no root, no real hosts
	$(call pytest,unit) --numprocesses 2 --dist worksteal tests/unit tests/cases tests/hostile $(ARGS)

.PHONY: packets
packets: machine ## Real firewalls and real packets in network namespaces (root)
	$(call pytest,packets) --numprocesses 4 --dist worksteal tests/packets $(ARGS)

.PHONY: faults
faults: WHOLE := 1
faults: machine ## Break runs in every way, and count what holds (root)
	$(call pytest,faults) --numprocesses 4 --dist worksteal tests/faults $(ARGS)

.PHONY: faults-some
faults-some: machine # The fixed part of them
	$(call pytest,faults) --numprocesses 4 --dist worksteal tests/faults $(ARGS)

.PHONY: browser
browser: machine ## The report in headless Chromium: interaction, rules of axe-core, pictures in build/browser (root)
	$(call install_packages,tests/browser/packages.txt)
	$(call pytest,browser) tests/browser $(ARGS)

.PHONY: real
real: machine ## Real software of the systems behind our rules, and what it did: all systems, or SYSTEM=flower (root; docs/real.md)
	$(call pytest,real) tests/real $(if $(SYSTEM),--system $(SYSTEM)) $(ARGS)

.PHONY: molecule
molecule: lab ## Scenarios on the lab's hosts: some, all with WHOLE=1, or SCENARIO=linksight (root)
	$(run_scenarios)
	@$(bin)/python tests/sum_up.py $(whole) $(chosen_scenarios:%=molecule/%)

.PHONY: windows
windows: powershell machine ## The program for Windows hosts over a stand-in of Windows, and Ansible on such a host: PWSH=/path/to/pwsh (root)
	@mkdir -p build
	tests/windows/run $(whole) --junitxml=build/tests/windows/program/results.xml >build/windows-program.log 2>&1 & program=$$!; \
	  failed=0; $(call pytest,windows/site) -q --numprocesses 2 --dist loadfile tests/windows $(ARGS) || failed=1; \
	  wait $$program || failed=1; cat build/windows-program.log; exit $$failed

.PHONY: powershell
powershell:
	@command -v "$$PWSH" >/dev/null || { echo 'There is no PowerShell, so Windows was not tried. Install it, or name one: make windows PWSH=/path/to/pwsh' >&2; exit 2; }

.PHONY: molecule-windows
molecule-windows: .venv/dev.ready ## The scenario for Windows hosts of your own: INVENTORY=... (docs/windows.md)
	@test -n "$(INVENTORY)" || { echo 'Windows cannot be made here. Name hosts of your own: make molecule-windows INVENTORY=inventory' >&2; exit 2; }
	PATH="$(CURDIR)/$(bin):$$PATH" MOLECULE_GLOB='molecule/delegated/*/molecule.yml' MOLECULE_EPHEMERAL_DIRECTORY="$(CURDIR)/build/molecule-windows" \
	  CONNECTIVITY_WINDOWS_INVENTORY="$(abspath $(INVENTORY))" molecule test --no-command-borders --scenario-name windows $(ARGS)

.PHONY: sanity
sanity: .venv/dev.ready ## ansible-test sanity on a clean copy, and the collection builds and installs
	tests/sanity/run

.PHONY: sanity-beside-molecule
sanity-beside-molecule: lab # ansible-test keeps one processor busy for minutes, and the scenarios often wait
	@mkdir -p build
	tests/sanity/run >build/sanity.log 2>&1 & sanity=$$!; \
	  failed=0; $(run_scenarios) || failed=1; \
	  wait $$sanity || failed=1; cat build/sanity.log; exit $$failed

.PHONY: bench
bench: machine ## How long the same takes otherwise: ratios in one run (root)
	$(bin)/python tests/benchmarks/bench_apply.py
	$(bin)/python tests/benchmarks/bench_plan.py
	$(bin)/python tests/benchmarks/bench_verify.py
	$(call install_packages,tests/browser/packages.txt)
	$(bin)/python tests/benchmarks/bench_report.py
	$(if $(PWSH),"$$PWSH" -NoProfile -File tests/benchmarks/bench_windows.ps1,@echo 'Windows was not measured, because there is no PowerShell (name one with PWSH=/path/to/pwsh)')

##@ The lab

.PHONY: lab
lab: machine ## Make the lab's hosts, or keep the ones that are there (root)
	$(lab) create

.PHONY: lab-destroy
lab-destroy: .venv/dev.ready ## Take the lab's hosts away
	$(lab) destroy

##@ Setting up

.PHONY: setup
setup: .venv/dev.ready ## The virtual environment with everything, pinned by requirements.lock and its hashes

.PHONY: root
root:
	@test "$$(id -u)" = 0 || { echo 'This makes hosts on this machine and needs root: run it with sudo. Without root there are: make plan, lint, unit, sanity, and make site INVENTORY=...' >&2; exit 2; }

install_packages = @missing=$$(for package in $$(grep -v '^\#' $(1)); do dpkg-query -W -f='$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || echo "$$package"; done); \
	if [ -n "$$missing" ]; then echo "Installing Debian packages:" $$missing; apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

.PHONY: machine
machine: root .venv/dev.ready # Debian packages of the lab and of the packet tests
	$(call install_packages,molecule/lab/packages.txt)

.PHONY: docs
docs: .venv/dev.ready ## The matrices' pages in docs/matrices and the other generated pages; or beside a matrix of your own its page: MATRIX=path
	$(bin)/python docs/matrix_pages.py $(MATRIX)
	$(if $(MATRIX),,$(bin)/python docs/statements_page.py)
	$(if $(MATRIX),,$(bin)/python docs/real_page.py)
	$(if $(MATRIX),,$(bin)/python docs/compatibility_page.py)
	$(if $(MATRIX),,$(bin)/python docs/no_proxy_table.py)

.PHONY: lock
lock: .venv/dev.ready ## Renew requirements.lock and requirements-controller.lock, with hashes
	$(pip_compile) -o requirements.lock requirements-dev.txt
	$(pip_compile) -c requirements.lock -o requirements-controller.lock requirements.txt
	sed -i '1i # Made by make lock: install it with pip install --require-hashes --only-binary :all: -r' requirements.lock requirements-controller.lock

.PHONY: build
build: .venv/controller.ready ## The collection's tarball in dist/
	$(bin)/ansible-galaxy collection build --force --output-path dist

.PHONY: clean
clean: ## What make made here, but not the lab
	rm -rf .venv .ansible build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or later is needed; name one with PYTHON=python3.12' >&2; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv .venv; } \
	  || { rm -rf .venv; echo 'Python cannot make virtual environments: apt-get install python3-venv' >&2; exit 2; }
	@collections=$$($@ -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections/federated; \
	mkdir -p "$$collections" && ln -sfn "$(CURDIR)" "$$collections/connectivity"

.venv/controller.ready: requirements-controller.lock | .venv/bin/python
	@echo 'Installing what the controller needs into .venv ...'
	@$(pip_install) -r requirements-controller.lock
	@touch $@

.venv/dev.ready: requirements.lock | .venv/controller.ready
	@echo 'Installing the tools of requirements.lock into .venv ...'
	@$(pip_install) -r requirements.lock
	@touch $@
