# `make` alone prints what there is. Every target installs the locked environment and starts the services it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SYSTEM ?=
NAME ?=

.DEFAULT_GOAL := help
.PHONY: help install matrix run up stop status test test-slow test-all check fmt bench lock shots hooks

help: ## Show this help
	@echo "Quartermaster: four systems for people who keep stock of things"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Install the locked environment into .venv
	@$(PYTHON) tools/bootstrap.py

run: install ## Start everything with demo data: all systems, or SYSTEM=printer-inventory
	@$(BIN)/python -m localservices run $(SYSTEM)

up: install ## Start PostgreSQL and Redis only; their addresses are left in .local/services.env
	@$(BIN)/python -m localservices up

stop: install ## Stop what `make up` left running
	@$(BIN)/python -m localservices stop

status: install ## Say which services run and where they came from
	@$(BIN)/python -m localservices status

test: install ## Run the fast tests of the whole house; AGAIN=1: those that failed last time
	@$(BIN)/python tools/suites.py fast $(if $(AGAIN),--again)

matrix: install
	@$(BIN)/python eztaskmanager/matrix/install.py || echo "Django 4.2 cannot be fetched: its tests are skipped"

test-slow: matrix ## Run browser flows, kill tests and the documents' commands
	@$(BIN)/python tools/suites.py slow $(if $(AGAIN),--again)

test-all: matrix ## Run both
	@$(BIN)/python tools/suites.py all $(if $(AGAIN),--again)

check: install ## Lint, types, import rules, sizes, migrations, secrets
	@$(BIN)/python tools/check.py

fmt: install ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: install ## Run one benchmark, NAME=fleet_list; the last line printed is JSON
	@test -n "$(NAME)" || { ls bench/*.py | sed 's|bench/\(.*\).py|  make bench NAME=\1|'; exit 2; }
	@$(BIN)/python bench/$(NAME).py

lock: install ## Resolve again and write locks/ and the requirements files
	@$(BIN)/python tools/lock.py

shots: install ## Take pictures of every page into shots/ (1440 and 390 px, light and dark)
	@$(BIN)/python tools/shots.py $(if $(DOCS),--docs) $(SYSTEM)

hooks: install ## Install the commit hooks
	@$(BIN)/prek install
